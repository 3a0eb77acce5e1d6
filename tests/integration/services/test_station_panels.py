"""What the page of a station shows of it now."""

from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core.errors import NotFound
from ocpp_core.models.stations import Connector
from ocpp_core.models.transactions import Transaction
from ocpp_core.services import station_panels, station_records, stations
from ocpp_core.services.station_records import StationChanges
from ocpp_core.storage.writer import unit_of_work

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
CONNECTORS = [(0, 0, "Available"), (1, 1, "Occupied"), (1, 2, "Available"), (2, 1, None)]


@pytest.fixture(autouse=True)
def _station(store):
    station_records.add("CP1", StationChanges(name="Hall"), NOW)
    stations.connected("CP1", "2.0.1", NOW)


@unit_of_work
def insert(*transactions):
    """Add the connectors, and active transactions at these EVSEs and connectors."""
    for evse, connector, status in CONNECTORS:
        Connector.create(station="CP1", evse_id=evse, connector_id=connector, status=status)
    for number, (evse, connector) in enumerate(transactions, 1):
        Transaction.create(
            id=number,
            station_id="CP1",
            active=True,
            evse_id=evse,
            connector_id=connector,
            started_at=NOW + timedelta(minutes=number),
        )


def shown():
    panel = station_panels.of_station("CP1", NOW)
    places = {
        (each.connector.evse_id, each.connector.connector_id): each for each in panel.connectors
    }
    return panel, places


def test_the_station_as_a_whole_is_apart():
    insert()
    panel, places = shown()
    assert panel.station.name == "Hall"
    assert panel.whole.status == "Available"
    assert [each.label for each in panel.connectors] == ["Hall:1", "Hall:1.2", "Hall:2"]
    assert (panel.others, panel.limits) == ((), ())
    assert not any(each.transaction for each in places.values())


def test_transactions_are_at_their_connectors():
    insert((1, 2), (2, None))
    panel, places = shown()
    assert places[1, 2].transaction.transaction.id == 1
    assert places[2, 1].transaction.transaction.id == 2
    assert places[1, 1].transaction is None
    assert panel.others == ()


def test_the_newest_of_several_is_shown_and_the_others_below():
    insert((1, 1), (1, 1), (9, 1), (None, None))
    panel, places = shown()
    assert places[1, 1].transaction.transaction.id == 2
    assert [line.transaction.id for line in panel.others] == [4, 3, 1]


def test_power_means_something_while_it_charges():
    insert((2, 1))
    _, places = shown()
    assert [place for place, each in places.items() if each.is_measured] == [(1, 1), (2, 1)]
    stations.went_offline("CP1", NOW, "gone")
    _, places = shown()
    assert not any(each.is_measured for each in places.values())


def test_an_unknown_station_is_not_there():
    with pytest.raises(NotFound):
        station_panels.of_station("none", NOW)
