"""Opening databases: what their connections are set to."""

from __future__ import annotations

import socket

import peewee
import pytest

from ocpp_core.storage import database


@pytest.mark.postgresql
def test_a_postgresql_server_that_vanishes_is_noticed(postgresql_store):
    with postgresql_store.connection_context():
        handle = postgresql_store.connection().fileno()
        with socket.fromfd(handle, socket.AF_INET, socket.SOCK_STREAM) as sock:
            kept = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
            unacknowledged_ms = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert (kept, unacknowledged_ms) == (10, 30_000)


@pytest.mark.postgresql
def test_the_address_may_say_otherwise(postgresql_url):
    store = database.connect(f"{postgresql_url}?tcp_user_timeout=5000")
    with store.connection_context():
        parameters = store.connection().info.get_parameters()
    store.close_all()
    assert parameters["tcp_user_timeout"] == "5000"


def test_a_connection_that_is_lent_only_reads_in_utc_and_for_good(store):
    with store.connection_context():
        if isinstance(store, database.SqliteStore):
            wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "query_only": 1}
            found = {name: store.execute_sql(f"PRAGMA {name}").fetchone()[0] for name in wanted}
        else:
            wanted = {
                "TimeZone": "UTC",
                "default_transaction_read_only": "on",
                "synchronous_commit": "on",
            }
            found = {name: store.execute_sql(f"SHOW {name}").fetchone()[0] for name in wanted}
        assert found == wanted
        with pytest.raises(peewee.DatabaseError, match=r"read-?only"):
            store.execute_sql("DELETE FROM stations")
