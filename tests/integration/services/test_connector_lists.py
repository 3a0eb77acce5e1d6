"""The connectors of all stations as one list."""

from datetime import UTC, datetime

import pytest

from ocpp_core.errors import InvalidInput
from ocpp_core.models.stations import Connector
from ocpp_core.services import connector_lists, searching, station_records, stations
from ocpp_core.services.station_records import StationChanges
from ocpp_core.storage.writer import unit_of_work

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ROWS = [
    ("A", 0, 0, "", "Available"),
    ("A", 1, 1, "", "Available"),
    ("A", 1, 2, "left", "Occupied"),
    ("A", 2, 1, "", None),
    ("B", 1, 1, "", "Faulted"),
    ("C", 3, 1, "100% Left", "Occupied"),
]


@unit_of_work
def insert(rows):
    fields = (Connector.station, Connector.evse_id, Connector.connector_id, Connector.name)
    Connector.insert_many(rows, (*fields, Connector.status)).execute()


@pytest.fixture(autouse=True)
def _stations(store):
    station_records.add("A", StationChanges(name="Hall"), NOW)
    station_records.add("B", StationChanges(name="Garage"), NOW)
    station_records.add("C", StationChanges(), NOW)
    stations.connected("B", "1.6", NOW)
    insert(ROWS)


def labels(limit=2, **filters):
    found, cursor = [], None
    while True:
        page = connector_lists.page(limit, cursor, **filters)
        found += [line.label for line in page.items]
        cursor = page.next
        if cursor is None:
            return found


ALL = ["Hall:1", "left", "Hall:2", "Garage", "100% Left"]


def test_all_connectors_are_listed_under_their_labels():
    assert labels(2) == labels(100) == ALL
    first, *_, garage, _ = connector_lists.page().items
    assert (first.station_id, first.station_name, first.online) == ("A", "Hall", False)
    assert (first.connector.evse_id, first.connector.connector_id) == (1, 1)
    assert (garage.online, garage.connector.status) == (True, "Faulted")


def test_a_list_shows_those_of_a_station_or_in_a_status():
    assert labels(1, station_id="A") == ALL[:3]
    assert labels(station_id="none") == []
    assert labels(1, status="Occupied") == ["left", "100% Left"]
    assert labels(1, status="Occupied", station_id="A") == ["left"]


def test_search_finds_parts_of_names_and_of_the_id_of_the_station():
    assert labels(1, search="LEFT") == ["left", "100% Left"]
    assert labels(1, search="hall") == ALL[:3]
    assert labels(1, search="c") == ["100% Left"]
    assert labels(1, search="0% l", status="Occupied") == ["100% Left"]
    assert labels(1, search="left", status="Available") == []
    with pytest.raises(InvalidInput):
        labels(search="a\0")


def test_a_search_that_read_enough_goes_on_with_the_next_page(monkeypatch):
    monkeypatch.setattr(searching, "SEARCHED", 2)
    assert connector_lists.page(10, search="left").next is not None
    assert labels(10, search="left") == ["left", "100% Left"]
    assert labels(1, status="Faulted") == ["Garage"]
