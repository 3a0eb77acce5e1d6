"""The chart of a transaction in a browser: drawn, moved by meter values, dark, on a phone."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.support.browser import axe, no_sideways_scroll, picture
from tests.support.fake_station import FakeStation
from tests.support.samples import meter_values, reading, sample

SAMPLES = 60


def at(start, minutes):
    return (start + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def measured(start, minute, wh, watts, *, soc):
    """Return what a station samples in a minute: everything that is drawn."""
    said = [
        sample("1.6", wh, "Wh", measurand="Energy.Active.Import.Register"),
        sample("1.6", watts, "W", measurand="Power.Active.Import"),
        sample("1.6", soc, "Percent", measurand="SoC", location="EV"),
    ]
    for number in (1, 2, 3):
        amperes = round(watts / 690 + number / 10, 2)
        said.append(sample("1.6", amperes, "A", measurand="Current.Import", phase=f"L{number}"))
        said.append(sample("1.6", 229 + number, "V", measurand="Voltage", phase=f"L{number}-N"))
    return reading(at(start, minute), *said)


@pytest.fixture(scope="module")
def station(served, records):
    """A station with a session that has been running for an hour."""
    station_id = records.add_station(name="Car park")
    with FakeStation(served.websocket_url, station_id) as station:
        station.boot()
        station.started_at = datetime.now(UTC) - timedelta(minutes=SAMPLES + 1)
        tag = records.add_tag(name="Ann Mill")
        station.number = station.start(1, tag, 10_000, at(station.started_at, 0))
        charge(station, 0, SAMPLES)
        yield station


def charge(station, first, last):
    """Send the samples of these minutes."""
    entries = []
    for minute in range(first, last):
        watts = round(11000 * min(1, 1.4 - minute / SAMPLES) * (1 + 0.02 * math.sin(minute)))
        wh = 10_000 + minute * 170
        entries.append(measured(station.started_at, minute + 0.5, wh, watts, soc=20 + minute // 2))
    station.call(*meter_values(station, 1, *entries, transaction=station.number))


def drawn(page, count=4):
    """Wait until the chart is drawn; returns it."""
    chart = page.locator(".tx-chart")
    expect(chart.locator("canvas")).to_have_count(count)
    return chart


def is_painted(page):
    """Tell whether something other than nothing is on the first canvas."""
    return page.evaluate(
        """() => {
          const canvas = document.querySelector(".tx-chart canvas");
          const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
          return data.some((value) => value > 0);
        }"""
    )


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("dark", 390)])
def test_the_chart_is_drawn_for_everybody(browser_page, station, theme, width):
    page = browser_page("viewer", theme=theme, width=width)
    page.goto(f"/transactions/{station.number}")
    chart = drawn(page)
    assert is_painted(page)
    page.get_by_text("As a table").click()
    expect(chart.locator(".tx-table tbody tr")).to_have_count(25)
    assert "Power (kW)" in chart.locator(".tx-table thead").inner_text()
    assert "State of charge (%)" in chart.locator(".tx-panels").get_attribute("aria-label")
    picture(page, f"transaction-{theme}-{width}")
    assert axe(page) == []
    assert no_sideways_scroll(page)


def test_the_chart_moves_when_the_station_measures(browser_page, station):
    page = browser_page("viewer")
    page.goto(f"/transactions/{station.number}")
    chart = drawn(page)
    points = int(chart.get_attribute("data-points"))
    charge(station, SAMPLES, SAMPLES + 1)
    expect(chart).to_have_attribute("data-points", str(points + 9))
    expect(page.locator("#facts .charged")).to_have_text("10.2 kWh")


def test_the_chart_follows_theme_and_width(browser_page, station):
    page = browser_page("viewer", theme="light")
    page.goto(f"/transactions/{station.number}")
    plot = drawn(page).locator(".uplot").first
    wide = plot.bounding_box()["width"]
    page.set_viewport_size({"width": 390, "height": 844})
    expect(plot).not_to_have_css("width", f"{wide}px")
    assert plot.bounding_box()["width"] <= 390
    before = page.locator("canvas").first.evaluate("canvas => canvas.toDataURL()")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert page.locator("canvas").first.evaluate("canvas => canvas.toDataURL()") != before


def test_moments_and_numbers_are_the_visitors(browser_page, station):
    page = browser_page("viewer", locale="de-DE")
    page.goto(f"/transactions/{station.number}")
    chart = drawn(page)
    page.get_by_text("Als Tabelle").click()
    assert "Ladezustand (%)" in chart.locator(".tx-table thead").inner_text()
    local = station.started_at.astimezone().strftime("%Y")
    assert local in chart.locator(".tx-table tbody th").first.inner_text()
    assert any("," in text for text in chart.locator(".tx-table tbody td").all_inner_texts())


def test_the_end_is_seen_without_a_reload(browser_page, served, records):
    station_id = records.add_station()
    with FakeStation(served.websocket_url, station_id) as station:
        station.boot()
        number = station.start(1, records.add_tag(), 0)
        page = browser_page("administrator")
        page.goto(f"/transactions/{number}")
        close = page.get_by_role("link", name="Close by hand")
        expect(close).to_be_visible()
        expect(page.locator("#facts")).to_contain_text("Active")
        station.stop(number, None, 1500, reason="EVDisconnected")
        expect(page.locator("#facts")).to_contain_text("EVDisconnected")
        expect(page.locator("#facts .charged")).to_have_text("1.5 kWh")
        expect(close).to_be_hidden()


def test_a_stuck_one_is_closed(browser_page, served, records):
    station_id = records.add_station()
    with FakeStation(served.websocket_url, station_id) as station:
        station.boot()
        number = station.start(1, records.add_tag(), 0)
    page = browser_page("administrator", theme="dark", width=390)
    page.goto(f"/transactions/{number}")
    page.get_by_role("link", name="Close by hand").click()
    picture(page, "transaction-close-dark-390")
    assert axe(page) == []
    page.get_by_label("Reason").fill("the charger was replaced")
    page.get_by_role("button", name="Close by hand").click()
    expect(page.locator("#facts")).to_contain_text("the charger was replaced")
    assert records.ask("GET", f"/transactions/{number}")["state"] == "ended"


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_lists_and_receipts_can_be_read(browser_page, station, theme, width):
    page = browser_page("viewer", theme=theme, width=width)
    for name, path in (
        ("transactions", "/transactions"),
        ("transactions-filtered", f"/transactions?station_id={station.id}&evse_id=1"),
        ("samples", f"/transactions/{station.number}/samples"),
        ("receipt", f"/transactions/{station.number}/receipt"),
    ):
        page.goto(path)
        picture(page, f"{name}-{theme}-{width}")
        assert axe(page) == [], path
        assert no_sideways_scroll(page), path


def test_a_receipt_is_printed_without_the_frame(browser_page, station):
    page = browser_page("viewer", theme="dark")
    page.goto(f"/transactions/{station.number}/receipt")
    page.emulate_media(media="print")
    picture(page, "receipt-print")
    for part in (".app-side", ".app-top", "[data-print]"):
        expect(page.locator(part)).to_be_hidden()
    expect(page.get_by_text("Ann Mill")).to_be_visible()


def test_power_is_drawn_again_when_a_station_begins_to_send_it(browser_page, served, records):
    station_id, start = records.add_station(), datetime.now(UTC) - timedelta(minutes=30)
    with FakeStation(served.websocket_url, station_id) as station:
        station.boot()
        number = station.start(1, records.add_tag(), 0, at(start, 0))
        for minute in (5, 10):
            station.meter(1, number, minute * 100, at=at(start, minute))
        page = browser_page("viewer")
        page.goto(f"/transactions/{number}")
        panel = drawn(page, 1)
        expect(panel).to_contain_text("Power from energy (kW)")
        station.meter(1, number, 1500, w=6000, at=at(start, 15))
        expect(panel).not_to_contain_text("Power from energy (kW)")
        expect(panel.locator(".u-legend")).to_contain_text("Power (kW)")
