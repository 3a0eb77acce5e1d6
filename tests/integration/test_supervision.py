"""Who is online: pings, silence, lost lines, and the server's own start and stop."""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.integration.conftest import Launch
from tests.support.event_stream import EventStream
from tests.support.fake_station import FakeStation, Silence
from tests.support.raw_handshake import request, status_line
from tests.support.records import Record, Records
from tests.support.server import RunningServer
from tests.support.station_messages import VERSIONS
from tests.support.story import at
from tests.support.waiting import until
from tests.support.websocket_peer import Peer

Open = Callable[..., FakeStation]
PING_S = 0.3
HEARTBEAT_S = 1
GOING_AWAY = 1001


@pytest.fixture(scope="module")
def server(launch: Launch) -> Iterator[RunningServer]:
    with launch(ping_interval=PING_S, heartbeat_interval=HEARTBEAT_S) as server:
        yield server


def offline(records: Records, station_id: str) -> Record | None:
    """Return the record of a station if it is offline."""
    record = records.station(station_id)
    return None if record["online"] else record


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


# ---------------------------------------------------------------- pings


def test_a_half_open_station_is_marked_offline_with_the_moment(records: Records) -> None:
    station_id = records.add_station()
    with (
        EventStream(records.server, f"station_id={station_id}") as stream,
        socket.create_connection(("127.0.0.1", records.server.port), 5) as sock,
    ):
        sock.sendall(request(f"/OCPP/{station_id}"))
        assert "101" in status_line(sock)
        until(lambda: records.station(station_id)["online"])
        started = time.monotonic()  # from here on it reads nothing and answers no ping
        record = until(lambda: offline(records, station_id))
        assert 2 * PING_S - 0.1 < time.monotonic() - started < 5 * PING_S
        spent_s = moment(record["online_changed_at"]) - moment(record["last_seen_at"])
        assert 2 * PING_S <= spent_s.total_seconds() < 5 * PING_S
        (event,) = until(lambda: stream.named("StationDisconnected"))
        assert "no answer to pings" in event["reason"]
        assert event["at"] == record["online_changed_at"]


def test_a_call_fails_as_soon_as_its_station_is_found_dead(
    pool: ThreadPoolExecutor, station: FakeStation, records: Records
) -> None:
    station.answers["Reset"] = Silence
    path = f"/api/v1/stations/{station.id}/commands/reset"
    pending = pool.submit(records.server.api, "POST", path, {})
    station.wait_for("Reset")
    started = time.monotonic()
    station.fall_mute()
    assert pending.result().status_code == 502
    assert time.monotonic() - started < 5 * PING_S
    station.abort()
    assert until(lambda: offline(records, station.id))


def test_a_mute_station_is_marked_offline_but_not_disconnected(
    records: Records, open_station: Open
) -> None:
    stations = [open_station(records.add_station(), version) for version in VERSIONS]
    busy = open_station(records.add_station())
    with EventStream(records.server) as stream:
        for station in [*stations, busy]:
            station.boot()
        began = time.monotonic()
        while time.monotonic() - began < 3 * HEARTBEAT_S + 2 * PING_S:
            busy.call("Heartbeat", {})
            time.sleep(0.1)
        for station in stations:  # they answered all pings
            record = until(lambda id=station.id: offline(records, id))
            quiet = moment(record["online_changed_at"]) - moment(record["last_boot_at"])
            assert 3 * HEARTBEAT_S <= quiet.total_seconds() < 4 * HEARTBEAT_S
        assert records.station(busy.id)["online"] is True
        left = stream.named("StationDisconnected")
        assert {each["station_id"] for each in left} == {station.id for station in stations}
        assert {each["reason"] for each in left} == {"silent"}
        path = f"/stations/{stations[0].id}/commands/reset"
        assert records.ask("POST", path, {})["done"] is True  # the line is there
        for station in stations:
            station.call("Heartbeat", {})
            until(lambda id=station.id: records.station(id)["online"])
        returned = until(lambda: stream.named("StationReturned"))
        assert {each["station_id"] for each in returned} >= {stations[0].id}
    assert not offline(records, busy.id)


# ---------------------------------------------------------------- kill and restart


def test_after_a_kill_all_stations_are_offline_until_they_return(
    server: RunningServer, records: Records, open_station: Open
) -> None:
    stations = [open_station(records.add_station(), version) for version in VERSIONS]
    tag = records.add_tag()
    started = {}
    for station in stations:
        station.boot()
        started[station.id] = str(station.start(1, tag, 100))
    server.kill()
    for station in stations:
        assert station.wait_closed()[0] == 1006
    before = time.time()
    server.start()
    for station in stations:
        record = offline(records, station.id)
        assert record
        assert moment(record["online_changed_at"]).timestamp() >= before
        assert record["vendor"] == "Vendor"
        recorded = records.only_transaction(station.id)  # committed before it was answered
        assert (recorded["uid"], recorded["state"]) == (started[station.id], "active")
        station.connect()
        assert station.call("Heartbeat", {})
        until(lambda id=station.id: records.station(id)["online"])


# ---------------------------------------------------------------- graceful stop


@contextlib.contextmanager
def locked(database_url: str) -> Iterator[None]:
    """Keep the server from writing transactions, as a slow disk would."""
    if database_url.startswith("sqlite"):
        holder: Any = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
    else:
        holder = psycopg.connect(database_url)
        holder.execute("LOCK TABLE transactions IN ACCESS EXCLUSIVE MODE")
    with contextlib.closing(holder):
        yield
        holder.execute("ROLLBACK")


def test_a_stop_sends_all_stations_away_and_loses_nothing(
    launch: Launch, pool: ThreadPoolExecutor
) -> None:
    with launch() as server, contextlib.ExitStack() as stack:
        records = Records(server)
        tag = records.add_tag()
        ids = list(pool.map(lambda _: records.add_station(), range(100)))
        crowd = [_raw_station(server, station_id, stack) for station_id in ids[3:]]
        stations = {
            version: FakeStation(server.websocket_url, station_id, version).connect()
            for station_id, version in zip(ids, VERSIONS, strict=False)
        }
        waiting = pool.submit(_reset, server, stations["2.1"])
        stations["2.1"].wait_for("Reset")
        heard_at = datetime.now(UTC) - timedelta(milliseconds=1)
        stations["2.0.1"].call("Heartbeat", {})
        started = stations["1.6"].messages.start(1, tag, 100, at(0), None)
        with locked(server.environment["OCPP_DATABASE_URL"]):
            in_hand = pool.submit(stations["1.6"].call, *started)
            time.sleep(0.1)
            server.master.terminate()
            begun = time.monotonic()
            time.sleep(0.3)
        assert in_hand.result()["idTagInfo"] == {"status": "Accepted"}
        closes = [peer.closed() for peer in crowd]
        closes += [station.wait_closed() for station in stations.values()]
        assert time.monotonic() - begun < 2
        assert {code for code, _ in closes} == {GOING_AWAY}
        assert waiting.result().status_code == 502
        server.master.wait(8)
        stack.close()
        server.start()
        assert records.ask("GET", "/stations?online=true")["items"] == []
        recorded = records.only_transaction(stations["1.6"].id)
        assert recorded["id"] == in_hand.result()["transactionId"]
        assert moment(records.station(stations["2.0.1"].id)["last_seen_at"]) >= heard_at
        assert len(records.messages(stations["2.0.1"].id, "Heartbeat")) == 1
        assert len(records.messages(stations["1.6"].id, "StartTransaction")) == 1


def _raw_station(server: RunningServer, station_id: str, stack: contextlib.ExitStack) -> Peer:
    sock = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 5))
    sock.sendall(request(f"/OCPP/{station_id}"))
    assert "101" in status_line(sock)
    peer = Peer(sock)
    peer.send(json.dumps([2, "m", "Heartbeat", {}]))
    assert json.loads(peer.text())[:2] == [3, "m"]
    return peer


def _reset(server: RunningServer, station: FakeStation) -> Any:
    station.answers["Reset"] = Silence
    return server.api("POST", f"/api/v1/stations/{station.id}/commands/reset", {})
