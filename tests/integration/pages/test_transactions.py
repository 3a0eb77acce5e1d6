"""The list of transactions: filters, order, pages, periods, exports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from ocpp_core.web.localization import DASH
from ocpp_core.web.pages import transactions as pages
from tests.support.transaction_rows import add, furnish


@pytest.fixture
def site(site):
    """A visitor in UTC."""
    site.client.set_cookie("time_zone", "UTC")
    return site


def numbers(page):
    return [int(row[0]) for row in page.rows()]


def test_a_site_without_transactions_says_what_to_do(site):
    page = site.get("/transactions")
    assert "There is no transaction yet." in page.text
    assert page.rows() == []


def test_the_newest_come_first_with_names(site):
    furnish()
    add(1)
    add(2, 5, evse_id=2, active=True, start_tag="Bob", meter_last_wh=None)
    page = site.get("/transactions")
    assert page.rows() == [
        ["2", "Hall:2 Active", "May 1, 2026 10:05 AM", "Bob", "1.0 kWh", "", "", "", DASH],
        [
            "1",
            "left",
            "May 1, 2026 10:00 AM",
            "Ann Mill Ann",
            "1.0 kWh",
            "May 1, 2026 11:00 AM",
            "Ann Mill Ann",
            "6.5 kWh",
            "5.5 kWh",
        ],
    ]
    assert numbers(site.get("/transactions?sort=started_at")) == [1, 2]


def test_odd_ones_are_marked(site):
    add(1, flags="refused offline", station_id="CP9")
    (row,) = site.get("/transactions").rows()
    assert row[1] == "CP9:1 Refused Reported later"


def test_filters_narrow_the_list_and_are_kept(site):
    furnish()
    add(1)
    add(2, 5, evse_id=2, connector_id=2, active=True)
    add(3, 10, station_id="CP2", start_tag="Bob")
    add(4, 3 * 24 * 60)
    page = site.get("/transactions").submit({"station_id": "CP1"}, button="Filter")
    assert numbers(page) == [4, 2, 1]
    options = [each.text for each in page.form(button="Filter").element.iter("option")]
    assert options[:3] == ["All", "left", "Hall:2"]
    page = page.submit({"evse_id": "2"}, button="Filter")
    assert numbers(page) == [2]
    page = page.submit({"connector_id": "1"}, button="Filter")
    assert "No transaction fits these filters." in page.text
    assert page.form(button="Filter").values()["connector_id"] == ["1"]
    assert numbers(site.get("/transactions?tag=ANN&state=ended")) == [4, 1]
    assert numbers(site.get("/transactions?from=2026-05-01&to=2026-05-01")) == [3, 2, 1]
    assert numbers(site.get("/transactions?from=2026-05-02")) == [4]


def test_days_are_those_of_the_visitor(site):
    add(1, -11 * 60)  # 23:00 UTC of the day before
    site.client.set_cookie("time_zone", "Europe/Berlin")
    page = site.get("/transactions?from=2026-05-01&to=2026-05-01")
    assert page.rows()[0][2] == "May 1, 2026 1:00 AM"


UNUSABLE = (
    "from=yesterday",
    "to=2026-02-30",
    "from=2026-05-02&to=2026-05-01",
    "from=0001-01-01",  # in Berlin it began in the year 0
    "to=9999-12-31",  # ends in the year 10000
    "state=broken",
    "evse_id=1",
    "station_id=CP1&evse_id=x",
    "station_id=CP1&evse_id=99999999999",
    "station_id=" + "x" * 256,
)


def test_a_filter_that_cannot_be_used_is_marked(any_site):
    add(1)
    for query in UNUSABLE:
        page = any_site.get(f"/transactions?{query}")
        assert len(page.texts("div", "invalid-feedback")) == 1, query
        assert page.rows() == []


def test_what_no_tag_can_have_finds_nothing(any_site):
    add(1)
    assert "No transaction fits" in any_site.get("/transactions?tag=a%00b").text


def test_a_wrong_filter_is_explained_in_the_language_of_the_page(site):
    page = site.get("/transactions?from=x", headers={"Accept-Language": "de"})
    assert page.texts("div", "invalid-feedback") == ["Kein gültiges Datum."]


def test_pages_go_on_and_back(site, monkeypatch):
    monkeypatch.setattr(pages, "PER_PAGE", 2)
    for number in range(1, 6):
        add(number, number)
    page = site.get("/transactions?state=ended")
    seen = numbers(page)
    while "Next" in page.links():
        page = site.get(page.links()["Next"])
        seen += numbers(page)
    assert seen == [5, 4, 3, 2, 1]
    assert numbers(site.get(page.links()["To the beginning"])) == [5, 4]


def current(page):
    return [each.text.strip() for each in page.all("a", "btn-sm") if each.get("aria-current")]


def test_periods_are_one_click_away(site):
    today = datetime.now(UTC).date()
    page = site.get("/transactions?tag=Ann")
    for name, days in (("30 days", 30), ("90 days", 90), ("1 year", 365)):
        query = dict(parse_qsl(urlsplit(page.links()[name]).query))
        assert query == {"tag": "Ann", "from": (today - timedelta(days=days)).isoformat()}
    shown = site.get(page.links()["90 days"])
    assert current(shown) == ["90 days"]
    assert current(page) == ["All"]


def test_the_same_filters_are_exported(site):
    query = "station_id=CP1&tag=Ann&state=ended&from=2026-05-01&to=2026-05-02&sort=started_at"
    links = site.get(f"/transactions?{query}").links()
    for name in ("Download as CSV", "Download as XLSX"):
        assert sorted(parse_qsl(urlsplit(links[name]).query)) == sorted(parse_qsl(query))
