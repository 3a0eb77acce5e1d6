"""The list of stations and the page of one."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
import segno

from ocpp_core import clock
from ocpp_core.domain.roles import Role
from ocpp_core.services import station_records, stations
from ocpp_core.services.message_log import Entry
from ocpp_core.services.station_records import StationChanges
from ocpp_core.web import station_urls
from ocpp_core.web.localization import DASH
from tests.support.busy_station import BOOT_FIELDS, STATUS_FIELDS, busy_station

NOW = clock.utcnow()
TIMES = "\N{MULTIPLICATION SIGN}"
ODD_IDS = ("new", "a b", "50%", "S\u00e4ule?x=1#y", "<b>\"'&", "..a", "{{7*7}}", "x" * 255)


def add(station_id="CP1", **changes):
    return station_records.add(station_id, StationChanges(**changes), NOW)


def names(page):
    """Return what the stations of the list are called, their first words."""
    return [row[1].split()[0] for row in page.rows()]


# --- the list ------------------------------------------------------------------------------------


def test_a_site_without_stations_says_what_to_do(site):
    page = site.get("/stations")
    assert page.title == "Charging stations"
    values = [each.get("value") for each in page.all("input")]
    assert "ws://localhost/OCPP/ID" in values
    assert ".venv/bin/flask simulate" in values
    assert page.links()["Add the first charging station"] == "/stations/new"
    assert "Add the first" not in site.as_role(Role.VIEWER).get("/stations").text


def test_stations_are_listed_by_name_with_what_they_are(any_site):
    add("CP2", name="Hall", password="x")
    busy_station("CP1", NOW, name="Attic", vendor="Maker", model="Box")
    rows = any_site.get("/stations").rows()
    assert [row[2] for row in rows] == ["CP1", "CP2"]
    assert rows[0][1:5] == [
        "Attic comment",
        "CP1",
        f"1 {TIMES} Charging 1 {TIMES} Faulted",
        "Maker Box",
    ]
    assert rows[1][3:] == [DASH] * 3


def test_who_has_no_password_is_marked(site):
    add("CP1")
    add("CP2", password="x")
    page = site.get("/stations")
    assert page.html.count('aria-label="No password"') == 1
    assert "has no password" in site.get("/stations/CP1").text
    assert "has no password" not in site.get("/stations/CP2").text


def test_lists_are_sorted_filtered_and_paged_by_the_query(site, monkeypatch):
    monkeypatch.setattr("ocpp_core.web.pages.stations.PER_PAGE", 2)
    for number, name in enumerate(("delta", "Beta", "alpha")):
        add(f"CP{number}", name=name)
        stations.connected(f"CP{number}", "1.6", NOW + timedelta(hours=number))
    add("CP9", name="offline one", comment="behind the hall")
    first = site.get("/stations")
    assert names(first) == ["alpha", "Beta"]
    assert names(site.get(first.links()["Next"])) == ["delta", "offline"]
    assert names(site.get("/stations?sort=-name")) == ["offline", "delta"]
    assert names(site.get(first.links()["Last seen"])) == ["delta", "Beta"]
    assert names(site.get("/stations?sort=-online")) == ["offline", "delta"]
    assert names(site.get("/stations?online=false")) == ["offline"]
    assert names(site.get("/stations?search=BEHIND")) == ["offline"]
    second = site.get(site.get("/stations?online=true&sort=id").links()["Next"])
    assert names(second) == ["alpha"]
    assert "No charging station fits" in site.get("/stations?search=zzz").text


def test_stations_in_quarantine_are_apart(site):
    add("CP1")
    stations.take_into_quarantine("NEW1", NOW)
    page = site.get("/stations")
    assert names(page) == ["CP1"]
    assert page.links()["1 unknown station waits in quarantine"] == "/quarantine"
    assert "quarantine" not in site.as_role(Role.VIEWER).get("/stations").links().values()
    assert names(site.get("/stations?in_quarantine=true")) == ["NEW1"]
    assert names(site.get("/stations?in_quarantine=all")) == ["CP1", "NEW1"]


@pytest.mark.parametrize("query", ["sort=x", "cursor=x", "sort=-online&cursor=WzAsMV0"])
def test_a_query_that_makes_no_sense_is_refused(site, query):
    assert site.get(f"/stations?{query}").status == 400


def test_a_filter_that_makes_no_sense_is_said_beside_it(site):
    add("CP1")
    page = site.get("/stations?online=perhaps")
    assert page.status == 200
    assert "Not a valid choice" in page.text


# --- one station ---------------------------------------------------------------------------------


def test_a_station_shows_all_that_is_known_of_it(any_site):
    any_site.client.set_cookie("time_zone", "UTC")
    busy_station("CP1", clock.utcnow(), name="Hall")  # its transaction goes on
    page = any_site.get("/stations/CP1")
    assert page.title == "Hall"
    for name in (*BOOT_FIELDS, *(f"1 {name}" for name in STATUS_FIELDS)):
        if name not in ("name", "username", "1 vendor_error_code"):
            assert name in page.text, name
    for text in ("OCPP 1.6", "7.3 kW", "55%", "12.345 kWh", "8.25 kWh · 1h 30m", "tag name"):
        assert text in page.text, text
    assert page.links()["Transactions"] != ""
    assert 'The station answered "command status"' in page.text
    newest, older = page.rows()[-2:]
    assert [newest[0], newest[1], newest[3]] == ["unreadable", "server", "error code"]
    assert [older[0], older[1], older[3]] == ["action", "station", "2 ms"]


def test_limits_are_shown_with_who_set_them(site):
    busy_station("CP1", NOW)
    page = site.get("/stations/CP1")
    limits = [row for row in page.rows() if row[0] == "Whole station" or "this system" in row]
    assert limits[0][:2] == ["Whole station", "11.0 kW"]
    assert limits[0][2].startswith("outside: limit source")
    assert "4.2 kW" in limits[0][2]
    assert limits[1][:3] == ["1 name", "16 A", "this system"]
    assert page.links()["Clear limit"] == "/stations/CP1/commands/clear-charging-limit?connector=1"


def test_power_is_shown_only_while_it_means_something(site):
    busy_station("CP1", NOW, online=False)
    page = site.get("/stations/CP1")
    assert "7.3 kW" not in page.text
    assert "Offline" in page.text
    assert page.texts("span", "status-badge").count("Offline") == 2


def test_what_was_said_this_moment_is_shown(site):
    add("CP1")
    entry = Entry("CP1", True, "1", "Heartbeat", "{}", "{}", None, NOW, 1.0)
    site.app.extensions["ocpp_core"].message_log.add(entry)
    assert site.get("/stations/CP1").rows()[-1][0] == "Heartbeat"


def test_each_role_has_its_buttons(site):
    busy_station("CP1", NOW)
    administrator = site.get("/stations/CP1").links()
    operator = site.as_role(Role.OPERATOR).get("/stations/CP1").links()
    viewer = site.as_role(Role.VIEWER).get("/stations/CP1").links()
    assert "Delete" in administrator
    assert "Edit" in administrator
    assert "Edit" not in operator
    assert operator["Set charging limit"] == "/stations/CP1/commands/set-charging-limit"
    assert operator["Stop charging"] == "/stations/CP1/commands/stop-transaction?connector=1"
    assert operator["Start charging"] == "/stations/CP1/commands/start-transaction?connector=2"
    assert (
        not {"Set charging limit", "Stop charging", "Start charging", "Unlock", "Edit"}
        & viewer.keys()
    )


def test_a_station_in_quarantine_says_so(site):
    stations.take_into_quarantine("NEW1", NOW)
    page = site.get("/stations/NEW1")
    assert page.links()["To the quarantine"] == "/quarantine"
    assert "has no password" not in page.text


def test_an_unknown_station_is_not_there(site):
    for path in ("", "/panel", "/edit", "/delete", "/connectors/1/1"):
        assert site.get(f"/stations/nobody{path}").status == 404
    assert site.client.get("/live/stations/nobody").status_code == 404


@pytest.mark.parametrize("station_id", ODD_IDS)
def test_an_id_may_be_anything_printable(site, station_id):
    site.hostile = True
    add(station_id)
    page = site.get(site.get("/stations").links()[station_id])
    assert page.title == station_id
    for name in ("Edit", "Delete"):
        assert site.get(page.links()[name]).status == 200
    url = next(e.get("value") for e in page.all("input") if e.get("id") == "station-url")
    assert url == f"ws://localhost/OCPP/{quote(station_id, safe='')}"


# --- its URL -------------------------------------------------------------------------------------


def test_the_url_is_that_of_the_visitors_server(site):
    for base, expected in (
        ("http://csms.example/", "ws://csms.example/OCPP/CP%201"),
        ("https://csms.example:8443/", "wss://csms.example:8443/OCPP/CP%201"),
        ("https://csms.example/site/", "wss://csms.example/site/OCPP/CP%201"),
    ):
        with site.app.test_request_context(base_url=base):
            assert station_urls.websocket_url("CP 1") == expected


def test_the_qr_code_is_that_of_the_url(site):
    add("CP 1")
    answer = site.get("/stations/CP%201/qr.svg")
    assert answer.response.mimetype == "image/svg+xml"
    assert "style" not in answer.html
    expected = segno.make_qr("ws://localhost/OCPP/CP%201").matrix
    border = 4
    assert modules(answer.html) == {
        (x + border, y + border) for y, row in enumerate(expected) for x, on in enumerate(row) if on
    }


def test_a_url_too_long_for_a_code_has_none(site):
    station_id = "\U0001f50c" * 255
    add(station_id)
    path = f"/stations/{quote(station_id)}"
    assert "station-qr" not in site.get(path).html
    assert site.get(f"{path}/qr.svg").status == 404
    longest = station_urls.qr_code("ws://" + "%F0" * (station_urls.LONGEST // 3 - 2))
    assert b"<svg" in longest


def modules(svg):
    """Read the dark modules of a code back from its SVG: lines that are one unit high."""
    dark, x, y = set(), 0.0, 0.0
    drawn = re.search(r'stroke="#000" d="([^"]+)"', svg).group(1)
    for step, arguments in re.findall(r"([Mmh])([-\d. ]+)", drawn):
        first, *rest = map(float, arguments.split())
        if step == "h":
            dark |= {(int(x) + n, int(y)) for n in range(int(first))}
            x += first
        else:
            x, y = (first, rest[0]) if step == "M" else (x + first, y + rest[0])
    return dark


# --- live ----------------------------------------------------------------------------------------


def test_the_panel_is_a_fragment_of_the_page(site):
    busy_station("CP1", NOW)
    page = site.get("/stations/CP1")
    panel = site.get("/stations/CP1/panel", headers={"HX-Request": "true"})
    parts = [each.get("id") for each in panel.all("section")]
    assert set(parts) <= {each.get("id") for each in page.all("section")}
    assert len(parts) == 6


def test_the_stream_tells_what_happens_at_this_station(site):
    add("CP1")
    add("CP2")
    response = site.client.get("/live/stations/CP1", buffered=False)
    assert response.mimetype == "text/event-stream"
    stream = response.iter_encoded()
    assert b"event: hello" in next(stream)
    stations.connected("CP2", "1.6", NOW)
    stations.connected("CP1", "1.6", NOW)
    told = next(stream)
    assert b"event: StationConnected" in told
    assert b"CP2" not in told
    response.close()


def test_a_stranger_hears_nothing(site):
    add("CP1")
    stranger = site.as_role(None)
    headers = {"Accept": "text/event-stream"}
    assert stranger.client.get("/live/stations/CP1", headers=headers).status_code == 401
