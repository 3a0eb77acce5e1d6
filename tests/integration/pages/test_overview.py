"""The overview and the wall: tiles as reference-behaviour, 7.3, has them, without JavaScript."""

import json

import pytest

from ocpp_core.domain.roles import Role
from ocpp_core.domain.tile_states import STATES
from tests.support.charging import add_connector, add_session, add_station, add_tag
from tests.support.html_page import text_of


def crowd():
    """Add a station in each state; Hall 1 charges."""
    for number, status in enumerate(("Available", "Occupied", "Faulted", "Unavailable")):
        add_station(f"CP{number}", f"Hall {number}")
        add_connector(f"CP{number}", 1, status, power_w=7040.0, soc_percent=41.0)
    add_station("CP4", "Yard", online=False)
    add_connector("CP4")
    add_tag("TAG1", "Ada")


def elements(page, tag, class_):
    """Return the elements of a class on the board, without those that scripts copy."""
    board = page.page.by_id["tiles"]
    return [each for each in board.iter(tag) if class_ in each.get("class", "").split()]


def tiles(page):
    return [text_of(each) for each in elements(page, "li", "tile")]


def classes(page):
    return [each.get("class") for each in elements(page, "li", "tile")]


def test_each_connector_has_its_tile(any_site):
    crowd()
    page = any_site.get("/")
    assert page.title == "Overview"
    assert len(tiles(page)) == 5
    assert classes(page) == [
        "tile is-available",
        "tile is-occupied",
        "tile is-faulted",
        "tile is-unavailable",
        "tile is-offline",
    ]
    assert tiles(page)[0].startswith("Available Hall 0")
    assert tiles(page)[4].startswith("Offline Yard")


def test_a_tile_tells_time_tag_energy_and_power(site):
    add_station("CP1", "Hall")
    add_connector("CP1", 1, "Occupied", ocpp_status="SuspendedEV", power_w=7040.0, soc_percent=41.0)
    add_tag("TAG1", "Ada")
    add_session("CP1", minute=0, energy_wh=2345.6, active=True)
    (tile,) = tiles(site.get("/"))
    assert tile.startswith("Charging SuspendedEV Hall")
    for text in ("Ada", "2.346 kWh", "7.0 kW | 41%"):
        assert text in tile
    site.headers = {"Accept-Language": "de"}
    (tile,) = tiles(site.get("/"))
    assert tile.startswith("Ladevorgang SuspendedEV Hall")
    assert "2,346 kWh" in tile
    assert "7,0 kW | 41 %" in tile


def test_a_free_tile_tells_the_last_energy(site):
    add_station("CP1", "Hall")
    add_connector("CP1")
    add_session("CP1", energy_wh=1000.0)
    (tile,) = tiles(site.get("/"))
    assert "1.0 kWh" in tile
    assert "kW |" not in tile


@pytest.mark.parametrize(
    ("status", "whole", "fields", "head"),
    [
        ("Occupied", None, {}, "Occupied"),
        ("Occupied", None, {"ocpp_status": "Reserved"}, "Occupied Reserved"),
        ("Faulted", None, {"error_code": "GroundFailure"}, "Faulted GroundFailure"),
        ("Faulted", None, {"error_code": "NoError"}, "Faulted"),
        ("Available", "Faulted", {}, "Faulted whole station"),
        ("Available", "Unavailable", {}, "Unavailable whole station"),
        (None, None, {}, "Available no status yet"),
        (None, None, {"ocpp_status": "Odd"}, "Available Odd"),
    ],
)
def test_the_head_tells_state_and_what_the_station_says(site, status, whole, fields, head):
    add_station("CP1", "Hall")
    add_connector("CP1", 1, status, **fields)
    if whole:
        add_connector("CP1", 0, whole)
    page = site.get("/")
    assert [text_of(each) for each in elements(page, "p", "tile-head")] == [head]


def test_a_tile_leads_to_the_transactions_of_its_connector(site):
    add_station("CP 1&2", "Hall")
    add_connector("CP 1&2", 3)
    add_station("CP2")
    links = site.get("/").links()
    assert links["Hall"].endswith("?station_id=CP%201%262&evse_id=3")
    assert "station_id=CP2" in links["CP2"]


def test_operators_are_offered_what_makes_sense(site):
    add_station("CP1", "Hall")
    add_connector("CP1", 1)
    add_connector("CP1", 2, "Occupied")
    number = add_session("CP1", 2, active=True)
    page = site.as_role(Role.OPERATOR).get("/")
    offers = elements(page, "details", "tile-actions")
    links = [link.get("href") for offer in offers for link in offer.iter("a")]
    assert links == [
        "/stations/CP1/commands/start-transaction?connector=1",
        "/stations/CP1/commands/unlock-connector?connector=1",
        f"/stations/CP1/commands/stop-transaction?transaction={number}",
        "/stations/CP1/commands/unlock-connector?connector=2",
    ]
    assert site.as_role(Role.VIEWER).get("/").all("details") == []


def test_states_are_counted_and_each_can_be_shown_alone(site):
    crowd()
    page = site.get("/?search=hall")
    assert page.texts("a", "chip") == [
        "All 4", "Available 1", "Occupied 1", "Faulted 1", "Unavailable 1", "Offline 0"
    ]  # fmt: skip
    for state in STATES:
        shown = site.get(f"/?state={state}")
        assert classes(shown) == [f"tile is-{state}"]
        assert [a.get("data-state") for a in shown.all("a", "chip") if a.get("aria-current")] == [
            state
        ]
    assert "No connector fits" in site.get("/?search=nothing").text
    assert site.get("/?state=green").status == 400


def test_tiles_can_be_searched(site):
    crowd()
    page = site.get("/?state=faulted").submit({"search": "HALL 2"}, button="Search")
    assert len(tiles(page)) == 1
    assert page.response.request.args.to_dict() == {"state": "faulted", "search": "HALL 2"}


def test_tiles_can_be_grouped_by_station(site):
    crowd()
    add_connector("CP1", 2)
    page = site.get("/?group=station")
    assert page.texts("h2")[-6:-1] == [
        "Hall 0", "Hall 1", "Hall 2", "Hall 3", "Yard"
    ]  # fmt: skip
    assert len(elements(page, "ul", "tile-list")) == 5
    assert page.links()["Hall 3"].endswith("CP3&evse_id=1")
    assert site.get("/").links()["By stations"] == "/?group=station"


def test_without_stations_it_says_how_to_begin(site):
    page = site.get("/", base_url="https://localhost:8443")
    assert "No charging station yet" in page.text
    assert "wss://localhost:8443/OCPP/<id>" in page.text
    assert "flask simulate" in page.text
    assert "ws://localhost/OCPP/<id>" in site.get("/").text


def test_who_waits_in_quarantine_is_told_to_administrators(site):
    add_station("CP1", in_quarantine=True)
    add_station("CP2", in_quarantine=True)
    assert "2 unknown stations wait in quarantine" in site.get("/").links()
    assert "quarantine" not in site.as_role(Role.VIEWER).get("/").text


def test_many_tiles_come_in_pages(site, monkeypatch):
    monkeypatch.setattr("ocpp_core.web.pages.overview.HIGHEST_LIMIT", 3)
    crowd()
    first = site.get("/")
    assert len(tiles(first)) == 3
    second = site.get(first.links()["Next"])
    assert len(tiles(second)) == 2
    assert first.texts("a", "chip")[0] == "All 5"
    assert "data-is-all" not in first.html
    assert site.get("/?cursor=x").status == 400


def test_an_empty_wall_says_why_it_is_empty(site):
    hidden = {
        e.get("id"): "hidden" in e.attrib for e in site.get("/wall").all("div") if e.get("id")
    }
    assert (hidden["no-stations"], hidden["no-match"]) == (False, True)


def test_the_wall_names_nobody_and_leads_nowhere(site):
    crowd()
    add_session("CP1", active=True)
    page = site.get("/wall")
    assert len(tiles(page)) == 5
    assert "Ada" not in page.html
    assert "TAG1" not in page.html
    assert page.all("details") == page.all("aside") == []
    assert 'data-bs-theme="dark"' in page.html
    assert 'data-bs-theme="light"' in site.get("/wall?theme=light").html
    assert 'data-bs-theme="dark"' in site.get("/wall?theme=pink").html
    assert len(tiles(site.get("/wall?state=offline"))) == 1


def test_only_who_is_logged_in_sees_tiles(site):
    nobody = site.as_role(None)
    assert nobody.get("/").status == 303
    assert nobody.get("/wall").status == 303
    for path in ("/live/overview", "/live/overview/tiles?station_id=CP1"):
        kind = "text/event-stream" if path == "/live/overview" else "application/json"
        assert nobody.get(path, headers={"Accept": kind}).status == 401


def test_the_tiles_of_one_station_come_as_json(site):
    crowd()
    number = add_session("CP1", active=True)
    (tile,) = json.loads(site.get("/live/overview/tiles?station_id=CP1").html)
    assert (tile["label"], tile["state"], tile["power_w"]) == ("Hall 1", "occupied", 7040.0)
    assert tile["transaction"]["id"] == number
    assert tile["transaction"]["tag_name"] == "Ada"
    assert json.loads(site.get("/live/overview/tiles?station_id=CP9").html) == []
    assert site.get("/live/overview/tiles").status == 400
    assert site.get("/live/overview?cursor=x").status == 400
