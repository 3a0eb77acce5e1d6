"""Units of work: many share a commit, each stands or falls alone, nobody is told too early."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from datetime import UTC, datetime

import peewee
import psycopg
import pytest

from ocpp_core import events
from ocpp_core.errors import NotFound, StorageUnavailable
from ocpp_core.models.stations import Station
from ocpp_core.storage import writer
from ocpp_core.storage.database import SqliteStore
from ocpp_core.storage.writer import Writer, record, unit_of_work
from tests.support.waiting import until

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
FAST_S = 0.5  # for what does not wait at all
TROUBLES = {
    "read only": "SET TRANSACTION READ ONLY",
    **{
        state: f"DO $$ BEGIN RAISE EXCEPTION 'gone' USING ERRCODE = '{state}'; END $$"
        for state in ("57P05", "08006")
    },
}


@unit_of_work
def add(station_id):
    """Add a row and tell of it."""
    Station.create(id=station_id, created_at=NOW)
    record(events.StationRemoved(station_id, NOW))
    return station_id


@unit_of_work
def add_and_fail(station_id):
    """Add a row, tell of it, and fail."""
    add(station_id)
    raise NotFound(station_id)


@writer.reading
def stored():
    """Return the ids of all rows."""
    return sorted(row.id for row in Station.select(Station.id))


@pytest.fixture
def used(store):
    """The writer in use."""
    return writer.current()


@pytest.fixture
def heard():
    """The stations of all events, in the order in which they were told."""
    told = []
    end = events.subscribe(lambda event: told.append(event.station_id))
    yield told
    end()


@pytest.fixture
def held(used):
    """Hold a share of the writer up, so that units gather; what is returned lets it go."""
    gates = []

    def hold(key=""):
        begun, gate = threading.Event(), threading.Event()
        gates.append(gate)
        used.submit(lambda: (begun.set(), gate.wait(5)), key)
        assert begun.wait(5)
        return gate

    yield hold
    for gate in gates:
        gate.set()


def test_units_that_wait_share_one_commit(used, held):
    gate = held("CP")
    before = used.commits
    units = [used.submit(lambda n=n: add(f"CP{n:02}"), "CP") for n in range(40)]
    gate.set()
    assert [unit.wait() for unit in units] == stored()
    assert used.commits - before <= len(units) / 3  # a batch lasts 20 ms: so slow is no database


def test_a_failing_unit_is_undone_alone(used, held, heard):
    gate = held("CP")
    good, bad, last = (
        used.submit(function, "CP")
        for function in (
            lambda: add("CP1"),
            lambda: add_and_fail("CP2"),
            lambda: (add("CP3"), Station.create(id="CP4", created_at=NOW)),
        )
    )
    gate.set()
    assert good.wait() == "CP1"
    with pytest.raises(NotFound, match="CP2"):
        bad.wait()
    last.wait()
    assert stored() == ["CP1", "CP3", "CP4"]
    assert heard == ["CP1", "CP3"]
    assert used.rollbacks == 1


def test_a_row_that_exists_fails_its_own_unit_only(used, held):
    add("CP1")
    gate = held("CP")
    again = used.submit(lambda: add("CP1"), "CP")
    other = used.submit(lambda: add("CP2"), "CP")
    gate.set()
    with pytest.raises(peewee.IntegrityError):
        again.wait()
    other.wait()
    assert stored() == ["CP1", "CP2"]


def test_a_unit_that_swallows_an_error_of_the_database_spoils_no_other(used, held, store):
    def careless():
        with contextlib.suppress(peewee.IntegrityError):
            add("CP1")

    add("CP1")
    gate = held("CP")
    swallowing = used.submit(careless, "CP")
    other = used.submit(lambda: add("CP2"), "CP")
    gate.set()
    other.wait()
    assert stored() == ["CP1", "CP2"]
    if isinstance(store, SqliteStore):
        swallowing.wait()
    else:  # its part of the transaction is spoilt
        with pytest.raises(peewee.InternalError):
            swallowing.wait()


def test_events_go_out_when_their_rows_can_be_seen(used):
    seen = []

    def look(event):
        reader = threading.Thread(target=lambda: seen.append((event.station_id, stored())))
        reader.start()
        reader.join()

    end = events.subscribe(look)
    add("CP1")
    end()
    assert seen == [("CP1", ["CP1"])]


def test_events_go_out_before_the_caller_goes_on(used, heard):
    for number in range(20):
        add(f"CP{number}")
        assert heard[-1] == f"CP{number}"


def test_units_of_one_station_keep_their_order(used):
    order = {key: [] for key in ("CP1", "CP2", "CP3", "CP4", "CP5")}
    units = [
        used.submit(lambda key=key, n=n: order[key].append(n), key)
        for n in range(100)
        for key in order
    ]
    for unit in units:
        unit.wait()
    assert all(numbers == list(range(100)) for numbers in order.values())


def test_a_unit_inside_a_unit_joins_it(used, heard):
    @unit_of_work
    def both(*, fails):
        first = add("CP1")
        assert stored() == [first]  # a query inside sees what the unit wrote
        add("CP2")
        if fails:
            raise NotFound("CP3")
        return first

    with pytest.raises(NotFound):
        both(fails=True)
    assert (stored(), heard) == ([], [])
    before = used.commits
    assert both(fails=False) == "CP1"
    assert (stored(), heard) == (["CP1", "CP2"], ["CP1", "CP2"])
    assert used.commits - before == 1


def test_queries_and_events_outside_of_a_unit_are_refused(store):
    with pytest.raises(peewee.InterfaceError, match="not opened"):
        list(Station.select())
    with pytest.raises(peewee.InterfaceError, match="not opened"):
        Station.create(id="CP1", created_at=NOW)
    with pytest.raises(RuntimeError, match="inside a unit of work"):
        record(events.StationRemoved("CP1", NOW))
    assert stored() == []


def test_what_only_reads_cannot_write(store):
    @writer.reading
    def sly():
        Station.create(id="CP1", created_at=NOW)

    with pytest.raises(peewee.DatabaseError, match=r"read-?only"):
        sly()
    with (
        pytest.raises(peewee.DatabaseError, match=r"read-?only"),
        store.connection_context(),
    ):
        Station.create(id="CP1", created_at=NOW)
    assert stored() == []


def test_what_is_handed_over_is_not_waited_for(used, held):
    gate = held("CP1")
    started = time.monotonic()
    unit = add.submit("CP1")
    assert time.monotonic() - started < FAST_S
    assert stored() == []
    gate.set()
    assert unit.wait() == "CP1"
    assert stored() == ["CP1"]


def test_closing_finishes_what_waits_and_refuses_what_comes(store, held, used):
    gate = held("CP")
    units = [used.submit(lambda n=n: add(f"CP{n}"), "CP") for n in range(50)]
    closing = threading.Thread(target=used.close)
    closing.start()
    gate.set()
    closing.join(5)
    assert len([unit.wait() for unit in units]) == len(stored()) == 50
    with pytest.raises(StorageUnavailable, match="stopping"):
        add("late")


def test_nobody_waits_for_ever_who_comes_while_the_writer_closes(store):
    for _ in range(20):
        own = Writer(store)
        ended = []

        def come(own=own, ended=ended):
            with contextlib.suppress(StorageUnavailable):
                while True:
                    own.run(lambda: None, threading.current_thread().name)
            ended.append(True)

        callers = [threading.Thread(target=come, name=f"CP{n}", daemon=True) for n in range(4)]
        for caller in callers:
            caller.start()
        own.close()
        for caller in callers:
            caller.join(5)
        assert len(ended) == len(callers)


def test_a_locked_database_is_waited_for(sqlite_store, sqlite_url, heard):
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    unit = add.submit("CP1")
    time.sleep(0.3)
    assert (stored(), heard) == ([], [])
    other.execute("ROLLBACK")
    other.close()
    assert unit.wait() == "CP1"
    assert (stored(), heard) == (["CP1"], ["CP1"])


def test_a_lost_connection_is_replaced_and_the_units_run_again(postgresql_store, heard):
    used = writer.current()
    runs = []

    def losing():
        add("CP1")
        runs.append(len(runs))
        if len(runs) == 1:
            postgresql_store.execute_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        return "done"

    assert used.run(losing, "CP") == "done"
    assert runs == [0, 1]
    assert (stored(), heard) == (["CP1"], ["CP1"])  # told once


@pytest.mark.parametrize("reason", ["read only", "57P05", "08006"])
def test_a_server_that_no_longer_writes_is_left_for_the_one_that_does(postgresql_store, reason):
    used = writer.current()
    servers = []

    def fail_over():
        (server,) = postgresql_store.execute_sql("SELECT pg_backend_pid()").fetchone()
        servers.append(server)
        if len(servers) == 1:
            postgresql_store.execute_sql(TROUBLES[reason])  # the connection itself stays open
        add("CP1")

    used.run(fail_over, "CP")
    assert stored() == ["CP1"]
    assert len(set(servers)) == len(servers) == 2


def test_all_connections_lost_at_once_cost_no_caller_anything(postgresql_store, postgresql_url):
    used = writer.current()
    for number in range(8):
        used.run(lambda n=number: add(f"CP{n}"), f"CP{number}")
    assert len(stored()) == 8
    terminate_all(postgresql_url)
    started = time.monotonic()
    for number in range(8, 16):
        used.run(lambda n=number: add(f"CP{n}"), f"CP{number}")
    assert len(stored()) == 16
    assert time.monotonic() - started < 2


def test_a_full_disk_is_waited_for(sqlite_store):
    used = writer.current()
    pages = sqlite_store.execute_sql
    runs = []

    def write_much():
        if not runs:
            (used_pages,) = pages("PRAGMA page_count").fetchone()
            pages(f"PRAGMA max_page_count={used_pages}")
        else:
            pages("PRAGMA max_page_count=1000000")
        runs.append(True)
        for number in range(200):
            Station.create(id=f"CP{number}", comment="x" * 500, created_at=NOW)

    other = used.submit(lambda: add("other"))
    used.run(write_much)
    other.wait()
    assert len(runs) == 2
    assert len(stored()) == 201


def test_a_mistake_fails_fast(store, used):
    started = time.monotonic()
    with pytest.raises(peewee.DatabaseError, match="no_such_table"):
        used.run(lambda: store.execute_sql("SELECT * FROM no_such_table"))
    assert time.monotonic() - started < FAST_S
    add("CP1")
    assert stored() == ["CP1"]


def test_a_commit_that_is_refused_fails_the_units_and_leaves_nothing_behind(sqlite_store, heard):
    used = writer.current()

    def orphan():
        sqlite_store.execute_sql("PRAGMA defer_foreign_keys=ON")
        sqlite_store.execute_sql(
            "INSERT INTO charging_limits (station_id, evse_id, value, unit, set_at)"
            " VALUES ('nobody', 1, 1, 'W', 0)"
        )
        add("CP1")

    started = time.monotonic()
    with pytest.raises(StorageUnavailable, match="FOREIGN KEY"):
        used.run(orphan)
    assert (stored(), heard) == ([], [])
    before = used.commits
    add("CP2")
    assert time.monotonic() - started < FAST_S
    assert stored() == ["CP2"]
    assert until(lambda: used.commits - before) == 1  # a refused commit is not counted


def test_a_database_that_stays_away_fails_the_units_in_the_end(sqlite_store, sqlite_url):
    impatient = Writer(sqlite_store, patience_s=0.2)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageUnavailable, match="locked"):
        impatient.run(lambda: Station.create(id="CP1", created_at=NOW))
    other.execute("ROLLBACK")
    other.close()
    impatient.run(lambda: Station.create(id="CP2", created_at=NOW))
    impatient.close()
    assert stored() == ["CP2"]


def test_patience_counts_from_when_a_unit_was_handed_over(sqlite_store, sqlite_url):
    impatient = Writer(sqlite_store, patience_s=0.4)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    units = [impatient.submit(lambda: None) for _ in range(10)]
    for unit in units:
        with pytest.raises(StorageUnavailable, match="locked"):
            unit.wait()
    assert time.monotonic() - started < 10 * 0.4 / 2
    other.close()
    impatient.run(lambda: None)
    impatient.close()


def test_the_writers_connection_is_lent_to_nobody(store, used):
    add("CP1")
    used.close()
    with pytest.raises(peewee.DatabaseError, match=r"read-?only"), store.connection_context():
        Station.create(id="CP2", created_at=NOW)


def test_closing_does_not_wait_for_a_database_that_is_away(sqlite_store, sqlite_url):
    own = Writer(sqlite_store)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    unit = own.submit(lambda: Station.create(id="CP1", created_at=NOW))
    time.sleep(0.05)
    started = time.monotonic()
    own.close(timeout_s=0.5)
    assert time.monotonic() - started < 1.5
    with pytest.raises(StorageUnavailable):
        unit.wait()
    other.close()


def test_a_writer_in_a_hurry_still_writes_but_waits_no_longer(sqlite_store, sqlite_url):
    used = writer.current()
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    before = add.submit("CP1")
    used.hurry(0.2)
    after = add.submit("CP2")
    for unit in (before, after):
        with pytest.raises(StorageUnavailable, match="locked"):
            unit.wait()
    assert time.monotonic() - started < 1.5
    other.execute("ROLLBACK")
    other.close()
    assert add("CP3") == "CP3"
    assert stored() == ["CP3"]


def test_reading_says_that_the_database_is_away(store):
    @writer.reading
    def lost():
        raise peewee.OperationalError("database is locked")

    @writer.reading
    def wrong():
        return list(store.execute_sql("SELECT * FROM no_such_table"))

    with pytest.raises(StorageUnavailable):
        lost()
    with pytest.raises(peewee.DatabaseError, match="no_such_table"):
        wrong()


def terminate_all(url):
    """End all other connections of a PostgreSQL database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
