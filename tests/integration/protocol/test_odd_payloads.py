"""Payloads that are valid but odd, or not checked: handled or refused, never a failure of ours."""

import pytest

from ocpp_core import clock
from ocpp_core.errors import Kind, Violation
from ocpp_core.protocol.base import Settings
from ocpp_core.protocol.versions import BY_VERSION
from ocpp_core.services import station_records, stations, transaction_records
from ocpp_core.services.station_records import StationChanges

AT = "2026-05-01T12:00:00Z"


@pytest.fixture(params=["2.0.1", "2.1"])
def version(request):
    return request.param


@pytest.fixture
def station(store):
    station_records.add("CP1", StationChanges(), clock.utcnow())

    def connect(version, **settings):
        return BY_VERSION[version](stations.profile("CP1"), Settings(**settings))

    return connect


def schedule(start_period, base=AT):
    period = {"startPeriod": start_period, "limit": 16.0}
    charging_schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
    return {"timeBase": base, "evseId": 1, "chargingSchedule": charging_schedule}


@pytest.mark.parametrize("start_period", [2**53 - 1, -(2**53) + 1, 10**12])
def test_a_period_beyond_all_time_is_refused(station, version, start_period):
    handlers = station(version)
    with pytest.raises(Violation) as refused:
        handlers.answer("NotifyEVChargingSchedule", schedule(start_period))
    assert refused.value.kind is Kind.VALUE
    assert handlers.answer("NotifyEVChargingSchedule", schedule(60)) == {"status": "Accepted"}


def test_an_unknown_kind_of_event_is_refused_where_messages_are_not_checked(station, version):
    event = {
        "eventType": "Paused",
        "timestamp": AT,
        "triggerReason": "Trigger",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "tx-1"},
    }
    with pytest.raises(Violation) as refused:
        station(version, validate=False).answer("TransactionEvent", event)
    assert refused.value.kind is Kind.VALUE


@pytest.mark.parametrize("letter", ["\u00df", "\u0149", "\u0390"])  # lower case: two, three letters
def test_a_token_of_letters_that_grow_is_recorded_like_any_other(station, letter):
    event = {
        "eventType": "Started",
        "timestamp": AT,
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "tx-1"},
        "evse": {"id": 1},
        "idToken": {"idToken": letter * 255, "type": "Central"},
    }
    answer = station("2.1").answer("TransactionEvent", event)
    assert answer["idTokenInfo"]["status"] == "Invalid"
    (recorded,) = transaction_records.page(station_id="CP1").items
    assert (recorded.start_tag, recorded.flags) == (letter * 255, ("refused",))
