"""A record that the command line changes or removes, while its station is connected."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from websockets.exceptions import ConnectionClosed

from tests.integration.conftest import Launch
from tests.support.fake_station import CallError, FakeStation
from tests.support.records import Records
from tests.support.server import ROOT, RunningServer

Open = Callable[..., FakeStation]


@pytest.fixture(scope="module")
def server(launch: Launch) -> Iterator[RunningServer]:
    with launch(unknown_stations="quarantine") as server:
        yield server


def flask(server: RunningServer, *arguments: str) -> None:
    """Run a command in a process of its own."""
    subprocess.run(
        [sys.executable, "-m", "flask", *arguments],
        cwd=ROOT,
        env=server.environment,
        check=True,
        capture_output=True,
        timeout=60,
    )


def test_a_station_that_another_process_adopts_is_served_after_its_next_boot(
    records: Records, open_station: Open
) -> None:
    station = open_station(records.new_id("NEW"), "1.6")
    assert station.boot()["status"] == "Pending"
    flask(records.server, "station", "add", station.id)
    with pytest.raises(CallError, match="SecurityError"):
        station.call("Heartbeat", {})
    assert station.boot()["status"] == "Accepted"
    assert station.call("Heartbeat", {})


def test_a_station_that_another_process_removes_is_sent_away_at_its_next_boot(
    records: Records, open_station: Open
) -> None:
    station = open_station(records.add_station(), "2.0.1")
    station.boot()
    flask(records.server, "station", "remove", station.id)
    with pytest.raises(ConnectionClosed):
        station.boot()
    assert station.wait_closed() == (1008, "removed")
