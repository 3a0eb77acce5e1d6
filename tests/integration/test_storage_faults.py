"""Databases that go away, are locked or full: what is not stored is not answered, and all heals."""

from __future__ import annotations

import contextlib
import itertools
import resource
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.support.fake_station import CallError, FakeStation
from tests.support.records import Records
from tests.support.server import RunningServer
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import until

STATIONS = 10
LOCKED_S = DOWN_S = 2.0
ENDING_S = 2.5  # how long connections of PostgreSQL are ended again and again
SWIFT_S = 0.3  # for what needs no writing, while nothing can be written
HEALED_S = 3.0
ROOM = 65536  # bytes that each file of a server with a full disk may have


class Drivers:
    """Stations that start and stop without a pause, and repeat what is not answered well."""

    def __init__(self, server: RunningServer) -> None:
        records = Records(server)
        self.tag = records.add_tag()
        versions = itertools.cycle(("1.6", "2.0.1"))
        self.stations = [
            FakeStation(server.websocket_url, records.add_station(), next(versions), timeout=30)
            for _ in range(STATIONS)
        ]
        self.finished: dict[tuple[str, str], tuple[int, int]] = {}
        self.refusals = 0
        self._ended = threading.Event()
        self._pool = ThreadPoolExecutor(STATIONS)

    def __enter__(self):
        for station in self.stations:
            station.connect().boot()
        self._drives = [self._pool.submit(self._drive, station) for station in self.stations]
        self.wait_for_more(1)
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._pool.shutdown()
        for station in self.stations:
            station.close()

    def wait_for_more(self, timeout_s):
        """Wait until everybody could have finished a session; returns how long it took."""
        enough, started = len(self.finished) + STATIONS, time.monotonic()
        until(lambda: len(self.finished) >= enough, timeout_s)
        return time.monotonic() - started

    def end(self):
        """Finish the sessions; raises what went wrong in them."""
        self._ended.set()
        for drive in self._drives:
            drive.result(40)

    def _drive(self, station):
        for meter_wh in itertools.count(1000, 10):
            action, payload = station.messages.start(1, self.tag, meter_wh, None, None)
            transaction = station.messages.started(payload, self._insist(station, action, payload))
            stop = station.messages.stop(transaction, self.tag, meter_wh + 7, None, None)
            self._insist(station, *stop)
            self.finished[station.id, str(transaction)] = (meter_wh, meter_wh + 7)
            if self._ended.is_set():
                return

    def _insist(self, station, action, payload):
        while True:
            try:
                return station.call(action, payload)
            except CallError:
                self.refusals += 1
                time.sleep(0.05)


def check(server, drivers):
    """Compare what was answered with what is stored."""
    records, rows = Records(server), {}
    for station in drivers.stations:
        path = f"/transactions?station_id={station.id}&limit=1000"
        for row in records.ask("GET", path)["items"]:
            assert rows.setdefault((station.id, row["uid"]), row) is row
    assert rows.keys() == drivers.finished.keys()
    for key, meters in drivers.finished.items():
        row = rows[key]
        assert (row["meter_start_wh"], row["meter_stop_wh"]) == meters
        assert (row["state"], row["flags"]) == ("ended", [])


@pytest.fixture
def serve(tmp_path):
    """Start a server on a database; in the end its log must tell of no failure of ours."""
    with contextlib.ExitStack() as stack:

        def start(url):
            server = RunningServer(tmp_path, url)
            stack.callback(server.kill)
            return server.start()

        yield start
    log = (tmp_path / "server.log").read_text()
    assert [line for line in log.splitlines() if " ERROR " in line or "Traceback" in line] == []


def took(function):
    started = time.monotonic()
    function()
    return time.monotonic() - started


@pytest.mark.slow
@pytest.mark.postgresql
def test_connections_that_are_ended_again_and_again_lose_nothing(serve, postgresql_url):
    server = serve(postgresql_url)
    with Drivers(server) as drivers:
        ended = end_connections(postgresql_url)
        healed_s = drivers.wait_for_more(10)
        assert server.api("GET", "/api/v1/stations").status_code == 200
        drivers.end()
    assert ended > STATIONS
    assert healed_s < HEALED_S
    assert drivers.refusals == 0  # each was tried again instead
    check(server, drivers)


def end_connections(url):
    """End all connections of the server, again and again; returns how many it were."""
    ended, deadline = 0, time.monotonic() + ENDING_S
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < deadline:
            row = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
            assert row is not None
            ended += row[0]
            time.sleep(0.2)
    return ended


@pytest.mark.slow
@pytest.mark.postgresql
def test_a_database_that_is_down_for_a_while_is_waited_for(serve, postgresql_url):
    parts = urlsplit(postgresql_url)
    with TcpProxy(parts.hostname or "127.0.0.1", parts.port or 5432) as proxy:
        user, at, _ = parts.netloc.rpartition("@")
        address = parts._replace(netloc=f"{user}{at}127.0.0.1:{proxy.port}")
        server = serve(urlunsplit(address))
        with Drivers(server) as drivers:
            proxy.cut()
            begun, before = time.monotonic(), len(drivers.finished)
            while time.monotonic() < begun + DOWN_S:
                answer = server.api("GET", "/api/v1/stations")
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
                assert took(lambda: server.api("GET", "/healthz")) < SWIFT_S
            assert len(drivers.finished) <= before + STATIONS  # those on their way
            proxy.mend()
            healed_s = drivers.wait_for_more(10)
            assert server.api("GET", "/api/v1/stations").status_code == 200
            drivers.end()
        check(server, drivers)
    assert healed_s < HEALED_S
    assert drivers.refusals == 0


@pytest.mark.slow
def test_a_lock_of_another_process_holds_up_only_who_has_to_write(serve, sqlite_url):
    server = serve(sqlite_url)
    idle = FakeStation(server.websocket_url, Records(server).add_station())
    with Drivers(server) as drivers, idle:
        idle.boot()
        with locked(sqlite_url):
            begun, before = time.monotonic(), len(drivers.finished)
            swift = []
            while time.monotonic() < begun + LOCKED_S:
                swift += [
                    took(lambda: idle.call("Heartbeat", {})),
                    took(lambda: server.api("GET", "/healthz")),
                    took(lambda: server.api("GET", "/api/v1/stations")),
                ]
                time.sleep(0.02)
            assert len(drivers.finished) == before
        healed_s = drivers.wait_for_more(10)
        drivers.end()
    assert max(swift) < SWIFT_S
    assert healed_s < HEALED_S
    assert drivers.refusals == 0
    check(server, drivers)


def _take_lock(connection: sqlite3.Connection) -> None:
    """Ask often: SQLite itself asks ten times a second, and the server is nearly always writing."""
    deadline = time.monotonic() + 30
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.001)


@contextlib.contextmanager
def locked(url) -> Iterator[None]:
    """Hold the write lock."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=0)
    try:
        _take_lock(connection)
        time.sleep(0.1)  # what was answered before has arrived
        yield
    finally:
        connection.close()


@pytest.mark.slow
def test_on_a_full_disk_nothing_is_answered_until_there_is_room(serve, sqlite_url):
    server = serve(sqlite_url)
    (worker,) = server.workers()
    with Drivers(server) as drivers:
        with full_disk(worker):
            stuck = until(lambda: is_stuck(drivers), 10)
            assert server.api("GET", "/api/v1/stations").status_code == 200
        healed_s = drivers.wait_for_more(10)
        drivers.end()
    assert stuck
    assert healed_s < HEALED_S
    assert drivers.refusals == 0
    check(server, drivers)
    log = Path(server.log_file).read_text()
    assert "database not writable" in log


def is_stuck(drivers):
    before = len(drivers.finished)
    time.sleep(0.7)
    return len(drivers.finished) == before


@contextlib.contextmanager
def full_disk(pid) -> Iterator[None]:
    """Let no file of a process be written beyond a few bytes: as if the disk had no more."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
