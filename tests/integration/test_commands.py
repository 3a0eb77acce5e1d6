"""Commands on their way: in turn, within their time, to whom they are meant, and remembered."""

from __future__ import annotations

import contextlib
import json
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.crowd import Crowd
from tests.support.fake_station import (
    CallError,
    CallErrorAnswer,
    Disconnect,
    FakeStation,
    Silence,
)
from tests.support.records import Records
from tests.support.waiting import until

AT_ONCE_S = 0.6  # the limit for what must not wait for anything
TIMEOUT_S = 2.0  # of the shared server
CALLERS = 300

# The request of set-charging-limit is the one that differs most between the versions.
LIMIT = {"connector": 1, "value": 3000.5, "unit": "W"}
LIMIT_CALL = "SetChargingProfile"


@pytest.fixture
def pool():
    with ThreadPoolExecutor(16) as threads:
        yield threads


@pytest.fixture
def command(server):
    return lambda station, name, **values: send(server, station.id, name, values)


def send(server, station_id, name, values):
    return server.api("POST", f"/api/v1/stations/{station_id}/commands/{name}", values)


def slug(response):
    return response.json()["type"].rpartition(":")[2]


def history(records, station_id):
    return records.ask("GET", f"/stations/{station_id}/commands")["items"]


def timed(function):
    started = time.monotonic()
    return function(), time.monotonic() - started


def connectors_unlocked(station):
    calls = [call for call in station.received if call.action == "UnlockConnector"]
    return [
        call.payload.get("connectorId" if station.version == "1.6" else "evseId") for call in calls
    ]


def answer(station, call, payload):
    station.send_raw(json.dumps([3, call.message_id, payload]))


# --- in turn -------------------------------------------------------------------------------------


def test_one_call_is_outstanding_and_the_others_follow_in_order(records, station, command, pool):
    station.answers["UnlockConnector"] = Silence
    replies = []
    for number in range(1, 6):
        replies.append(pool.submit(command, station, "unlock-connector", connector=number))
        until(lambda count=number: len(history(records, station.id)) == count)
        time.sleep(0.02)  # noted, then queued
    for number in range(1, 6):
        call = station.wait_for("UnlockConnector", count=number)
        time.sleep(0.02)
        assert connectors_unlocked(station) == list(range(1, number + 1))
        answer(station, call, {"status": "Unlocked" if number % 2 else "UnlockFailed"})
    outcomes = [reply.result().json()["status"] for reply in replies]
    assert outcomes == ["Unlocked", "UnlockFailed"] * 2 + ["Unlocked"]


def test_one_deadline_covers_queueing_and_waiting(records, open_station, command, pool):
    station = open_station(records.add_station())
    station.answers["Reset"] = Silence
    first = pool.submit(timed, lambda: command(station, "reset"))
    station.wait_for("Reset")
    time.sleep(0.5)
    second = pool.submit(timed, lambda: command(station, "reset"))
    for reply in (first, second):
        response, took_s = reply.result()
        assert (response.status_code, slug(response)) == (504, "timeout")
        assert TIMEOUT_S <= took_s < TIMEOUT_S + AT_ONCE_S
    for late in [call for call in station.received if call.action == "Reset"]:
        answer(station, late, {"status": "Accepted"})
    station.answers["Reset"] = {"status": "Rejected"}
    response, took_s = timed(lambda: command(station, "reset"))
    assert response.json() == {"status": "Rejected", "done": False, "data": {}}
    assert took_s < AT_ONCE_S


def test_a_station_that_asks_while_it_is_asked_gets_its_answers(station, command, pool):
    station.answers["Reset"] = Silence
    reply = pool.submit(command, station, "reset")
    call = station.wait_for("Reset")
    for _ in range(20):
        assert "currentTime" in station.call("Heartbeat", {})
    answer(station, call, {"status": "Accepted"})
    assert reply.result().json()["done"] is True


def test_hundreds_of_callers_who_wait_slow_nobody_down(launch):
    with launch(call_timeout=30) as server:
        records = Records(server)
        ids = [records.add_station() for _ in range(CALLERS)]
        swift = records.add_station()
        with Crowd(server, ids) as crowd, FakeStation(server.websocket_url, swift) as station:
            station.boot()
            replies = crowd.post([f"/api/v1/stations/{each}/commands/reset" for each in ids], {})
            until(lambda: len(crowd.received) == CALLERS, 20)
            times = [timed(lambda: send(server, swift, "reset", {}))[1] for _ in range(20)]
            beats = [timed(lambda: station.call("Heartbeat", {}))[1] for _ in range(20)]
            assert not any(reply.done() for reply in replies)
            lost_at = time.monotonic()
            crowd.lose()
            ends = [reply.result(20) for reply in replies]
    assert statistics.median(times) < 0.1
    assert statistics.median(beats) < 0.05
    assert max(times + beats) < AT_ONCE_S
    assert {status for status, _ in ends} == {502}
    assert max(at for _, at in ends) - lost_at < 3


# --- how it may end ------------------------------------------------------------------------------


def test_an_answer_that_breaks_its_schema_is_unusable(station, command):
    for reply in ({}, {"status": "Perhaps"}, {"status": 7}, {"status": None}):
        station.answers["Reset"] = reply
        response = command(station, "reset")
        assert (response.status_code, slug(response)) == (502, "unusable-answer"), reply


def test_an_answer_that_is_no_message_is_unusable_at_once(station, command, pool):
    station.answers["Reset"] = Silence
    texts = ['[3,"ID"]', '[3,"ID",[]]', '[3,"ID",{"status":NaN}]', '[3,"ID",7]']
    for count, text in enumerate(texts, 1):
        reply = pool.submit(timed, lambda: command(station, "reset"))
        call = station.wait_for("Reset", count=count)
        station.send_raw(text.replace("ID", call.message_id))
        response, took_s = reply.result()
        assert (response.status_code, slug(response)) == (502, "unusable-answer"), text
        assert took_s < AT_ONCE_S


def test_a_callerror_is_an_outcome_at_once(station, command, pool):
    station.answers["Reset"] = Silence
    answers = {
        '[4,"ID"]': ("", "", {}),
        '[4,"ID","InternalError","told to",{"a":1}]': ("InternalError", "told to", {"a": 1}),
    }
    for count, (text, (code, description, details)) in enumerate(answers.items(), 1):
        reply = pool.submit(timed, lambda: command(station, "reset"))
        call = station.wait_for("Reset", count=count)
        station.send_raw(text.replace("ID", call.message_id))
        response, took_s = reply.result()
        error = {"code": code, "description": description, "details": details}
        assert response.status_code == 200
        assert response.json() == {"status": code, "done": False, "data": {"error": error}}
        assert took_s < AT_ONCE_S


@pytest.mark.parametrize("end", ["abort", "close", "replace", "remove"])
def test_whoever_waits_or_queues_knows_at_once_that_the_station_is_gone(
    server, records, station, command, pool, end
):
    station.answers["Reset"] = Silence
    replies = [pool.submit(command, station, "reset") for _ in range(4)]
    station.wait_for("Reset")
    until(lambda: len(history(records, station.id)) == len(replies))
    time.sleep(0.05)
    with contextlib.ExitStack() as stack:
        started = time.monotonic()
        if end == "replace":
            newer = FakeStation(server.websocket_url, station.id, station.version)
            stack.enter_context(newer)
        elif end == "remove":
            records.remove_station(station.id)
        else:
            getattr(station, end)()
        responses = [reply.result() for reply in replies]
        took_s = time.monotonic() - started
    assert [slug(response) for response in responses] == ["disconnected"] * len(replies)
    assert {response.status_code for response in responses} == {502}
    assert took_s < AT_ONCE_S
    assert len([call for call in station.received if call.action == "Reset"]) == 1


def test_a_disconnect_instead_of_an_answer_ends_the_command(station, command):
    station.answers["Reset"] = Disconnect
    response, took_s = timed(lambda: command(station, "reset"))
    assert (response.status_code, slug(response)) == (502, "disconnected")
    assert took_s < AT_ONCE_S


def test_the_stop_of_the_server_ends_who_waits(launch):
    with launch(call_timeout=30) as server:
        station_id = Records(server).add_station()
        with FakeStation(server.websocket_url, station_id) as station:
            station.boot()
            station.answers["Reset"] = Silence
            with ThreadPoolExecutor(1) as pool:
                reply = pool.submit(timed, lambda: send(server, station_id, "reset", {}))
                station.wait_for("Reset")
                assert server.stop() < 5
                response, took_s = reply.result()
            assert (response.status_code, slug(response)) == (502, "disconnected")
            assert took_s < 2 + AT_ONCE_S
            assert station.wait_closed()[0] == 1001


# --- what is refused before a station is asked ---------------------------------------------------


def test_what_cannot_be_sent_is_refused(station, command):
    bad = [
        ("unlock-connector", {}),
        ("unlock-connector", {"connector": 0}),
        ("set-charging-limit", {"value": -1, "unit": "W"}),
        ("set-charging-limit", {"value": 1.25, "unit": "W"}),
        ("set-charging-limit", {"value": 1, "unit": "kW"}),
        ("stop-transaction", {}),
        ("stop-transaction", {"connector": 1, "transaction": 1}),
        ("reset", {"typo": True}),
    ]
    for name, values in bad:
        response = command(station, name, **values)
        assert (response.status_code, slug(response)) == (400, "invalid-input"), (name, values)
    for values in ({"connector": 1}, {"transaction": 2**31 - 1}):
        response = command(station, "stop-transaction", **values)
        assert (response.status_code, slug(response)) == (424, "nothing-to-stop")
    assert station.received == []


def test_what_a_version_does_not_know_is_refused(station, command):
    absent = [
        ("trigger-message", {"message": "TransactionEvent"}),
        ("trigger-message", {"message": "LogStatusNotification"}),
        ("reset", {"evse": 1}),
        ("reset", {"on_idle": True}),
    ]
    if station.version != "1.6":
        absent = [("trigger-message", {"message": "DiagnosticsStatusNotification"})]
    for name, values in absent:
        response = command(station, name, **values)
        assert (response.status_code, slug(response)) == (501, "not-supported")
    assert station.received == []


def test_unknown_stations_and_commands_are_not_found(server, station, command):
    assert command(station, "make-coffee").status_code == 404
    assert send(server, "nobody", "reset", {}).status_code == 404


def test_another_stations_transaction_is_not_stopped(records, station, open_station, command):
    tag, other = records.add_tag(), open_station(records.add_station(), station.version)
    other.boot()
    other.start(1, tag, meter_wh=1000)
    (transaction,) = records.transactions(other.id)
    assert command(station, "stop-transaction", transaction=transaction["id"]).status_code == 424
    assert station.received == []
    assert command(other, "stop-transaction", transaction=transaction["id"]).json()["done"]


@pytest.mark.parametrize("why", ["unknown", "blocked", "expired"])
def test_a_tag_that_may_not_charge_is_rejected_without_a_call(records, station, command, why):
    fields = {"blocked": {"blocked": True}, "expired": {"expires_at": "2020-01-01"}}
    tag = records.new_id("NOBODY") if why == "unknown" else records.add_tag(**fields[why])
    response = command(station, "start-transaction", connector=1, tag=tag)
    assert response.status_code == 200
    assert response.json()["status"] == "Rejected"
    assert response.json()["done"] is False
    assert station.received == []


# --- offline, pending ----------------------------------------------------------------------------


def test_an_attempt_at_an_offline_station_is_refused_and_remembered(server, records):
    station_id = records.add_station()
    response = send(server, station_id, "reset", {"kind": "hard"})
    assert (response.status_code, slug(response)) == (409, "station-offline")
    call = f"/api/v1/stations/{station_id}/calls/Reset"
    assert server.api("POST", call, {"type": "Soft"}).status_code == 409
    second, first = history(records, station_id)
    assert (first["name"], first["parameters"]) == ("reset", {"kind": "hard"})
    assert second["name"] == "call Reset"
    assert [each["status"] for each in (first, second)] == ["offline", "offline"]
    assert all(each["finished_at"] and each["done"] is False for each in (first, second))


def test_a_pending_station_obeys_and_may_send_what_it_was_asked_for(
    records, open_station, version, server, command
):
    station = open_station(records.add_station(boot_status="Pending"), version)
    assert station.boot()["status"] == "Pending"
    assert command(station, "reset").json()["done"] is True
    raw = f"/api/v1/stations/{station.id}/calls/TriggerMessage"
    where = {"connectorId": 1} if version == "1.6" else {"evse": {"id": 1, "connectorId": 1}}
    requested = {"requestedMessage": "StatusNotification", **where}
    for ask in (
        lambda: command(station, "trigger-message", message="StatusNotification", connector=1),
        lambda: server.api("POST", raw, requested),
    ):
        with refusing(version):
            station.status(1, "Available")
        assert ask().status_code == 200
        station.status(1, "Available")


@contextlib.contextmanager
def refusing(version):
    """Expect that a station which is not accepted is told so; OCPP 1.6 has no word for it."""
    if version == "1.6":
        yield
        return
    with pytest.raises(CallError) as caught:
        yield
    assert caught.value.code == "SecurityError"


# --- what is remembered --------------------------------------------------------------------------


def test_the_history_tells_who_did_what_when_and_what_came_of_it(records, station, command, pool):
    station.answers["ChangeAvailability"] = Silence
    waiting = pool.submit(command, station, "change-availability", connector=2, operative=False)
    call = station.wait_for("ChangeAvailability")
    (entry,) = history(records, station.id)
    assert (entry["name"], entry["user"]) == ("change-availability", "OCPP_API_KEY")
    assert entry["parameters"] == {"connector": 2, "operative": False}
    assert (entry["finished_at"], entry["status"], entry["done"]) == (None, None, None)
    answer(station, call, {"status": "Scheduled"})
    waiting.result()
    station.answers["Reset"] = CallErrorAnswer("InternalError", "no way")
    command(station, "reset")
    second, first = history(records, station.id)
    assert (first["status"], first["done"]) == ("Scheduled", True)
    assert first["at"] <= first["finished_at"]
    assert (second["status"], second["done"]) == ("InternalError", False)


def test_limits_are_sent_again_after_each_boot_until_they_are_cleared(station, command):
    assert command(station, "set-charging-limit", **LIMIT).json()["done"] is True
    station.boot()
    again = station.wait_for(LIMIT_CALL, count=2).payload
    assert power_of(again, station.version) == 3000.5
    assert command(station, "clear-charging-limit", connector=1).json()["done"] is True
    station.boot()
    station.call("Heartbeat", {})
    time.sleep(0.1)
    assert len([call for call in station.received if call.action == LIMIT_CALL]) == 2


def test_limits_survive_the_death_of_the_server(launch):
    with launch() as server, contextlib.ExitStack() as stack:
        records = Records(server)
        stations = {
            version: FakeStation(server.websocket_url, records.add_station(), version)
            for version in ("1.6", "2.0.1", "2.1")
        }
        for station in stations.values():
            stack.enter_context(station).boot()
            assert send(server, station.id, "set-charging-limit", LIMIT).json()["done"] is True
            whole = {"connector": 0, "value": 16, "unit": "A"}
            assert send(server, station.id, "set-charging-limit", whole).json()["done"] is True
        server.kill()
        server.start()
        for version, station in stations.items():
            station.received.clear()
            station.connect().boot()
            station.wait_for(LIMIT_CALL, count=2)
            first, second = (call.payload for call in station.received)
            assert (power_of(first, version), power_of(second, version)) == (16, 3000.5)


def power_of(payload, version):
    """Return the limit in a SetChargingProfile."""
    if version == "1.6":
        schedule = payload["csChargingProfiles"]["chargingSchedule"]
    else:
        (schedule,) = payload["chargingProfile"]["chargingSchedule"]
    return schedule["chargingSchedulePeriod"][0]["limit"]


def test_many_callers_of_one_station_are_all_answered(station, command):
    replies = []

    def call():
        replies.append(command(station, "reset").json()["done"])

    threads = [threading.Thread(target=call) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert replies == [True] * len(threads)
