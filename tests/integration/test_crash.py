"""kill -9 while a hundred stations charge: what was answered is in the database, once."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from ocpp_core import clock
from ocpp_core.models.stations import Station
from ocpp_core.models.transactions import Transaction
from ocpp_core.services import tags
from ocpp_core.services.tags import TagChanges
from ocpp_core.simulator.options import Options
from ocpp_core.storage.writer import reading, unit_of_work
from tests.conftest import opened
from tests.support.server import RunningServer
from tests.support.simulated_fleet import SimulatedFleet
from tests.support.waiting import until

VERSIONS = {"1.6": 50, "2.0.1": 25, "2.1": 25}
STATIONS = sum(VERSIONS.values())
BETWEEN_KILLS = 100  # starts and stops answered
BACK_S = 10.0  # from the start of the server until all stations are back


def options(server: RunningServer, version: str, stations: int) -> Options:
    """Cars that charge for some seconds, at stations that come back at once."""
    return Options(
        stations=stations,
        version=version,
        url=server.websocket_url,
        prefix=f"V{version}-",
        connectors=1,
        speed=60,
        pause_s=(30, 120),
        plug_s=(1, 5),
        stay_s=(60, 300),
        unplug_s=(1, 5),
        sample_s=120,
        reconnect_s=(0.1, 0.5),
        connects_per_s=200,
        call_timeout_s=10,
        on_answered=server.folder / f"answered-{version}.jsonl",
    )


@unit_of_work
def add_records(ids: list[str]) -> None:
    for station_id in ids:
        Station.create(id=station_id, created_at=clock.utcnow())


@pytest.mark.slow
def test_what_was_answered_survives_kill_9_twice(database_url, tmp_path):
    server = RunningServer(tmp_path, database_url, heartbeat_interval=60)
    fleet = SimulatedFleet(options(server, *pair) for pair in VERSIONS.items())
    with opened(database_url):
        tags.add("SIMTAG", TagChanges(), clock.utcnow())
        add_records([each for run in fleet.options for each in run.station_ids])
    server.start()
    try:
        with fleet:
            for _ in range(2):
                wait_for_more(fleet, BETWEEN_KILLS)
                server.kill()
                time.sleep(0.5)  # sessions go on, and end, without a server
                server.start()
                until(lambda: online(server) == STATIONS, BACK_S)
            wait_for_more(fleet, BETWEEN_KILLS)
            fleet.end()
    finally:
        server.kill()
    assert "Traceback" not in server.log()
    with opened(database_url):
        check(fleet, stored())


def wait_for_more(fleet: SimulatedFleet, number: int) -> None:
    enough = fleet.answered() + number
    until(lambda: fleet.answered() >= enough, 20)


def online(server: RunningServer) -> int:
    text = server.api("GET", "/metrics").text
    (line,) = [row for row in text.splitlines() if row.startswith("ocpp_stations_connected ")]
    return int(float(line.split()[1]))


@reading
def stored() -> list[Transaction]:
    return list(Transaction.select())


def check(fleet: SimulatedFleet, rows: list[Transaction]) -> None:
    """Compare the promises with the rows."""
    journal = fleet.journal()
    found = {(row.station_id, row.uid): row for row in rows}
    kinds = Counter(entry["kind"] for entry in journal)
    sessions = sum(summary.sessions_started for summary in fleet.summaries)
    assert sum(summary.undelivered for summary in fleet.summaries) == 0
    assert kinds["start"] == kinds["stop"] == sessions >= 3 * BETWEEN_KILLS / 2
    assert len(found) == len(rows) == sessions  # one row each, and no others
    for entry in journal:
        row = found[entry["station_id"], str(entry["transaction_id"])]
        at = clock.parse(entry["timestamp"])
        assert (row.evse_id, row.start_tag) == (entry["connector"], "SIMTAG")
        if entry["kind"] == "start":
            assert (row.started_at, row.meter_start_wh) == (at, entry["meter_wh"])
        else:
            assert (row.stopped_at, row.meter_last_wh) == (at, entry["meter_wh"])
            assert not row.active
    assert not any(flag in row.flags for row in rows for flag in ("no-start", "superseded", "gap"))
