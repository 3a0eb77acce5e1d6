"""Stations that are not accepted (yet): Pending, Rejected, and unknown ones in quarantine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.integration.conftest import Launch
from tests.support.fake_station import CallError, FakeStation
from tests.support.raw_handshake import knock
from tests.support.records import Records
from tests.support.server import RunningServer
from tests.support.story import at
from tests.support.waiting import until

Open = Callable[..., FakeStation]
VERSIONS_2 = pytest.mark.parametrize("version", ["2.0.1", "2.1"])
PENDING_INTERVAL = 7


@pytest.fixture(scope="module")
def server(launch: Launch) -> Iterator[RunningServer]:
    with launch(unknown_stations="quarantine", pending_interval=PENDING_INTERVAL) as server:
        yield server


def refused(station: FakeStation, action: str, payload: Any) -> bool:
    """Tell whether a CALL is answered with SecurityError."""
    try:
        station.call(action, payload)
    except CallError as error:
        if error.code != "SecurityError":
            raise
        return True
    return False


def requests(station: FakeStation, records: Records) -> list[tuple[str, Any]]:
    """Return what a station says that wants to charge."""
    return [
        ("Heartbeat", {}),
        station.messages.status(1, "Available", at(0)),
        station.messages.authorize(records.add_tag()),
        station.messages.start(1, records.add_tag(), 0, at(0), None),
        ("DataTransfer", {"vendorId": "v"}),
    ]


def command(records: Records, station: FakeStation, name: str, **parameters: Any) -> Any:
    """Send a command and return its outcome."""
    return records.ask("POST", f"/stations/{station.id}/commands/{name}", parameters)


# ---------------------------------------------------------------- Pending and Rejected


@VERSIONS_2
@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_a_station_that_is_not_accepted_may_only_boot(
    records: Records, open_station: Open, version: str, status: str
) -> None:
    station = open_station(records.add_station(boot_status=status), version)
    answer = station.boot()
    assert (answer["status"], answer["interval"]) == (status, PENDING_INTERVAL)
    for request in requests(station, records):
        assert refused(station, *request)
    shown = records.station(station.id)
    assert (shown["online"], shown["vendor"], shown["connectors"]) == (True, "Vendor", [])
    assert records.transactions(station.id) == []
    records.edit_station(station.id, boot_status="Accepted")
    assert refused(station, "Heartbeat", {})  # until it is told so
    answer = station.boot()
    assert (answer["status"], answer["interval"]) == ("Accepted", 300)
    for request in requests(station, records):
        assert not refused(station, *request)


@pytest.mark.parametrize("version", ["1.6"])
@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_a_station_of_1_6_that_is_not_accepted_goes_on(
    records: Records, open_station: Open, version: str, status: str
) -> None:
    station = open_station(records.add_station(boot_status=status), version)
    answer = station.boot()
    assert (answer["status"], answer["interval"]) == (status, PENDING_INTERVAL)
    for request in requests(station, records):
        assert not refused(station, *request)


@VERSIONS_2
def test_an_unknown_action_is_unknown_to_who_is_not_accepted_too(
    records: Records, open_station: Open, version: str
) -> None:
    station = open_station(records.add_station(boot_status="Pending"), version)
    station.boot()
    for action, code in (("Nonsense", "NotImplemented"), ("Reset", "NotSupported")):
        with pytest.raises(CallError) as error:
            station.call(action, {})
        assert error.value.code == code


def test_our_own_calls_still_go_out(records: Records, open_station: Open, version: str) -> None:
    station = open_station(records.add_station(boot_status="Pending"), version)
    station.boot()
    assert command(records, station, "reset") == {"status": "Accepted", "done": True, "data": {}}
    payload = {"type": "Hard" if version == "1.6" else "Immediate"}
    answer = records.ask("POST", f"/stations/{station.id}/calls/Reset", payload)
    assert answer["result"] == {"status": "Accepted"}


@VERSIONS_2
@pytest.mark.parametrize("raw", [False, True])
def test_a_message_that_was_asked_for_is_accepted_once(
    records: Records, open_station: Open, version: str, raw: bool
) -> None:
    station = open_station(records.add_station(boot_status="Pending"), version)
    station.boot()
    status = station.messages.status(1, "Available", at(0))
    assert refused(station, *status)
    if raw:
        evse = {"id": 1, "connectorId": 1}
        payload = {"requestedMessage": "StatusNotification", "evse": evse}
        records.ask("POST", f"/stations/{station.id}/calls/TriggerMessage", payload)
    else:
        command(records, station, "trigger-message", message="StatusNotification", connector=1)
    assert refused(station, "Heartbeat", {})
    assert not refused(station, *status)
    assert records.connector(station.id, 1)["status"] == "Available"
    assert refused(station, *status)


@VERSIONS_2
def test_a_message_asked_of_all_connectors_comes_from_each(
    records: Records, open_station: Open, version: str
) -> None:
    station = open_station(records.add_station(boot_status="Pending"), version)
    station.boot()
    command(records, station, "trigger-message", message="StatusNotification")
    for connector in (1, 2, 3):
        assert not refused(station, *station.messages.status(connector, "Available", at(0)))
    assert station.boot()["status"] == "Pending"
    assert refused(station, *station.messages.status(1, "Available", at(1)))


@VERSIONS_2
def test_what_a_station_was_told_holds_on_its_next_connection(
    records: Records, open_station: Open, version: str
) -> None:
    station = open_station(records.add_station(), version)
    station.boot()
    records.edit_station(station.id, boot_status="Pending")  # for its next boot
    assert not refused(station, "Heartbeat", {})
    station.abort()
    station.connect()
    assert not refused(station, "Heartbeat", {})
    assert station.boot()["status"] == "Pending"
    records.edit_station(station.id, boot_status="Accepted")
    station.abort()
    station.connect()
    assert refused(station, "Heartbeat", {})


# ---------------------------------------------------------------- quarantine


def test_an_unknown_station_waits_until_it_is_adopted(
    records: Records, open_station: Open, version: str
) -> None:
    station = open_station(records.new_id("NEW"), version)
    answer = station.boot()
    assert (answer["status"], answer["interval"]) == ("Pending", PENDING_INTERVAL)
    for request in requests(station, records):
        assert refused(station, *request)
    shown = records.station(station.id)
    assert {
        "in_quarantine": True,
        "boot_status": "Pending",
        "online": True,
        "vendor": "Vendor",
        "ocpp_version": version,
        "connectors": [],
    }.items() <= shown.items()
    waiting = records.ask("GET", "/stations?in_quarantine=true&limit=1000")["items"]
    assert station.id in [each["id"] for each in waiting]
    assert records.transactions(station.id) == []
    adopted = records.edit_station(station.id, boot_status="Accepted")
    assert adopted["in_quarantine"] is False
    assert station.boot()["status"] == "Accepted"
    for request in requests(station, records):
        assert not refused(station, *request)
    assert records.only_transaction(station.id)["flags"] == []


def test_a_station_in_quarantine_is_not_served_even_when_asked_for_a_message(
    records: Records, open_station: Open
) -> None:
    station = open_station(records.new_id("NEW"), "2.0.1")
    station.boot()
    command(records, station, "trigger-message", message="StatusNotification", connector=1)
    assert refused(station, *station.messages.status(1, "Available", at(0)))


def test_adding_the_station_adopts_it_with_its_password(
    records: Records, open_station: Open
) -> None:
    station = open_station(records.new_id("NEW"), "1.6")
    station.boot()
    records.add_station(station.id, password="secret")
    code, _ = station.wait_closed()  # it has not shown the password yet
    assert code == 1008
    with pytest.raises(InvalidStatus):
        open_station(station.id, "1.6")
    assert open_station(station.id, "1.6", password="secret").boot()["status"] == "Accepted"


def test_a_station_may_be_sent_away_from_quarantine(records: Records, open_station: Open) -> None:
    station = open_station(records.new_id("NEW"), "1.6")
    records.edit_station(station.id, boot_status="Rejected")
    assert station.boot()["status"] == "Rejected"
    assert records.station(station.id)["in_quarantine"] is True
    records.remove_station(station.id)
    assert station.wait_closed()[0] == 1008


@pytest.mark.parametrize(
    "segment", ["a%2Fb", "%2F", "..", ".", "%2E%2E", "%20a", "a%20", "a%00", "a%0A", "x" * 256]
)
def test_an_id_that_nobody_could_register_is_unknown(records: Records, segment: str) -> None:
    before = len(records.ask("GET", "/stations?limit=1000")["items"])
    assert knock(records.server.port, f"/OCPP/{segment}").status == 412
    assert len(records.ask("GET", "/stations?limit=1000")["items"]) == before


def test_a_station_that_comes_twice_at_once_is_taken_in_once(
    records: Records, pool: ThreadPoolExecutor
) -> None:
    station_id = records.new_id("NEW")
    path = f"/OCPP/{station_id}"
    answers = pool.map(lambda _: knock(records.server.port, path).status, range(4))
    assert set(answers) <= {101, 429}  # 429: outdone by another one
    assert until(lambda: records.station(station_id))["in_quarantine"] is True
