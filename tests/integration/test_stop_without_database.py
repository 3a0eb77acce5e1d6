"""A stop does not wait for a database that is away."""

import sqlite3
from contextlib import closing

import pytest

from tests.support.fake_station import FakeStation
from tests.support.records import Records
from tests.support.server import RunningServer

STOP_S = 9.0  # what is in memory is tried for 3 seconds


@pytest.mark.slow
def test_a_stop_without_the_database_gives_up_what_is_in_memory(sqlite_url, tmp_path):
    server = RunningServer(tmp_path, sqlite_url).start()
    try:
        station_id = Records(server).add_station()
        with (
            FakeStation(server.websocket_url, station_id) as station,
            closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as other,
        ):
            station.boot()
            other.execute("BEGIN IMMEDIATE")
            station.call("Heartbeat", {})
            assert server.stop(60) < STOP_S
    finally:
        server.kill()
    assert "not written" in server.log()
    assert "function of the stop failed" not in server.log()
