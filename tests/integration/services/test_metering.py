"""Samples name kinds that exist, and neither kinds nor connectors grow without end."""

import itertools
import threading
import time
from datetime import UTC, datetime

import pytest

from ocpp_core.domain.connectors import STATION, ConnectorRef, StatusReport
from ocpp_core.domain.metering import Kind, Reading, Sample
from ocpp_core.domain.moments import Reported
from ocpp_core.errors import Violation
from ocpp_core.models.stations import Connector, Station
from ocpp_core.models.transactions import MeterSample, SampleKind
from ocpp_core.services import metering, stations
from ocpp_core.storage import writer
from ocpp_core.storage.writer import reading, unit_of_work

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("store")


@unit_of_work
def add_station(station_id):
    Station.create(id=station_id, created_at=NOW)
    return station_id


def store(station_id, unit, *, number=1, transaction_id=None):
    """Store a sample inside the unit of work at hand."""
    kind = Kind("Voltage", "L1", "Outlet", "Sample.Periodic", unit)
    readings = [Reading(NOW, True, (Sample(kind, 230.0),))]
    metering.store(station_id, ConnectorRef(number), readings, transaction_id, NOW)


store_alone = unit_of_work(store)


@reading
def connectors():
    return sorted(row.evse_id for row in Connector.select())


def say(station_id, connector):
    report = StatusReport("Available")
    stations.report_status(station_id, connector, report, Reported(NOW, True), NOW)


@reading
def kinds():
    return {row.id: row.unit for row in SampleKind.select()}


@reading
def stored_units():
    names = kinds()
    return [names[row.kind] for row in MeterSample.select().order_by(MeterSample.connector)]


def keys():
    """Return two stations, of different writers where there are several."""
    share = writer.current().share
    first = "CP0"
    others = (f"CP{number}" for number in itertools.count(1))
    alone = writer.current().store.writers == 1
    return first, next(key for key in others if alone or share(key) != share(first))


def test_a_kind_of_a_unit_that_fails_is_added_by_the_writer_that_needs_it():
    first, second = (add_station(key) for key in keys())
    begun, gate = threading.Event(), threading.Event()

    def fail():
        store(first, "furlong")
        begun.set()
        gate.wait(5)
        raise ValueError("undone")

    failing = writer.current().submit(fail, first)
    assert begun.wait(5)
    storing = store_alone.submit(second, "furlong")
    time.sleep(0.1)  # it either waits for the outcome or has trusted the other too early
    gate.set()
    with pytest.raises(ValueError, match="undone"):
        failing.wait()
    storing.wait()
    assert stored_units() == ["furlong"]
    store_alone(first, "furlong")
    assert stored_units() == ["furlong", "furlong"]
    assert list(kinds().values()) == ["furlong"]


def test_a_kind_is_looked_up_once_by_each_writer(monkeypatch):
    station_id = add_station("CP0")
    store_alone(station_id, "V")
    monkeypatch.setattr("ocpp_core.services.sample_kinds._find", None)
    store_alone(station_id, "V", number=2)
    assert stored_units() == ["V", "V"]


def test_kinds_beyond_the_most_are_stored_as_other(monkeypatch):
    monkeypatch.setattr("ocpp_core.services.sample_kinds.MOST_KINDS", 3)
    station_id = add_station("CP0")
    for number, unit in enumerate(("a", "b", "c", "d", "e", "a"), 1):
        store_alone(station_id, unit, number=number)
    assert stored_units() == ["a", "b", "c", "other", "other", "a"]
    assert len(kinds()) == 4


def test_a_station_names_no_more_connectors_than_the_most(monkeypatch):
    monkeypatch.setattr("ocpp_core.services.connectors.MOST_CONNECTORS", 2)
    station_id, other = add_station("CP0"), add_station("CP1")
    say(station_id, ConnectorRef(1))
    store_alone(station_id, "V", number=2)
    with pytest.raises(Violation, match="too many"):
        say(station_id, ConnectorRef(3))
    with pytest.raises(Violation, match="too many"):
        store_alone(station_id, "V", number=3)
    assert connectors() == [1, 2]
    say(station_id, STATION)
    say(station_id, ConnectorRef(2))
    store_alone(station_id, "V", number=1)
    store_alone(other, "V", number=3)
    assert connectors() == [0, 1, 2, 3]


def test_what_a_session_measures_at_a_connector_too_many_is_kept_with_the_station(monkeypatch):
    monkeypatch.setattr("ocpp_core.services.connectors.MOST_CONNECTORS", 1)
    station_id = add_station("CP0")
    store_alone(station_id, "V", number=1, transaction_id=7)
    store_alone(station_id, "V", number=2, transaction_id=8)
    assert connectors() == [0, 1]
    assert stored_units() == ["V", "V"]
