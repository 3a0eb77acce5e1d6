"""The charge report in a browser: chosen, looked at, downloaded and read again."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from tests.support.browser import axe, no_sideways_scroll, picture
from tests.support.fake_station import FakeStation

MARCH = "/report?from=2024-03-01&to=2024-03-31"
DRIVERS = (
    ("REPORT-1", "Ann Müller", "Sales"),
    ("REPORT-2", "=cmd|'calc'!A1", "Sales"),
    ("REPORT-3", "Bob", ""),
    ("REPORT-4", "Maximiliane Freifrau von Hohenstein-Donaueschingen", "Guests"),
)


@pytest.fixture(scope="module", autouse=True)
def charged(served, records):
    """Sessions of March 2024, and one that ended in April."""
    station_id = records.add_station(name="Report Hall")
    with FakeStation(served.websocket_url, station_id) as station:
        station.boot()
        for number, (tag, name, group) in enumerate(DRIVERS, start=1):
            records.add_tag(tag, name=name, group=group or None)
            charge(station, tag, f"2024-03-0{number}", 1000 * number)
        charge(station, "REPORT-3", "2024-03-31", 7500, last_day="2024-04-01")
    return station_id


def charge(station, tag, day, wh, last_day=None):
    number = station.start(1, tag, 0, f"{day}T12:00:00Z")
    station.stop(number, tag, wh, f"{last_day or day}T13:00:00Z")


def download(page, name, within=None):
    """Click and return what was saved."""
    link = (within or page).get_by_role("link", name=name, exact=True)
    with page.expect_download() as waiting:
        link.click()
    saved = waiting.value
    return saved.suggested_filename, Path(saved.path()).read_bytes()


def test_a_range_is_chosen_and_shown(browser_page):
    page = browser_page("viewer", locale="en-US")
    page.goto("/report")
    page.get_by_label("From").fill("2024-03-01")
    page.get_by_label("To").fill("2024-03-31")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("heading", name="Mar 1, 2024 to Mar 31, 2024")).to_be_visible()
    expect(page.locator(".report-sum")).to_have_text("10.0 kWh")
    expect(page.locator("section h3")).to_have_text(["Without group", "Guests", "Sales", "Export"])
    page.get_by_role("link", name="Previous year").click()
    expect(page.locator('a[aria-current="true"]')).to_have_text("Previous year")


def test_the_exports_can_be_read_again(browser_page):
    page = browser_page("viewer", locale="de-DE")
    page.goto(MARCH)
    name, data = download(page, "CSV", page.get_by_role("group", name="Details"))
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert name.startswith("AllTransactions_")
    assert [row[4] for row in rows[:4]] == ["RFID-Karte", "Ann Müller", "'=cmd|'calc'!A1", "Bob"]
    assert [row[-1] for row in rows] == ["Energie (kWh)", "1", "2", "3", "4"]
    assert rows[1][6] == "01.03.2024 13:00:00"
    name, data = download(page, "XLSX", page.get_by_role("group", name="Summen"))
    assert name.startswith("ChargeReport_")
    sheet = load_workbook(io.BytesIO(data)).active
    assert list(sheet.iter_rows(values_only=True)) == [
        ("Gruppe", "RFID-Karte", "Energie"),
        (None, "Bob", 3),
        ("Guests", DRIVERS[3][1], 4),
        ("Sales", "=cmd|'calc'!A1", 2),
        ("Sales", "Ann Müller", 1),
    ]


def test_the_list_of_transactions_can_be_downloaded(browser_page, charged):
    page = browser_page("viewer", locale="en-GB")
    page.goto(f"/transactions?station_id={charged}")
    name, data = download(page, "Download as XLSX")
    assert name == "Transactions_Report Hall.xlsx"
    sheet = load_workbook(io.BytesIO(data)).active
    assert [row[-1] for row in sheet.iter_rows(values_only=True)] == ["Charged", 7.5, 4, 3, 2, 1]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_report_is_for_everybody(browser_page, theme, width):
    page = browser_page("viewer", theme=theme, width=width)
    page.goto(MARCH)
    picture(page, f"report-{theme}-{width}")
    assert axe(page) == []
    assert no_sideways_scroll(page)
    tables = page.locator(".table-responsive").evaluate_all(
        "tables => tables.map(table => table.scrollWidth - table.clientWidth)"
    )
    assert max(tables) <= 0


def test_without_data_or_with_mistakes_it_says_so(browser_page):
    page = browser_page("viewer", width=390, locale="de-DE")
    page.goto("/report?from=2023-01-01&to=2023-01-31")
    picture(page, "report-empty-390")
    expect(page.get_by_text("- keine Daten -")).to_be_visible()
    page.goto("/report?from=2023-02-01&to=2023-01-31")
    picture(page, "report-mistake-390")
    expect(page.get_by_text("Der letzte Tag liegt vor dem ersten.")).to_be_visible()
    assert axe(page) == []
    assert no_sideways_scroll(page)
