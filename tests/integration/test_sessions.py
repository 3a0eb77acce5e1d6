"""One row per charging session, whatever a station repeats, reorders, delays or loses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.support.fake_station import FakeStation
from tests.support.records import Records
from tests.support.station_messages import Payload, wire
from tests.support.story import at

Open = Callable[..., FakeStation]
ONLY_16 = pytest.mark.parametrize("version", ["1.6"])
ONLY_2 = pytest.mark.parametrize("version", ["2.0.1", "2.1"])


def event(
    station: FakeStation, kind: str, number: int, minute: float, wh: int, **more: Any
) -> Payload:
    """Send a TransactionEvent of transaction `tx-1`; `info` goes into its transactionInfo."""
    value = {"value": wh, "measurand": "Energy.Active.Import.Register"}
    payload = {
        "eventType": kind,
        "timestamp": at(minute),
        "triggerReason": "Trigger",
        "seqNo": number,
        "transactionInfo": {"transactionId": "tx-1", **more.pop("info", {})},
        "meterValue": [{"timestamp": at(minute), "sampledValue": [value]}],
        **more,
    }
    return station.call("TransactionEvent", payload)


def token(tag: str) -> Payload:
    return {"idToken": tag, "type": "ISO14443"}


# ---------------------------------------------------------------- in every version


def test_a_meter_that_goes_back_is_flagged_and_costs_nothing(
    station: FakeStation, records: Records
) -> None:
    station.stop(station.start(1, records.add_tag(), 5000, at(0)), None, 10, at(5))
    recorded = records.only_transaction(station.id)
    assert (recorded["meter_start_wh"], recorded["meter_stop_wh"]) == (5000, 10)
    assert recorded["energy_wh"] == 0
    assert recorded["flags"] == ["meter-decreased"]


def test_a_new_start_on_a_busy_connector_ends_the_older_session(
    station: FakeStation, records: Records
) -> None:
    tag = records.add_tag()
    station.start(1, tag, 0, at(0))
    other = station.start(2, tag, 0, at(0))
    station.start(1, tag, 700, at(10))
    newest, *rest = records.transactions(station.id)
    assert (newest["evse_id"], newest["state"]) == (1, "active")
    older = {each["evse_id"]: each for each in rest}
    assert older[1]["state"] == "ended"
    assert older[1]["flags"] == ["superseded"]
    assert (older[2]["state"], older[2]["uid"]) == ("active", str(other))


def test_the_late_stop_of_a_superseded_session_is_its_real_end(
    station: FakeStation, records: Records
) -> None:
    tag = records.add_tag()
    first = station.start(1, tag, 0, at(0))
    station.start(1, tag, 700, at(10))
    station.stop(first, tag, 600, at(8), "Local")
    _, older = records.transactions(station.id)
    assert (older["stopped_at"], older["energy_wh"], older["flags"]) == (at(8), 600, [])


def test_a_session_told_afterwards_keeps_its_own_moments(
    station: FakeStation, records: Records
) -> None:
    long_ago = wire(datetime.now(UTC) - timedelta(days=20))
    later = wire(datetime.now(UTC) - timedelta(days=20) + timedelta(hours=2))
    transaction = station.start(1, records.add_tag(), 0, long_ago)
    station.stop(transaction, None, 9000, later)
    recorded = records.only_transaction(station.id)
    assert (recorded["started_at"], recorded["stopped_at"]) == (long_ago, later)
    assert recorded["energy_wh"] == 9000


# ---------------------------------------------------------------- OCPP 1.6


@ONLY_16
def test_transaction_ids_are_unique_positive_and_not_guessable(
    station: FakeStation, records: Records
) -> None:
    tag = records.add_tag()
    ids = [int(station.start(n, tag, 0, at(n))) for n in range(1, 21)]
    assert len(set(ids)) == 20
    assert all(0 < each < 2**31 for each in ids)
    steps = {later - earlier for earlier, later in pairwise(ids)}
    assert len(steps) == 19
    assert ids != sorted(ids)


@ONLY_16
@pytest.mark.parametrize("number", [0, -1])
def test_a_stop_without_a_usable_id_ends_the_session_that_it_must_mean(
    station: FakeStation, records: Records, number: int
) -> None:
    tag = records.add_tag()
    station.start(1, tag, 100, at(0))
    assert station.stop(number, tag, 400, at(5))["idTagInfo"]["status"] == "Accepted"
    recorded = records.only_transaction(station.id)
    assert (recorded["state"], recorded["energy_wh"]) == ("ended", 300)
    assert recorded["flags"] == ["matched"]


@ONLY_16
def test_a_stop_of_an_unknown_id_is_recorded_and_answered(
    station: FakeStation, records: Records
) -> None:
    tag = records.add_tag()
    assert station.stop(4711, tag, 400, at(5))["idTagInfo"]["status"] == "Accepted"
    recorded = records.only_transaction(station.id)
    assert (recorded["state"], recorded["meter_stop_wh"]) == ("ended", 400)
    assert (recorded["energy_wh"], recorded["flags"]) == (None, ["no-start"])


@ONLY_16
def test_a_stop_that_comes_before_its_start_is_one_session_with_it(
    station: FakeStation, records: Records
) -> None:
    tag = records.add_tag()
    station.stop(-1, tag, 900, at(10))
    station.start(1, tag, 100, at(0))
    recorded = records.only_transaction(station.id)
    assert (recorded["state"], recorded["started_at"], recorded["stopped_at"]) == (
        "ended",
        at(0),
        at(10),
    )
    assert recorded["energy_wh"] == 800


@ONLY_16
def test_a_stop_of_another_stations_transaction_never_touches_it(
    station: FakeStation, records: Records, open_station: Open
) -> None:
    tag = records.add_tag()
    other = open_station(records.add_station())
    foreign = other.start(1, tag, 100, at(0))
    station.stop(foreign, tag, 900, at(5))
    untouched = records.only_transaction(other.id)
    assert (untouched["state"], untouched["flags"]) == ("active", [])
    assert records.only_transaction(station.id)["flags"] == ["no-start"]


@ONLY_16
def test_a_stop_that_comes_again_after_its_session_was_metered_higher_changes_nothing(
    station: FakeStation, records: Records
) -> None:
    station.stop(5, None, 900, at(10))
    station.meter(1, 5, 950, at=at(10))
    station.start(1, records.add_tag(), 100, at(0))
    before = records.only_transaction(station.id)
    assert (before["state"], before["energy_wh"]) == ("ended", 850)
    assert station.stop(-1, None, 900, at(10)) == {}
    assert records.only_transaction(station.id) == before


@ONLY_16
def test_samples_that_come_with_the_stop_are_stored(station: FakeStation, records: Records) -> None:
    transaction = station.start(1, records.add_tag(), 100, at(0))
    begin = {"value": "100", "context": "Transaction.Begin"}
    middle = {"value": "0.5", "unit": "kWh", "context": "Sample.Clock"}
    readings = [
        {"timestamp": at(0), "sampledValue": [begin]},
        {"timestamp": at(3), "sampledValue": [middle, {"value": "broken"}]},
    ]
    action, payload = station.messages.stop(transaction, None, 900, at(5), None)
    station.call(action, {**payload, "transactionData": readings})
    found = records.samples(records.only_transaction(station.id)["id"])
    assert (at(3), 500, "Sample.Clock") in [
        (each["at"], each["value"], each["context"]) for each in found
    ]


# ---------------------------------------------------------------- OCPP 2.x


@ONLY_2
def test_events_in_any_order_are_one_session(station: FakeStation, records: Records) -> None:
    tag = records.add_tag()
    event(station, "Ended", 2, 10, 900, info={"stoppedReason": "EVDisconnected"})
    event(station, "Updated", 1, 5, 500, info={"chargingState": "Charging"})
    assert records.only_transaction(station.id)["flags"] == ["no-start"]
    event(station, "Started", 0, 0, 100, evse={"id": 2, "connectorId": 1}, idToken=token(tag))
    recorded = records.only_transaction(station.id)
    assert {
        "uid": "tx-1",
        "evse_id": 2,
        "start_tag": tag,
        "started_at": at(0),
        "stopped_at": at(10),
        "energy_wh": 800,
        "stop_reason": "EVDisconnected",
        "state": "ended",
        "flags": [],
    }.items() <= recorded.items()


@ONLY_2
def test_a_missing_event_is_flagged_until_it_comes(station: FakeStation, records: Records) -> None:
    event(station, "Started", 0, 0, 100, evse={"id": 1})
    event(station, "Ended", 2, 10, 900)
    assert records.only_transaction(station.id)["flags"] == ["gap"]
    event(station, "Updated", 1, 5, 400, offline=True)
    assert records.only_transaction(station.id)["flags"] == ["offline"]


@ONLY_2
def test_a_session_may_begin_with_the_cable_and_get_its_token_later(
    station: FakeStation, records: Records
) -> None:
    tag = records.add_tag()
    assert event(station, "Started", 0, 0, 100, evse={"id": 1}) == {}
    assert records.only_transaction(station.id)["start_tag"] is None
    answer = event(station, "Updated", 1, 1, 100, idToken=token(tag))
    assert answer["idTokenInfo"]["status"] == "Accepted"
    recorded = records.only_transaction(station.id)
    assert (recorded["start_tag"], recorded["flags"]) == (tag, [])


@ONLY_2
def test_an_event_without_a_place_or_meter_is_recorded(
    station: FakeStation, records: Records
) -> None:
    for number, kind in enumerate(("Started", "Updated", "Ended")):
        payload = {
            "eventType": kind,
            "timestamp": at(number),
            "triggerReason": "CablePluggedIn",
            "seqNo": number,
            "transactionInfo": {"transactionId": "tx-1"},
        }
        assert station.call("TransactionEvent", payload) == {}
    recorded = records.only_transaction(station.id)
    assert {
        "evse_id": None,
        "start_tag": None,
        "meter_start_wh": None,
        "meter_stop_wh": None,
        "energy_wh": None,
        "state": "ended",
        "flags": [],
    }.items() <= recorded.items()


@ONLY_2
def test_an_impossible_place_is_no_reason_to_refuse_the_end(
    station: FakeStation, records: Records
) -> None:
    event(station, "Started", 0, 0, 100, evse={"id": 1})
    event(station, "Ended", 1, 5, 300, evse={"id": 10**9})
    recorded = records.only_transaction(station.id)
    assert (recorded["state"], recorded["evse_id"]) == ("ended", 1)


@ONLY_2
def test_the_same_id_at_two_stations_is_two_sessions(
    station: FakeStation, records: Records, open_station: Open
) -> None:
    other = open_station(records.add_station(), station.version)
    for each in (station, other):
        event(each, "Started", 0, 0, 100, evse={"id": 1})
    event(other, "Ended", 1, 5, 300)
    assert records.only_transaction(station.id)["state"] == "active"
    assert records.only_transaction(other.id)["state"] == "ended"


@ONLY_2
def test_an_end_that_breaks_the_schema_in_what_it_could_leave_out_still_counts(
    station: FakeStation, records: Records
) -> None:
    event(station, "Started", 0, 0, 100, evse={"id": 1})
    event(
        station,
        "Ended",
        1,
        5,
        300,
        bogus=1,
        numberOfPhasesUsed="three",
        info={"stoppedReason": "Because", "remoteStartId": "x"},
    )
    recorded = records.only_transaction(station.id)
    assert (recorded["state"], recorded["energy_wh"]) == ("ended", 200)
