"""What is presented at stations is told, and remembered for who adds cards."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core import clock, events
from ocpp_core.events import TokenPresented
from ocpp_core.protocol.base import Settings
from ocpp_core.protocol.versions import BY_VERSION
from ocpp_core.services import station_records, stations, tags
from ocpp_core.services.presented import Presented
from ocpp_core.services.station_records import StationChanges
from ocpp_core.services.tags import TagChanges

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
AT = "2026-05-01T12:00:00Z"


@pytest.fixture
def told(store):
    found = []
    unsubscribe = events.subscribe(
        lambda event: found.append(event) if isinstance(event, TokenPresented) else None
    )
    yield found
    unsubscribe()


@pytest.fixture
def connect(store):
    def make(version, **changes):
        station_records.add("CP1", StationChanges(**changes), clock.utcnow())
        return BY_VERSION[version](stations.profile("CP1"), Settings())

    return make


def pairs(found):
    return [(event.station_id, event.token, event.verdict) for event in found]


def authorize(handlers, token):
    if handlers.version == "1.6":
        return handlers.answer("Authorize", {"idTag": token})
    return handlers.answer("Authorize", {"idToken": {"idToken": token, "type": "ISO14443"}})


def transaction(phase, token=None, number=0):
    payload = {
        "eventType": phase,
        "timestamp": AT,
        "triggerReason": "Authorized",
        "seqNo": number,
        "transactionInfo": {"transactionId": "t1"},
        "evse": {"id": 1, "connectorId": 1},
    }
    return {**payload, "idToken": token} if token else payload


@pytest.mark.parametrize("version", BY_VERSION)
def test_an_authorize_is_told_with_its_verdict(connect, told, version):
    tags.add("GOOD", TagChanges(), NOW)
    tags.add("BAD", TagChanges(blocked=True), NOW)
    station = connect(version)
    for token in ("good", "bad", "other"):
        authorize(station, token)
    assert pairs(told) == [
        ("CP1", "GOOD", "Accepted"),
        ("CP1", "BAD", "Blocked"),
        ("CP1", "other", "Invalid"),
    ]
    assert abs(told[0].at - clock.utcnow()) < timedelta(seconds=60)


@pytest.mark.parametrize(("cleans", "token"), [(True, "04AB"), (False, "04AB_77")])
def test_the_token_is_what_counts(connect, told, cleans, token):
    authorize(connect("1.6", cleans_tags=cleans), "04AB_77")
    assert pairs(told) == [("CP1", token, "Invalid")]


def test_sessions_of_1_6_tell_who_starts_and_stops(connect, told):
    station = connect("1.6")
    tags.add("A", TagChanges(), NOW)
    start = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": AT}
    number = station.answer("StartTransaction", start)["transactionId"]
    stop = {"transactionId": number, "meterStop": 5, "timestamp": AT}
    station.answer("StopTransaction", {**stop, "idTag": "X"})
    station.answer("StopTransaction", stop)
    assert pairs(told) == [("CP1", "A", "Accepted"), ("CP1", "X", "Invalid")]


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_sessions_of_2_x_tell_who_starts_and_stops(connect, told, version):
    station = connect(version)
    nobody = {"idToken": "", "type": "NoAuthorization"}
    card = {"idToken": "X", "type": "ISO14443"}
    station.answer("TransactionEvent", transaction("Started", nobody))
    station.answer("TransactionEvent", transaction("Updated", card, 1))
    station.answer("TransactionEvent", transaction("Ended", card, 2))
    station.answer("TransactionEvent", transaction("Ended", None, 2))
    assert {event.token for event in told} == {"X"}
    assert len(told) == 2


def test_no_token_enters_the_log(connect, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("peewee").setLevel(logging.INFO)
    station = connect("1.6")
    presented = Presented()
    presented.listen()
    authorize(station, "04SECRET")
    presented.end()
    authorize(station, "later")
    assert [event.token for event in presented.since(NOW)] == ["04SECRET"]
    assert "04SECRET" not in caplog.text


def token(number, station_id="CP1", verdict="Invalid", at=NOW):
    return TokenPresented(station_id, at, f"T{number}", verdict)


def test_the_last_are_remembered_each_once():
    presented = Presented(most=3)
    presented.hear(events.StationRemoved("CP1", NOW))
    for number in (1, 2, 3, 4, 3):
        presented.hear(token(number))
    assert [event.token for event in presented.since(NOW)] == ["T3", "T4", "T2"]
    presented.hear(token(2, "CP2"))
    assert [event.token for event in presented.since(NOW, "CP2")] == ["T2"]
    presented.hear(token(9, at=NOW + timedelta(seconds=1)))
    assert [event.token for event in presented.since(NOW + timedelta(seconds=1))] == ["T9"]
