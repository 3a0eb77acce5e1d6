"""Which connectors reported since their station connected."""

from datetime import UTC, datetime

import pytest

from ocpp_core import events
from ocpp_core.domain.connectors import ConnectorRef
from ocpp_core.live.reports import NOTHING, Reports, Said

NOW = datetime(2026, 5, 1, tzinfo=UTC)
CONNECTED = events.StationConnected("CP1", NOW, "1.6")


@pytest.fixture
def reports():
    made = Reports()
    yield made
    made.end()


def status(station="CP1", evse=1):
    return events.ConnectorChanged(station, NOW, evse, 1, "Available", "Available", "NoError")


def meter(station="CP1", evse=1):
    return events.MeterRead(station, NOW, evse, 1, None, 1.0, None, None)


def test_status_and_meter_are_told_apart(reports):
    events.publish(CONNECTED)
    assert reports.since_connected("CP1") == NOTHING
    for event in (status(evse=1), status(evse=1), meter(evse=2), meter("CP2", evse=3)):
        events.publish(event)
    assert reports.since_connected("CP1") == Said(
        frozenset({ConnectorRef(1)}), frozenset({ConnectorRef(2)})
    )


def test_a_new_connection_begins_anew(reports):
    events.publish(status())
    events.publish(CONNECTED)
    assert reports.since_connected("CP1") == NOTHING


def test_a_removed_station_is_forgotten(reports):
    events.publish(status())
    events.publish(events.StationRemoved("CP1", NOW))
    assert reports.since_connected("CP1") == NOTHING


def test_after_its_end_nothing_is_heard(reports):
    reports.end()
    events.publish(status())
    assert reports.since_connected("CP1") == NOTHING
