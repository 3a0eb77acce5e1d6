"""The large database of the benchmark: all rows are there, and services read them."""

from __future__ import annotations

import psycopg

from bench import history, history_load
from bench.history import Size
from ocpp_core import clock
from ocpp_core.services import (
    station_records,
    tags,
    transaction_records,
)
from ocpp_core.storage import database
from tests.conftest import opened

SIZE = Size(
    *(10, 300, 12_600, 200, 50, 20, 90),  # stations, sessions, samples, messages, tags, commands
    long_sessions=3,
)


def test_rows_are_loaded_and_indexes_are_back(database_url: str) -> None:
    before = indexes(database_url)
    counts = history_load.load(database_url, history.tables(SIZE, clock.utcnow()))
    assert indexes(database_url) == before
    assert counts["transactions"] == SIZE.transactions
    assert counts["messages"] == SIZE.messages
    assert abs(counts["meter_samples"] - SIZE.samples) < SIZE.samples / 50
    with opened(database_url):
        assert len(transaction_records.page(100).items) == 100
        active = transaction_records.page(100, state=transaction_records.ACTIVE).items
        assert 0 < len(active) < 10
        assert station_records.page(100).items[0].vendor == "Vendor 0"
        assert len(tags.page(100).items) == SIZE.tags
        longest = SIZE.transactions // SIZE.long_sessions * history.FACTOR % history.PRIME
        assert len(transaction_records.meter_values(longest, 200).items) == 200


def test_new_rows_are_numbered_after_them(postgresql_url: str) -> None:
    history_load.load(postgresql_url, history.tables(SIZE, clock.utcnow()))
    with psycopg.connect(postgresql_url) as connection:
        drawn = connection.execute("SELECT nextval(pg_get_serial_sequence('messages', 'id'))")
        assert drawn.fetchone() == (SIZE.messages + 1,)


def indexes(url: str) -> set[str]:
    """Return the names of all indexes."""
    query = "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"
    if url.startswith("sqlite"):
        query = "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    store = database.connect(url)
    with store.connection_context():
        found = {row[0] for row in store.execute_sql(query).fetchall()}
    store.close_all()
    return found
