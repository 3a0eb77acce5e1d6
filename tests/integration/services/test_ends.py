"""The end of a session is recorded and answered with a result, however badly it is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ocpp_core import clock
from ocpp_core.domain.transactions import Flag
from ocpp_core.errors import Violation
from ocpp_core.protocol.base import Settings
from ocpp_core.protocol.versions import BY_VERSION
from ocpp_core.services import station_records, stations, tags, transaction_records
from ocpp_core.services.station_records import StationChanges
from ocpp_core.services.tags import TagChanges

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
STARTED, STOPPED = "2026-05-01T10:00:00Z", "2026-05-01T11:00:00Z"
VERSIONS_2 = pytest.mark.parametrize("version", ["2.0.1", "2.1"])
pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    monkeypatch.setattr(clock, "utcnow", lambda: NOW)


def connect(version, **settings):
    station_records.add("CP1", StationChanges(), NOW)
    tags.add("TAG", TagChanges(), NOW)
    return BY_VERSION[version](stations.profile("CP1"), Settings(**settings))


def told(payload, changes):
    """Return a payload with changes, of which ... means left out."""
    return {name: value for name, value in {**payload, **changes}.items() if value is not ...}


def only_transaction():
    (row,) = transaction_records.page(10, None).items
    return row


# ---------------------------------------------------------------- OCPP 1.6


@pytest.fixture(params=[True, False])
def station(request):
    """A station of 1.6 with a session, whether or not messages are checked."""
    handlers = connect("1.6", validate=request.param)
    start = {"connectorId": 1, "idTag": "TAG", "meterStart": 1000, "timestamp": STARTED}
    handlers.number = handlers.answer("StartTransaction", start)["transactionId"]
    return handlers


def stop(station, **changes):
    whole = {
        "transactionId": station.number,
        "meterStop": 6000,
        "timestamp": STOPPED,
        "idTag": "TAG",
    }
    return station.answer("StopTransaction", told(whole, changes))


@pytest.mark.parametrize(
    ("said", "energy_wh"),
    [(6000.0, 5000), (6000.4, 5000.4), ("6000", 5000), ("6000.4", 5000.4)],
)
def test_a_register_that_is_no_integer_counts(station, said, energy_wh):
    assert stop(station, meterStop=said) == {"idTagInfo": {"status": "Accepted"}}
    row = only_transaction()
    assert (row.state, row.flags) == ("ended", ())
    assert row.energy_wh == pytest.approx(energy_wh)


def test_a_transaction_named_in_text_is_found(station):
    stop(station, transactionId=str(station.number))
    row = only_transaction()
    assert (row.state, row.energy_wh, row.flags) == ("ended", 5000, ())


@pytest.mark.parametrize("said", [..., None, 0, -1, "", "none", [7]])
def test_a_stop_without_a_usable_id_is_given_to_the_session_it_fits(station, said):
    assert stop(station, transactionId=said) == {"idTagInfo": {"status": "Accepted"}}
    row = only_transaction()
    assert (row.state, row.energy_wh, row.flags) == ("ended", 5000, (Flag.MATCHED,))


@pytest.mark.parametrize("said", [..., None, "", "yesterday", 7, {}, [STOPPED]])
def test_a_stop_without_a_moment_happens_now(station, said):
    assert stop(station, timestamp=said) == {"idTagInfo": {"status": "Accepted"}}
    row = only_transaction()
    assert (row.state, row.energy_wh, row.stopped_at) == ("ended", 5000, NOW)
    assert row.flags == (Flag.CLOCK,)


@pytest.mark.parametrize("said", [..., None, "much", []])
def test_a_stop_without_a_register_is_still_refused(station, said):
    with pytest.raises(Violation, match="meterStop"):
        stop(station, meterStop=said)
    assert only_transaction().state == "active"


# ---------------------------------------------------------------- OCPP 2.x


def event(handlers, **changes):
    whole = {
        "eventType": "Ended",
        "timestamp": STOPPED,
        "triggerReason": "StopAuthorized",
        "seqNo": 1,
        "transactionInfo": {"transactionId": "T1"},
    }
    return handlers.answer("TransactionEvent", told(whole, changes))


def start(version):
    handlers = connect(version)
    token = {"idToken": "TAG", "type": "Central"}
    started = {"eventType": "Started", "timestamp": STARTED, "seqNo": 0}
    event(handlers, **started, idToken=token, evse={"id": 1, "connectorId": 1})
    return handlers


@VERSIONS_2
@pytest.mark.parametrize(
    "changes",
    [
        *({"triggerReason": said} for said in (..., None, 7, [])),
        *({"seqNo": said} for said in (..., None, 1.0, "1", "last")),
        *({"timestamp": said} for said in (..., None, "yesterday", 7)),
        {"timestamp": ..., "seqNo": None, "triggerReason": ...},
    ],
)
def test_an_end_is_recorded_without_what_it_lacks(version, changes):
    handlers = start(version)
    assert event(handlers, **changes) == {}
    row = only_transaction()
    assert row.state == "ended"
    assert row.flags == ((Flag.CLOCK,) if "timestamp" in changes else ())
    assert row.stopped_at == (NOW if "timestamp" in changes else clock.parse(STOPPED))


@VERSIONS_2
def test_an_end_of_no_transaction_is_still_refused(version):
    handlers = start(version)
    for said in (..., None, {}, {"transactionId": None}):
        with pytest.raises(Violation, match="transactionInfo"):
            event(handlers, transactionInfo=said)
    assert only_transaction().state == "active"


@VERSIONS_2
@pytest.mark.parametrize("missing", ["triggerReason", "seqNo", "timestamp"])
def test_other_events_must_be_whole(version, missing):
    handlers = start(version)
    with pytest.raises(Violation, match=missing):
        event(handlers, eventType="Updated", **{missing: ...})
