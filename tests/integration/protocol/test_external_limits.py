"""Limits that something outside sets at a station of OCPP 2.x."""

import json

import pytest

from ocpp_core import clock
from ocpp_core.models.stations import ExternalLimit
from ocpp_core.protocol.base import Settings
from ocpp_core.protocol.versions import BY_VERSION
from ocpp_core.services import station_records, stations
from ocpp_core.services.station_records import StationChanges
from ocpp_core.storage.writer import reading

SCHEDULE = {
    "id": 1,
    "chargingRateUnit": "W",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000.0, "numberPhases": 3}],
}


@pytest.fixture(params=["2.0.1", "2.1"])
def handlers(request, sqlite_store):
    station_records.add("CP1", StationChanges(), clock.utcnow())
    return BY_VERSION[request.param](stations.profile("CP1"), Settings())


@reading
def limits():
    return {row.evse_id: (row.source, json.loads(row.schedules)) for row in ExternalLimit.select()}


def test_a_limit_is_kept_in_the_words_of_ocpp_until_it_is_cleared(handlers):
    limit = {"chargingLimit": {"chargingLimitSource": "EMS"}, "chargingSchedule": [SCHEDULE]}
    handlers.answer("NotifyChargingLimit", limit)
    handlers.answer("NotifyChargingLimit", {**limit, "evseId": 2})
    handlers.answer("NotifyChargingLimit", {**limit, "evseId": 2})
    assert limits() == {0: ("EMS", [SCHEDULE]), 2: ("EMS", [SCHEDULE])}
    handlers.answer("ClearedChargingLimit", {"chargingLimitSource": "EMS", "evseId": 2})
    assert limits().keys() == {0}
    handlers.answer("ClearedChargingLimit", {"chargingLimitSource": "EMS"})
    assert limits() == {}


def test_a_limit_without_a_schedule_is_kept_too(handlers):
    handlers.answer("NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "SO"}})
    assert limits() == {0: ("SO", [])}
