"""OCPP.Core's API on a real server, with a station of each OCPP version."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.support.fake_station import CallErrorAnswer, Disconnect, FakeStation, Silence
from tests.support.records import Records
from tests.support.server import API_KEY, RunningServer
from tests.support.waiting import until

SET_PROFILE = "SetChargingProfile"


@pytest.fixture(scope="module")
def ask(server: RunningServer) -> Any:
    def get(path: str, method: str = "GET") -> requests.Response:
        headers = {"X-API-Key": API_KEY}
        url = f"{server.url}/API/{path}"
        answer = requests.request(method, url, headers=headers, timeout=10, allow_redirects=False)
        assert answer.status_code == 200 or answer.content == b""
        return answer

    return get


def profile(payload: dict[str, Any]) -> dict[str, Any]:
    return dict(payload.get("csChargingProfiles") or payload["chargingProfile"])


def schedule(payload: dict[str, Any]) -> dict[str, Any]:
    found = profile(payload)["chargingSchedule"]
    return dict(found[0] if isinstance(found, list) else found)


def test_the_status_of_a_station_that_charges(
    ask: Any, records: Records, station: FakeStation
) -> None:
    tag = records.add_tag()
    busy = "Charging" if station.version == "1.6" else "Occupied"
    station.status(1, busy, at="2026-05-01T12:00:00")  # its clock is far behind
    transaction = station.start(1, tag, 1000)
    station.meter(1, transaction, wh=2500, w=11_000, soc=40)
    shown = next(each for each in ask("Status").json() if each["id"] == station.id)
    assert shown["protocol"] == f"ocpp{station.version}"
    assert list(shown["OnlineConnectors"]) == ["1"]
    connector = shown["OnlineConnectors"]["1"]
    at = datetime.fromisoformat(connector.pop("MeterValueDate"))
    assert datetime.now(UTC) - at < timedelta(minutes=1)
    assert connector == {"Status": 2, "ChargeRateKW": 11.0, "MeterKWH": 2.5, "SoC": 40.0}


def test_a_station_that_left_is_not_shown(ask: Any, station: FakeStation) -> None:
    station.close()
    until(lambda: all(each["id"] != station.id for each in ask("Status").json()))
    assert ask(f"Reset/{station.id}").status_code == 404


def test_unlock_and_reset(ask: Any, station: FakeStation) -> None:
    assert ask(f"UnlockConnector/{station.id}/1", "POST").json() == {"status": "Unlocked"}
    assert ask(f"Reset/{station.id}").json() == {"status": "Accepted"}
    kind = "Soft" if station.version == "1.6" else "OnIdle"
    assert station.wait_for("Reset").payload == {"type": kind}


def test_a_transaction_is_started_and_stopped(
    ask: Any, records: Records, station: FakeStation
) -> None:
    tag = records.add_tag()
    start = "RemoteStartTransaction" if station.version == "1.6" else "RequestStartTransaction"
    stop = "RemoteStopTransaction" if station.version == "1.6" else "RequestStopTransaction"
    assert ask(f"StartTransaction/{station.id}/1/{tag}").json() == {"status": "Accepted"}
    asked = station.wait_for(start).payload
    assert asked.get("idTag", asked.get("idToken", {}).get("idToken")) == tag
    assert ask(f"StartTransaction/{station.id}/1/unknown").json() == {"status": "Rejected"}
    assert ask(f"StopTransaction/{station.id}/1").status_code == 424
    transaction = station.start(1, tag, 0)
    assert ask(f"StopTransaction/{station.id}/1").json() == {"status": "Accepted"}
    assert station.wait_for(stop).payload == {"transactionId": transaction}
    station.stop(transaction, tag, 10)
    assert ask(f"StopTransaction/{station.id}/1").status_code == 424


def test_a_limit_is_sent_again_after_a_boot_until_it_is_cleared(
    ask: Any, station: FakeStation
) -> None:
    assert ask(f"SetChargingLimit/{station.id}/1/16A").json() == {"status": "Accepted"}
    station.boot()
    again = station.wait_for(SET_PROFILE, count=2).payload
    assert again == station.wait_for(SET_PROFILE).payload
    period = {"startPeriod": 0, "limit": 16.0}
    assert schedule(again)["chargingSchedulePeriod"] == [period]
    assert "validTo" not in profile(again)
    assert ask(f"ClearChargingLimit/{station.id}/1").json() == {"status": "Accepted"}
    station.boot()
    station.boot()
    assert ask(f"Reset/{station.id}").status_code == 200  # what a boot sends would be first
    assert [call.action for call in station.received].count(SET_PROFILE) == 2


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"status": "Rejected"}, "Rejected"),
        (CallErrorAnswer("NotSupported"), "Rejected"),
        ({"nonsense": 1}, "Timeout"),
    ],
)
def test_whatever_the_station_answers_ends_the_wait(
    ask: Any, station: FakeStation, answer: Any, status: str
) -> None:
    station.answers["Reset"] = answer
    started = time.monotonic()
    assert ask(f"Reset/{station.id}").json() == {"status": status}
    assert time.monotonic() - started < 1


def test_a_disconnect_ends_the_wait_at_once(ask: Any, station: FakeStation) -> None:
    station.answers["Reset"] = Disconnect
    started = time.monotonic()
    assert ask(f"Reset/{station.id}").json() == {"status": "Timeout"}
    assert time.monotonic() - started < 1


def test_silence_ends_with_the_time_limit(
    ask: Any, records: Records, open_station: Callable[..., FakeStation]
) -> None:
    station = open_station(records.add_station())
    station.answers["Reset"] = Silence
    others = threading.Thread(target=station.boot)
    others.start()  # meanwhile the station is heard as ever
    assert ask(f"Reset/{station.id}").json() == {"status": "Timeout"}
    others.join()


def test_who_gives_no_key_is_told_nothing(server: RunningServer) -> None:
    answer = requests.get(f"{server.url}/API/Status", timeout=5)
    assert (answer.status_code, answer.content) == (401, b"")
    assert requests.get(f"{server.url}/api/v1/stations", timeout=5).status_code == 401


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("/API", 200),
        ("/API/", 404),
        ("/api//Status", 404),
        ("/API/Status/", 200),
        ("/aPi/Status?x=/", 200),
        ("/API/Reset//CP1", 400),
        ("/API/Reset/a%2Fb", 404),
        ("/API/Reset/%00%FF", 404),
        ("/api/v1/stations/", 404),
        ("http://anywhere/API/Status", 200),
    ],
)
def test_targets_are_taken_as_they_come_and_never_redirected(
    server: RunningServer, target: str, code: int
) -> None:
    head = f"GET {target} HTTP/1.1\r\nHost: x\r\nX-API-Key: {API_KEY}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as line:
        line.sendall(head.encode())
        status_line = line.makefile("rb").readline()
    assert int(status_line.split()[1]) == code
