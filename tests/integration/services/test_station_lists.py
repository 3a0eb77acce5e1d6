"""Lists of stations in each order, page by page."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from ocpp_core.errors import InvalidInput
from ocpp_core.services import searching, station_lists, station_records, stations
from ocpp_core.services.paging import encode
from ocpp_core.services.station_records import StationChanges

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("store")
SORTS = [sign + sort for sort in station_lists.SORTS for sign in ("", "-")]


def add(station_id, name="", seen=None, *, online=False):
    """Add a station that was seen so many minutes ago."""
    station_records.add(station_id, StationChanges(name=name), NOW)
    if online:
        stations.connected(station_id, "1.6", NOW)
    if seen is not None:
        stations.store_seen({station_id: NOW - timedelta(minutes=seen)})


def ids(limit=2, **filters):
    found, cursor = [], None
    while True:
        page = station_lists.page(limit, cursor, **filters)
        assert len(page.items) <= limit
        found += [station.id for station in page.items]
        cursor = page.next
        if cursor is None:
            return found


@pytest.fixture
def five(store):
    add("C5", "garage", seen=3, online=True)
    add("C4", "Attic", seen=1)
    add("C3", seen=1, online=True)
    add("C2", "attic")
    add("b1")


ORDERS = {
    "id": ["C2", "C3", "C4", "C5", "b1"],
    "name": ["C2", "C4", "b1", "C3", "C5"],  # the id where there is no name
    "-name": ["C5", "C3", "b1", "C4", "C2"],
    "last_seen": ["C5", "C3", "C4", "C2", "b1"],  # C3 and C4 in the same minute
    "-last_seen": ["C4", "C3", "C5", "C2", "b1"],  # never seen: last, both ways
    "online": ["C3", "C5", "C2", "C4", "b1"],
    "-online": ["C2", "C4", "b1", "C3", "C5"],
}


@pytest.mark.usefixtures("five")
def test_each_order_holds_every_station_once():
    for sort, limit in product(SORTS, (1, 2, 3, 10)):
        expected = ORDERS.get(sort) or ORDERS["id"][::-1]
        online = [each for each in expected if each in ("C5", "C3")]
        assert ids(limit, sort=sort) == expected, sort
        assert ids(limit, sort=sort, online=True) == online, sort


@pytest.mark.usefixtures("five")
def test_a_search_keeps_the_order():
    for sort in SORTS:
        order = ORDERS.get(sort) or ORDERS["id"][::-1]
        expected = [each for each in order if each in ("C2", "C4")]
        assert ids(1, sort=sort, search="TTI") == expected, sort
        assert ids(1, sort=sort, search="TTI", in_quarantine=True) == []


@pytest.mark.usefixtures("five")
def test_a_search_that_read_enough_goes_on_with_the_next_page(monkeypatch):
    monkeypatch.setattr(searching, "SEARCHED", 1)
    for sort in SORTS:
        order = ORDERS.get(sort) or ORDERS["id"][::-1]
        expected = [each for each in order if each in ("C5", "C4", "C2")]
        assert ids(2, sort=sort, search="a") == expected, sort


def test_an_unknown_order_is_refused():
    for sort in ("", "-", "--id", "password_hash", "ID"):
        with pytest.raises(InvalidInput) as refusal:
            station_lists.page(sort=sort)
        assert set(refusal.value.fields) == {"sort"}


def test_a_cursor_of_another_list_is_refused():
    cursors = ("x", encode("a"), encode(0), encode(1.5, "a"), encode(0, 1, 2))
    for sort, cursor in product(SORTS, cursors):
        with pytest.raises(InvalidInput) as refusal:
            station_lists.page(10, cursor, sort=sort)
        assert set(refusal.value.fields) == {"cursor"}
