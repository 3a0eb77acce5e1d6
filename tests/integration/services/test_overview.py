"""The tiles of the overview (reference-behaviour, 7.3)."""

import pytest

from ocpp_core.domain.transactions import Flag
from ocpp_core.errors import InvalidInput
from ocpp_core.services import connector_states, newest_sessions, overview
from tests.support.charging import add_connector, add_session, add_station, add_tag, minutes

pytestmark = pytest.mark.usefixtures("store")


def tiles(**filters):
    return overview.tiles(**filters).items


def only_tile(**filters):
    (tile,) = tiles(**filters)
    return tile


def keys(**filters):
    found, cursor = [], None
    while True:
        page = overview.tiles(2, cursor, **filters)
        found += [tile.key for tile in page.items]
        cursor = page.next
        if cursor is None:
            return found


def test_there_is_a_tile_for_each_connector_and_for_each_station_without_one():
    add_station("CP1", "Hall")
    add_connector("CP1", 0, "Available")
    add_connector("CP1", 1)
    add_connector("CP1", 2, connector_id=2)
    add_station("CP2", "Yard")
    add_station("CP3", "Street")
    add_connector("CP3", 0, "Available")
    assert [(tile.key, tile.label) for tile in tiles()] == [
        (("CP1", 1, 1), "Hall:1"),
        (("CP1", 2, 2), "Hall:2.2"),
        (("CP3", 0, 0), "Street"),
        (("CP2", 0, 0), "Yard"),
    ]


def test_without_stations_there_is_nothing():
    assert tiles() == ()
    assert overview.counts().total == 0
    assert list(overview.snapshot()) == []


def test_stations_in_quarantine_have_no_tiles():
    add_station("CP1", in_quarantine=True)
    assert tiles() == overview.of_station("CP1") == ()


def test_a_tile_tells_of_the_active_session():
    add_station("CP1", "Hall")
    add_tag("TAG1", "Ada")
    add_connector("CP1", 1, "Occupied", ocpp_status="SuspendedEV", power_w=7000, soc_percent=40)
    add_session("CP1", minute=-60)
    number = add_session("CP1", energy_wh=2500.0, active=True)
    tile = only_tile()
    assert (tile.state, tile.ocpp_status, tile.online) == ("occupied", "SuspendedEV", True)
    assert (tile.power_w, tile.soc_percent) == (7000, 40)
    session = tile.transaction
    assert (session.id, session.started_at, session.energy_wh) == (number, minutes(0), 2500.0)
    assert (session.tag, session.tag_name, session.meter_start_wh) == ("TAG1", "Ada", 5000.0)
    assert tile.last_energy_wh is None


def test_a_free_connector_tells_what_was_charged_last():
    add_station("CP1")
    add_connector("CP1", power_w=7000, soc_percent=40)
    add_session("CP1", minute=-60, energy_wh=1.0)
    add_session("CP1", minute=-30, energy_wh=3000.0)
    add_session("CP1", minute=-20, energy_wh=0.0, flags=Flag.REFUSED)
    tile = only_tile()
    assert (tile.transaction, tile.last_energy_wh) == (None, 3000.0)
    assert (tile.power_w, tile.soc_percent) == (None, None)


def test_a_session_belongs_to_its_connector():
    add_station("CP1")
    for evse, number in ((1, 1), (1, 2), (2, 1)):
        add_connector("CP1", evse, "Occupied", connector_id=number)
    add_session("CP1", 1, minute=-9, energy_wh=10.0, connector_id=None)
    add_session("CP1", 1, minute=-8, energy_wh=20.0, connector_id=2)
    add_session("CP1", 2, minute=-7, energy_wh=30.0)
    assert [tile.last_energy_wh for tile in tiles()] == [10.0, 20.0, 30.0]
    add_session("CP1", 1, energy_wh=40.0, connector_id=2, active=True)
    assert [tile.transaction is not None for tile in tiles()] == [False, True, False]


def test_a_station_without_connectors_shows_any_session_of_it():
    add_station("CP1")
    add_session("CP1", None, energy_wh=70.0)
    assert only_tile().last_energy_wh == 70.0
    number = add_session("CP1", 3, minute=1, active=True)
    assert only_tile().transaction.id == number
    assert only_tile().state == "occupied"


def test_offline_is_shown_as_offline():
    add_station("CP1", online=False)
    add_connector("CP1", 1, "Occupied", power_w=7000)
    add_session("CP1", active=True)
    tile = only_tile()
    assert (tile.state, tile.status, tile.power_w) == ("offline", "Occupied", None)
    assert tile.transaction is not None
    assert tile.problem == "offline"


def test_what_the_station_as_a_whole_says_is_shown():
    add_station("CP1")
    add_connector("CP1", 0, "Faulted", error_code="GroundFailure")
    add_connector("CP1", 1)
    tile = only_tile()
    assert (tile.state, tile.status, tile.station_status) == ("faulted", "Available", "Faulted")


def crowd():
    """Add five stations with a connector in each state."""
    for number, status in enumerate(("Available", "Occupied", "Faulted", "Unavailable")):
        add_station(f"CP{number}", f"Hall {number}")
        add_connector(f"CP{number}", 1, status)
    add_station("CP4", "\u00d6stliches Tor", online=False)
    add_connector("CP4", name="left")


def test_tiles_can_be_filtered_by_state():
    crowd()
    shown = {state: [key[0] for key in keys(state=state)] for state in overview.STATES}
    assert shown == {
        "available": ["CP0"],
        "occupied": ["CP1"],
        "faulted": ["CP2"],
        "unavailable": ["CP3"],
        "offline": ["CP4"],
    }
    with pytest.raises(InvalidInput):
        tiles(state="green")


@pytest.mark.parametrize(
    ("text", "found"),
    [("hall", 4), (" \u00d6STLICH ", 1), ("cp", 5), ("LEFT", 1), ("hall 3", 1), ("x", 0), (" ", 5)],
)
def test_tiles_are_found_by_id_name_and_label(text, found):
    crowd()
    assert len(keys(search=text)) == found
    assert overview.counts(text).total == found


def test_states_are_counted():
    crowd()
    add_connector("CP4", 2)
    counts = overview.counts()
    assert counts.by_state == {
        "available": 1, "occupied": 1, "faulted": 1, "unavailable": 1, "offline": 2
    }  # fmt: skip
    assert (counts.total, counts.are_all) == (6, True)


def test_pages_hold_every_tile_once(monkeypatch):
    monkeypatch.setattr(connector_states, "BITE", 3)
    for number in range(4):
        add_station(f"CP{number}", "Hall" if number % 2 else "")
        for evse in range(number):
            add_connector(f"CP{number}", evse + 1, "Occupied" if evse else "Available")
    every = [tile.key for tile in tiles()]
    assert [key[0] for key in every] == ["CP0", "CP2", "CP2", "CP1", "CP3", "CP3", "CP3"]
    assert keys() == every
    assert keys(state="occupied") == [("CP2", 2, 1), ("CP3", 2, 1), ("CP3", 3, 1)]
    assert [tile.key for bite in overview.snapshot() for tile in bite] == every
    page = overview.tiles(3)
    behind = [tile.key for bite in overview.snapshot(page.next) for tile in bite]
    assert behind == every[3:]


def test_a_page_looks_at_so_many_connectors(monkeypatch):
    crowd()
    monkeypatch.setattr(connector_states, "MOST_WALKED", 3)
    monkeypatch.setattr(overview, "MOST_WALKED", 3)
    page = overview.tiles(10, state="faulted")
    assert [tile.key[0] for tile in page.items] == ["CP2"]
    assert overview.tiles(10, page.next, state="faulted").items == ()
    assert not overview.counts().are_all


def test_many_are_looked_up_in_bites(monkeypatch):
    monkeypatch.setattr(
        newest_sessions, "_bites", lambda keys: (keys[i : i + 2] for i in (0, 2, 4))
    )
    for number in range(5):
        add_station(f"CP{number}")
        add_connector(f"CP{number}", 1, "Occupied")
        add_session(f"CP{number}", energy_wh=float(number), active=number % 2 == 1)
    shown = [
        tile.transaction.energy_wh if tile.transaction else tile.last_energy_wh for tile in tiles()
    ]
    assert shown == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_the_tiles_of_one_station():
    crowd()
    assert [tile.key for tile in overview.of_station("CP2")] == [("CP2", 1, 1)]
    assert overview.of_station("CP9") == ()
