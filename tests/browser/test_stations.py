"""Stations in a browser: added, coming online, charging before one's eyes, their URL copied."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.support.browser import axe, no_sideways_scroll, picture
from tests.support.fake_station import FakeStation
from tests.support.samples import meter_values, reading, sample

LOOKS = [("light", 390), ("dark", 1280)]
GERMAN = {"locale": "de-DE"}


def ago(minutes):
    return (datetime.now(UTC) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def charging(served, records):
    """A station that charges at its first connector and has a fault at its second."""
    tag = records.add_tag(name="Ann Mill")
    station_id = records.add_station(name="Car park", comment="Behind the hall,\nnorth side")
    with FakeStation(served.websocket_url, station_id) as station:
        station.boot("Maker", "Wallbox 22")
        station.status(0, "Available", ago(61))
        station.status(1, "Charging", ago(60))
        fault = {"connectorId": 2, "status": "Faulted", "errorCode": "GroundFailure"}
        station.call("StatusNotification", {**fault, "info": "RCD tripped", "timestamp": ago(30)})
        station.number = station.start(1, tag, 10_000, ago(60))
        values = [measured(minute, 10_000 + (60 - minute) * 180) for minute in range(59, 0, -1)]
        station.call(*meter_values(station, 1, *values, transaction=station.number))
        limit = {"connector": 1, "value": 16, "unit": "A"}
        records.ask("POST", f"/stations/{station_id}/commands/set-charging-limit", limit)
        yield station


def measured(minutes, wh, watts=10_800, soc=40):
    return reading(
        ago(minutes),
        sample("1.6", wh, "Wh", measurand="Energy.Active.Import.Register"),
        sample("1.6", watts, "W", measurand="Power.Active.Import"),
        sample("1.6", soc, "Percent", measurand="SoC", location="EV"),
    )


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_all_pages_are_for_everybody(browser_page, records, charging, theme, width):
    page = browser_page("administrator", theme=theme, width=width)
    base = f"/stations/{charging.id}"
    for name, path in {
        "list": "/stations",
        "show": base,
        "new": "/stations/new",
        "edit": f"{base}/edit",
        "delete": f"{base}/delete",
        "connectors": "/connectors",
        "connector": f"{base}/connectors/1/1",
        "quarantine": "/quarantine",
    }.items():
        page.goto(path)
        if name == "show":
            expect(page.locator(".tx-chart canvas").first).to_be_visible()
        picture(page, f"stations-{name}-{theme}-{width}")
        assert axe(page) == [], name
        assert no_sideways_scroll(page), name


def test_a_station_is_added_and_comes_online(browser_page, served, records):
    page = browser_page()
    page.goto("/stations")
    page.get_by_role("link", name="New charging station").click()
    station_id = records.new_id("A B")
    page.locator("#id").fill(station_id)
    page.get_by_label("Name", exact=True).fill("Hall")
    page.get_by_label("Generate a password").check()
    page.get_by_role("button", name="Create").click()
    password = page.get_by_label("Password of the charger").input_value()
    url = page.get_by_label("URL to type into the charger").input_value()
    assert url == f"{served.websocket_url}/{station_id.replace(' ', '%20')}"
    page.get_by_role("link", name="To the charging station").click()
    expect(page.locator("#live-state")).to_contain_text("Never connected yet")
    with FakeStation(served.websocket_url, station_id, password=password) as station:
        station.boot("Maker", "Wallbox")
        expect(page.locator("#live-state")).to_contain_text("Online")
        expect(page.locator("#live-identity")).to_contain_text("Wallbox")
        expect(page.locator("#station-news")).to_contain_text("Connection: Online")
    expect(page.locator("#live-state")).to_contain_text("Offline")


def test_a_charge_is_seen_as_it_goes(browser_page, served, records):
    tag = records.add_tag(name="Bob")
    station_id = records.add_station()
    page = browser_page("viewer")
    with FakeStation(served.websocket_url, station_id) as station:
        station.boot()
        page.goto(f"/stations/{station_id}")
        connectors = page.locator("#live-connectors")
        station.status(1, "Preparing")
        expect(connectors.locator(".status-badge")).to_contain_text("Preparing")
        number = station.start(1, tag, 1000, ago(2))
        station.meter(1, number, 1500, 7300, soc=41)
        expect(connectors).to_contain_text("7.3 kW")
        expect(connectors).to_contain_text("0.5 kWh")
        expect(connectors).to_contain_text("Bob")
        expect(connectors.locator("canvas").first).to_be_visible()
        connectors.get_by_role("link", name=re.compile(r":1$|^Car")).first.focus()
        before = connectors.locator(".tx-chart").get_attribute("data-points")
        station.meter(1, number, 2500, 7400, soc=42)
        expect(connectors).to_contain_text("1.5 kWh")
        expect(connectors.locator(".tx-chart")).not_to_have_attribute("data-points", before)
        expect(connectors.locator("h3 a")).to_be_focused()
        station.stop(number, tag, 2500)
        expect(connectors).not_to_contain_text("1.5 kWh")
        expect(connectors.locator("canvas")).to_have_count(0)


def test_the_url_is_copied(browser_page, served, charging):
    page = browser_page("viewer")
    page.goto(f"/stations/{charging.id}")
    copier = page.locator(".station-url [data-copy]")
    copier.click()
    expect(copier).to_contain_text("Copied")
    url = page.evaluate("navigator.clipboard.readText()")
    assert url == f"{served.websocket_url}/{charging.id}"
    code = page.get_by_role("img", name="QR code of this URL")
    assert code.evaluate("image => image.naturalWidth") > 0


def test_who_looks_away_sees_the_news_when_back(browser_page, served, records):
    station_id = records.add_station()
    page = browser_page("viewer")
    with page.expect_response(lambda answer: answer.url.endswith("/panel")):
        page.goto(f"/stations/{station_id}")  # what it fetches once its stream has begun
    page.evaluate(HIDE, True)
    with FakeStation(served.websocket_url, station_id) as station:
        station.boot()
        expect(page.locator("#live-state")).to_contain_text("Never connected yet")
        page.evaluate(HIDE, False)
        expect(page.locator("#live-state")).to_contain_text("Online")


HIDE = """hidden => {
  Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_removed_station_is_said_to_be_gone(browser_page, records):
    station_id = records.add_station()
    page = browser_page("viewer")
    page.goto(f"/stations/{station_id}")
    expect(page.locator("#station-stale")).to_be_hidden()
    page.wait_for_timeout(200)
    records.remove_station(station_id)
    expect(page.get_by_role("heading", level=1)).to_contain_text("404")


def test_an_unknown_station_is_adopted_by_one_click(browser_page, served, records):
    station_id = records.new_id("NEW")
    page = browser_page(width=390, theme="dark", **GERMAN)
    with FakeStation(served.websocket_url, station_id, "2.0.1") as station:
        assert station.boot()["status"] == "Pending"
        page.goto("/quarantine")
        picture(page, "stations-quarantine-waiting-de-dark-390")
        assert axe(page) == []
        assert no_sideways_scroll(page)
        page.locator(".station-adopt").filter(has=page.locator(f"[value='{station_id}']")).locator(
            "button"
        ).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(station_id)
        assert station.boot()["status"] == "Accepted"
        expect(page.locator("#live-state")).to_contain_text("Accepted")


def test_everything_works_without_javascript(browser_page, records):
    page = browser_page(javascript=False)
    page.goto("/stations/new")
    station_id = records.new_id()
    page.locator("#id").fill(station_id)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(station_id)
    expect(page.locator(".station-url").get_by_role("button")).to_have_count(0)
    page.get_by_role("link", name="Delete").click()
    page.get_by_label("Type the id to confirm").fill(station_id)
    page.get_by_role("button", name="Delete charging station").click()
    expect(page.get_by_role("status").first).to_contain_text(f"{station_id} was removed")
