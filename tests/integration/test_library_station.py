"""An independent peer in a process of its own: sessions it plays, commands it answers or not."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.library_process import LibraryStation
from tests.support.records import Records
from tests.support.station_messages import VERSIONS
from tests.support.waiting import until

AT_ONCE_S = 0.6  # the limit for what must not wait for anything
TIMEOUT_S = 0.3  # of the server whose stations are silent
MODES = ("accept", "reject", "callerror", "disconnect")

# Each command with its parameters; stop-transaction after start-transaction.
COMMANDS = {
    "reset": {"kind": "soft"},
    "unlock-connector": {"connector": 1},
    "set-charging-limit": {"connector": 1, "value": 2000, "unit": "W"},
    "clear-charging-limit": {"connector": 1},
    "change-availability": {"connector": 1, "operative": True},
    "trigger-message": {"message": "Heartbeat"},
    "start-transaction": {"connector": 1, "tag": "LIBRARY"},
    "stop-transaction": {"connector": 1},
}
YES = {"unlock-connector": "Unlocked"}
NO = {"unlock-connector": "UnlockFailed", "clear-charging-limit": "Unknown"}


@pytest.fixture(scope="module", autouse=True)
def tag(records):
    """The tag that charges."""
    return records.add_tag("LIBRARY")


@pytest.fixture
def station_id(records):
    return records.add_station()


@pytest.fixture
def command(server, station_id):
    """Send a command; return status, body, and how long it took."""

    def send(name, **values):
        return send_to(server, station_id, name, values)

    return send


def send_to(server, station_id, name, values=None):
    started = time.monotonic()
    response = server.api(
        "POST", f"/api/v1/stations/{station_id}/commands/{name}", values or COMMANDS[name]
    )
    return response.status_code, response.json(), time.monotonic() - started


def library_station(server, station_id, version, *options):
    return LibraryStation(server.websocket_url, station_id, version, "--tag", "LIBRARY", *options)


def test_a_session_of_the_library_is_in_the_database(server, records, station_id, version):
    with library_station(server, station_id, version) as peer:
        subprotocol = peer.until("connected")["subprotocol"]
        peer.until("ready")
        record = records.station(station_id)
        (transaction,) = records.transactions(station_id)
        samples = records.samples(transaction["id"])
        connector = records.connector(station_id, 1)
        answers = {told["action"]: told["answer"] for told in peer.told if "answer" in told}
        peer.say("end")
        assert peer.until("closed")["code"] == 1000
    assert subprotocol == "ocpp" + version
    assert answers["BootNotification"]["status"] == "Accepted"
    assert (record["vendor"], record["model"]) == ("ocpp", "Library")
    assert (record["online"], record["ocpp_version"]) == (True, version)
    assert record["last_boot_at"] <= transaction["started_at"] < transaction["stopped_at"]
    assert transaction["state"] == "ended"
    assert (transaction["start_tag"], transaction["stop_tag"]) == ("LIBRARY", "LIBRARY")
    assert (transaction["evse_id"], transaction["connector_id"]) == (1, 1)
    assert (transaction["meter_start_wh"], transaction["meter_stop_wh"]) == (1000, 2500)
    assert (transaction["energy_wh"], transaction["stop_reason"]) == (1500, "Local")
    assert transaction["flags"] == []
    registers = [each for each in samples if each["measurand"] == "Energy.Active.Import.Register"]
    assert {each["value"] for each in registers} >= {1500, 2000, 2500}
    assert (connector["status"], connector["meter_wh"]) == ("Available", 2500)
    assert until(lambda: not records.station(station_id)["online"])
    assert {each["action"] for each in logged(records, station_id)} >= answers.keys()


def test_every_command_is_answered_as_the_library_answers(
    server, records, station_id, version, command
):
    with library_station(server, station_id, version, "--session", "none", "--again") as peer:
        peer.until("ready")
        answers = {}
        for mode in MODES:
            peer.obey(mode)
            for name in COMMANDS:
                answers[mode, name] = command(name)
                if mode == "disconnect":
                    peer.until("ready")
                until(lambda: is_settled(records, station_id, mode, name))  # noqa: B023
            if mode == "accept":  # leave a transaction to stop to those who will not
                command("start-transaction", **COMMANDS["start-transaction"])
                until(lambda: len(records.transactions(station_id)) == 2)
        received = [told["action"] for told in peer.told if told["event"] == "command"]
    for (mode, name), (status, body, took_s) in answers.items():
        assert (status, describe(body)) == expected(mode, name), (mode, name)
        assert took_s < AT_ONCE_S, (mode, name)
    assert len(received) == len(COMMANDS) * len(MODES) + 1
    history = records.ask("GET", f"/stations/{station_id}/commands")["items"]
    assert len(history) == len(received)
    assert all(entry["finished_at"] for entry in history)


def is_settled(records, station_id, mode, name):
    """Tell whether what the station does after its answer is done."""
    if mode != "accept" or name not in ("start-transaction", "stop-transaction"):
        return True
    states = [each["state"] for each in records.transactions(station_id)]
    return states == ["active" if name == "start-transaction" else "ended"]


def describe(body):
    """Return what matters of an outcome or a problem."""
    if "done" in body:
        return body["status"], body["done"], body["data"].get("error", {}).get("code")
    return body["type"].rpartition(":")[2]


def expected(mode, name):
    """Return status and description of what the library's answer becomes."""
    return {
        "accept": (200, (YES.get(name, "Accepted"), True, None)),
        "reject": (200, (NO.get(name, "Rejected"), False, None)),
        "callerror": (200, ("InternalError", False, "InternalError")),
        "disconnect": (502, "disconnected"),
    }[mode]


def test_silence_ends_when_the_time_is_over(launch):
    """All versions at a time: each command takes the whole time limit."""
    with launch(call_timeout=TIMEOUT_S) as server:
        records = Records(server)
        records.add_tag("LIBRARY")
        ids = {records.add_station(): version for version in VERSIONS}
        with ThreadPoolExecutor(len(ids)) as pool:
            for _ in pool.map(lambda pair: be_silent(server, *pair), ids.items()):
                pass
        for station_id in ids:
            history = records.ask("GET", f"/stations/{station_id}/commands")["items"]
            assert [entry["status"] for entry in history] == ["timeout"] * len(COMMANDS)


def be_silent(server, station_id, version):
    options = ("--session", "open", "--mode", "silence")
    with library_station(server, station_id, version, *options) as peer:
        peer.until("ready")
        for name in COMMANDS:
            status, body, took_s = send_to(server, station_id, name)
            assert (status, describe(body)) == (504, "timeout"), name
            assert TIMEOUT_S <= took_s < TIMEOUT_S + AT_ONCE_S, name
            assert peer.until("command")["mode"] == "silence"
        assert server.api("GET", f"/api/v1/stations/{station_id}").json()["online"]


def logged(records, station_id):
    """Return the message log, once it is written."""
    path = f"/stations/{station_id}/messages"
    return until(lambda: records.ask("GET", path)["items"])
