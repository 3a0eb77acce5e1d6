"""What stations say takes effect: each message, seen over REST."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.fake_station import CallError, FakeStation
from tests.support.records import Records
from tests.support.samples import meter_values, reading, sample
from tests.support.station_messages import wire
from tests.support.story import at
from tests.support.waiting import until

Open = Callable[..., FakeStation]
VERSIONS_2 = ("2.0.1", "2.1")


# ---------------------------------------------------------------- booting, being alive

BOOT_16 = {
    "chargePointVendor": "Vendor",
    "chargePointModel": "Model",
    "chargePointSerialNumber": "SN1",
    "chargeBoxSerialNumber": "BOX1",
    "firmwareVersion": "1.2.3",
    "iccid": "8949",
    "imsi": "2620",
    "meterType": "MT",
    "meterSerialNumber": "MSN",
}
BOOT_2 = {
    "reason": "FirmwareUpdate",
    "chargingStation": {
        "vendorName": "Vendor",
        "model": "Model",
        "serialNumber": "SN1",
        "firmwareVersion": "1.2.3",
        "modem": {"iccid": "8949", "imsi": "2620"},
    },
}


def test_a_boot_is_stored_and_shown(version: str, records: Records, open_station: Open) -> None:
    station = open_station(records.add_station(), version)
    payload = BOOT_16 if version == "1.6" else BOOT_2
    before = datetime.now(UTC)
    answer = station.call("BootNotification", payload)
    assert (answer["status"], answer["interval"]) == ("Accepted", 300)
    assert datetime.fromisoformat(answer["currentTime"]) >= before - timedelta(milliseconds=1)
    shown = records.station(station.id)
    common = {
        "vendor": "Vendor",
        "model": "Model",
        "serial_number": "SN1",
        "firmware_version": "1.2.3",
        "iccid": "8949",
        "imsi": "2620",
        "ocpp_version": version,
        "online": True,
    }
    assert common.items() <= shown.items()
    assert shown["last_boot_at"] == shown["last_seen_at"]
    if version == "1.6":
        assert (shown["meter_type"], shown["meter_serial_number"]) == ("MT", "MSN")
    else:
        assert shown["boot_reason"] == "FirmwareUpdate"


def test_a_second_boot_on_one_connection_is_answered_and_replaces_the_data(
    station: FakeStation, records: Records
) -> None:
    first = records.station(station.id)
    assert station.boot(vendor="Other", model="New")["status"] == "Accepted"
    second = records.station(station.id)
    assert (second["vendor"], second["model"]) == ("Other", "New")
    assert second["last_boot_at"] > first["last_boot_at"]


def test_messages_before_any_boot_are_served(
    version: str, records: Records, open_station: Open
) -> None:
    station = open_station(records.add_station(), version)
    assert station.call("Heartbeat", {}).keys() == {"currentTime"}
    assert station.status(1, "Available") == {}
    assert station.authorize(records.add_tag()) == "Accepted"
    station.start(1, records.add_tag(), 0)
    assert station.verdict == "Accepted"


def test_a_heartbeat_tells_the_time_although_its_id_repeats(station: FakeStation) -> None:
    first = station.call("Heartbeat", {}, "same")["currentTime"]
    time.sleep(0.003)
    assert station.call("Heartbeat", {}, "same")["currentTime"] > first
    now = datetime.now(UTC)
    assert abs(datetime.fromisoformat(first) - now) < timedelta(seconds=5)


# ---------------------------------------------------------------- status


@pytest.mark.parametrize("version", ["1.6"])
@pytest.mark.parametrize(
    ("word", "simple"),
    [
        ("Available", "Available"),
        ("Preparing", "Occupied"),
        ("Charging", "Occupied"),
        ("SuspendedEVSE", "Occupied"),
        ("SuspendedEV", "Occupied"),
        ("Finishing", "Occupied"),
        ("Reserved", "Occupied"),
        ("Unavailable", "Unavailable"),
        ("Faulted", "Faulted"),
    ],
)
def test_a_status_of_1_6_is_kept_beside_the_simple_one(
    station: FakeStation, records: Records, word: str, simple: str
) -> None:
    station.status(2, word, at(0))
    shown = records.connector(station.id, 2)
    assert (shown["status"], shown["ocpp_status"]) == (simple, word)
    assert (shown["error_code"], shown["status_at"]) == ("NoError", at(0))


@pytest.mark.parametrize("version", VERSIONS_2)
@pytest.mark.parametrize(
    ("word", "simple"),
    [
        ("Available", "Available"),
        ("Occupied", "Occupied"),
        ("Reserved", "Occupied"),
        ("Unavailable", "Unavailable"),
        ("Faulted", "Faulted"),
    ],
)
def test_a_status_of_2_x_is_kept_beside_the_simple_one(
    station: FakeStation, records: Records, word: str, simple: str
) -> None:
    payload = {"timestamp": at(0), "connectorStatus": word, "evseId": 2, "connectorId": 3}
    station.call("StatusNotification", payload)
    shown = records.connector(station.id, 2, 3)
    assert (shown["status"], shown["ocpp_status"]) == (simple, word)
    assert (shown["error_code"], shown["status_at"]) == (None, at(0))


@pytest.mark.parametrize("version", ["1.6"])
@pytest.mark.parametrize("connector", [0, 1])
def test_a_fault_is_kept_with_all_its_details(
    station: FakeStation, records: Records, connector: int
) -> None:
    payload = {
        "connectorId": connector,
        "errorCode": "OtherError",
        "status": "Faulted",
        "info": "door open",
        "vendorId": "com.example",
        "vendorErrorCode": "E42",
    }
    station.call("StatusNotification", payload)
    shown = records.connector(station.id, connector)
    assert shown["status"] == "Faulted"
    kept = ("error_code", "info", "vendor_id", "vendor_error_code")
    assert [shown[name] for name in kept] == ["OtherError", "door open", "com.example", "E42"]
    station.status(connector, "Available")
    shown = records.connector(station.id, connector)
    assert [shown[name] for name in kept] == ["NoError", None, None, None]


@pytest.mark.parametrize("version", VERSIONS_2)
def test_the_station_as_a_whole_has_a_status(station: FakeStation, records: Records) -> None:
    payload = {"timestamp": at(0), "connectorStatus": "Unavailable", "evseId": 0, "connectorId": 0}
    station.call("StatusNotification", payload)
    assert records.connector(station.id, 0)["status"] == "Unavailable"


def test_an_older_status_does_not_replace_a_newer_one(
    station: FakeStation, records: Records
) -> None:
    busy = "Charging" if station.version == "1.6" else "Occupied"
    station.status(1, busy, at(5))
    station.status(1, "Available", at(4))
    shown = records.connector(station.id, 1)
    assert (shown["ocpp_status"], shown["status_at"]) == (busy, at(5))


def test_a_moment_in_another_zone_is_shown_in_utc(station: FakeStation, records: Records) -> None:
    station.status(1, "Available", "2026-05-01T14:30:00+02:00")
    assert records.connector(station.id, 1)["status_at"] == "2026-05-01T12:30:00.000Z"
    station.status(1, "Available", "2026-05-01T13:00:00.5")
    assert records.connector(station.id, 1)["status_at"] == "2026-05-01T13:00:00.500Z"


def test_one_id_for_everything_is_no_retry(station: FakeStation, records: Records) -> None:
    busy = "Charging" if station.version == "1.6" else "Occupied"
    for minute, word in enumerate(("Available", busy, "Available")):
        request = station.messages.status(1, word, at(minute))
        assert station.call(*request, "same") == {}
        shown = records.connector(station.id, 1)
        assert (shown["ocpp_status"], shown["status_at"]) == (word, at(minute))


def test_progress_of_firmware_and_logs_is_shown(station: FakeStation, records: Records) -> None:
    log = "DiagnosticsStatusNotification" if station.version == "1.6" else "LogStatusNotification"
    assert station.call(log, {"status": "Uploading"}) == {}
    assert station.call("FirmwareStatusNotification", {"status": "Downloading"}) == {}
    shown = records.station(station.id)
    assert (shown["log_status"], shown["firmware_status"]) == ("Uploading", "Downloading")


def test_data_of_a_vendor_is_accepted_and_logged(station: FakeStation, records: Records) -> None:
    payload = {"vendorId": "com.example", "messageId": "M", "data": "some"}
    assert station.call("DataTransfer", payload) == {"status": "Accepted"}
    (logged,) = until(lambda: records.messages(station.id, "DataTransfer"))
    assert (logged["request"], logged["response"]) == (payload, {"status": "Accepted"})


@pytest.mark.parametrize("version", VERSIONS_2)
def test_limits_and_schedules_from_elsewhere_are_taken(station: FakeStation) -> None:
    schedule = {
        "id": 1,
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000.0}],
    }
    limit = {"chargingLimit": {"chargingLimitSource": "EMS"}, "chargingSchedule": [schedule]}
    assert station.call("NotifyChargingLimit", limit) == {}
    assert station.call("NotifyChargingLimit", {**limit, "evseId": 1}) == {}
    assert station.call("ClearedChargingLimit", {"chargingLimitSource": "EMS", "evseId": 1}) == {}
    assert station.call("ClearedChargingLimit", {"chargingLimitSource": "EMS"}) == {}
    wanted = {"timeBase": at(0), "evseId": 1, "chargingSchedule": schedule}
    assert station.call("NotifyEVChargingSchedule", wanted) == {"status": "Accepted"}


# ---------------------------------------------------------------- retries


def session_messages(station: FakeStation, tag: str) -> list[tuple[str, Any]]:
    """Return messages of a session that each have an effect which must not come twice."""
    messages = station.messages
    found = [
        messages.status(1, "Available", at(0)),
        messages.start(1, tag, 100, at(1), None),
        meter_values(station, 1, reading(at(2), sample(station.version, 200))),
        ("DataTransfer", {"vendorId": "v"}),
    ]
    if station.version != "1.6":
        uid = found[1][1]["transactionInfo"]["transactionId"]
        register = {"Energy.Active.Import.Register": (250, "Wh")}
        found.insert(3, messages.meter(1, uid, register, at(2)))
        found.append(messages.stop(uid, None, 300, at(3), "Remote"))
    return found


def recorded(records: Records, station: FakeStation) -> tuple[Any, Any]:
    """Return the station's transaction and its samples."""
    transaction = records.only_transaction(station.id)
    return transaction, records.samples(transaction["id"])


@pytest.mark.parametrize("reconnects", [False, True])
def test_a_retry_gets_the_same_answer_without_a_second_effect(
    station: FakeStation, records: Records, reconnects: bool
) -> None:
    tag = records.add_tag()
    requests = session_messages(station, tag)
    if station.version == "1.6":
        start = station.call(*requests[1], "m1")
        stop = station.messages.stop(start["transactionId"], tag, 300, at(3), "Remote")
        requests.append(stop)
    first = [station.call(*request, f"m{n}") for n, request in enumerate(requests)]
    before = recorded(records, station)
    assert before[0]["state"] == "ended"
    if reconnects:
        station.abort()
        station.connect()
    again = [station.call(*request, f"m{n}") for n, request in enumerate(requests)]
    assert json.dumps(again) == json.dumps(first)
    assert recorded(records, station) == before
    # With another id too: a station that lost its memory of ids, not of messages.
    for number, request in enumerate(requests):
        station.call(*request, f"other{number}")
    assert recorded(records, station) == before


def test_a_retry_in_another_order_of_members_is_one(station: FakeStation, records: Records) -> None:
    action, payload = station.messages.start(1, records.add_tag(), 0, at(0), None)
    first = station.call(action, payload, "m")
    assert station.call(action, dict(reversed(payload.items())), "m") == first
    assert records.only_transaction(station.id)


def test_an_id_used_again_for_another_call_is_served(
    station: FakeStation, records: Records
) -> None:
    tag = records.add_tag()
    first = station.messages.start(1, tag, 0, at(0), None)
    second = station.messages.start(2, tag, 0, at(1), None)
    station.call(*first, "same")
    station.call(*second, "same")
    assert {each["evse_id"] for each in records.transactions(station.id)} == {1, 2}


# ---------------------------------------------------------------- times


ABSURD = [
    "1970-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "2066-05-01T00:00:00Z",
    "soon",
]


@pytest.mark.parametrize("moment", ABSURD)
def test_an_absurd_moment_is_replaced_flagged_and_kept_in_the_log(
    station: FakeStation, records: Records, moment: str
) -> None:
    before = wire(datetime.now(UTC) - timedelta(seconds=1))
    station.start(1, records.add_tag(), 1000, moment)
    assert station.verdict == "Accepted"
    recorded = records.only_transaction(station.id)
    assert before <= recorded["started_at"] <= wire(datetime.now(UTC))
    assert recorded["flags"] == ["clock"]
    action = "StartTransaction" if station.version == "1.6" else "TransactionEvent"
    (logged,) = until(lambda: records.messages(station.id, action))
    assert logged["request"]["timestamp"] == moment
    station.status(1, "Available", moment)
    assert before <= records.connector(station.id, 1)["status_at"]


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize("number", [-1, 2**31, 2**53 - 1])
def test_numbers_that_no_column_holds_are_refused(station: FakeStation, number: int) -> None:
    requests = [
        station.messages.status(number, "Available", at(0)),
        meter_values(station, number, reading(at(0), sample(station.version, 1))),
    ]
    if station.version != "1.6":
        limit = {"chargingLimit": {"chargingLimitSource": "EMS"}, "evseId": number}
        requests += [
            ("NotifyChargingLimit", limit),
            ("ClearedChargingLimit", {"chargingLimitSource": "EMS", "evseId": number}),
        ]
    for request in requests:
        with pytest.raises(CallError) as refused:
            station.call(*request)
        assert refused.value.code == "PropertyConstraintViolation"


@pytest.mark.parametrize("number", [-(2**53) + 1, -1, 0, 2**31, 2**53 - 1])
def test_a_stop_is_answered_whatever_its_numbers_are(
    station: FakeStation, records: Records, number: int
) -> None:
    if station.version == "1.6":
        request = station.messages.stop(number, None, number, at(1), None)
    else:
        action, payload = station.messages.stop("tx", None, number, at(1), None)
        request = action, {**payload, "seqNo": abs(number)}
    assert station.call(*request) == {}
    assert records.only_transaction(station.id)["state"] == "ended"
