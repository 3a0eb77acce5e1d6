"""The charge report: its range, its groups and sums, who may see it."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from ocpp_core.domain.roles import Role
from ocpp_core.models.tags import Tag
from ocpp_core.models.transactions import Transaction
from ocpp_core.storage.writer import unit_of_work
from ocpp_core.web.pages import report as pages
from ocpp_core.web.pages import report_ranges
from ocpp_core.web.pages.report_ranges import Range

MAY = "?from=2026-05-01&to=2026-05-31"


@pytest.fixture
def site(site):
    """A visitor in Berlin."""
    site.client.set_cookie("time_zone", "Europe/Berlin")
    return site


@contextlib.contextmanager
def visiting(site, year, month, day):
    """Be a visitor of another day: log-ins do not last for months."""
    with time_machine.travel(datetime(year, month, day, 12, tzinfo=UTC), tick=False):
        yield site.as_role(Role.VIEWER)


@unit_of_work
def add(number, tag="Ann", ended=datetime(2026, 5, 3, 12, tzinfo=UTC), **values):
    at = ended - timedelta(hours=2)
    defaults = {"uid": str(number), "station_id": "CP1", "evse_id": 1, "connector_id": 1}
    defaults |= {"active": False, "start_tag": tag, "tag_folded": (tag or "").lower() or None}
    defaults |= {"started_at": at, "stopped_at": ended, "stop_tag": tag}
    defaults |= {"meter_start_wh": 0, "meter_last_wh": 5500}
    Transaction.create(id=number, **defaults | values)


@unit_of_work
def add_tag(tag_id, name="", group=None):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    Tag.create(id=tag_id, folded=tag_id.lower(), name=name, group=group, created_at=at)


def test_without_sessions_there_is_no_data(site):
    page = site.get("/report")
    assert page.title == "Charge report"
    assert page.texts("p", "empty-title") == ["- No data -"]


def test_tags_stand_in_their_groups_with_sums(site):
    add_tag("Ann", "Ann Mill", "Sales")
    add_tag("Bob", "", "Sales")
    add(1)
    add(2, meter_last_wh=1000)
    add(3, "Bob", meter_start_wh=None)
    add(4, "Gone")
    add(5, None)
    page = site.get(f"/report{MAY}")
    assert page.texts("h3", "card-title") == ["Without group", "Sales", "Export"]
    assert page.rows() == [
        ["Without tag", "1", "5.5 kWh"],
        ["Gone", "1", "5.5 kWh"],
        ["Ann Mill", "2", "6.5 kWh"],
        ["Bob", "1 1 without meter values", "0.0 kWh"],
    ]
    assert page.texts("tfoot") == ["Total 2 11.0 kWh", "Total 3 6.5 kWh"]
    assert page.texts("dd")[:2] == ["17.5 kWh", "5 1 without meter values"]
    assert page.links()["Ann Mill"] == "/transactions?tag=Ann"


def test_what_is_still_active_is_told(site):
    add(1, active=True, stopped_at=None)
    page = site.get(f"/report{MAY}")
    assert "1 session that is still active" in page.text
    assert "still active" not in site.get("/report?from=2025-01-01&to=2025-02-01").text


def test_days_are_those_of_the_visitor(site):
    """In Berlin May begins at 22 o'clock of the last day of April in UTC."""
    begins, ends = datetime(2026, 4, 30, 22, tzinfo=UTC), datetime(2026, 5, 31, 22, tzinfo=UTC)
    moment = timedelta(milliseconds=1)
    for number, at in enumerate((begins - moment, begins, ends - moment, ends), start=1):
        add(number, str(number), at)
    shown = [row[0] for row in site.get(f"/report{MAY}").rows()]
    assert shown == ["2", "3"]
    site.client.set_cookie("time_zone", "UTC")
    assert [row[0] for row in site.get(f"/report{MAY}").rows()] == ["3", "4"]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_days_on_which_clocks_are_set_are_whole(site, day, hours):
    begins = datetime.fromisoformat(f"{day}T00:00+00:00") - timedelta(hours=1 if hours == 23 else 2)
    for number in range(-1, 26):
        add(number + 2, f"{number:02}", begins + timedelta(hours=number))
    rows = site.get(f"/report?from={day}&to={day}").rows()
    assert [row[0] for row in rows] == [f"{number:02}" for number in range(hours)]


def test_without_a_range_it_is_the_previous_month(site):
    add(1)
    with visiting(site, 2026, 6, 15) as visitor:
        page = visitor.get("/report")
    assert page.texts("h2")[-1:] == ["May 1, 2026 to May 31, 2026"]
    assert len(page.rows()) == 1


def test_the_range_that_is_shown_is_marked(site):
    with visiting(site, 2026, 11, 22) as visitor:
        page = visitor.get("/report")
        links = {name: url for name, url in page.links().items() if url.startswith("/report?")}
        assert links == {
            "Year to date": "/report?from=2026-01-01&to=2026-11-22",
            "Previous year": "/report?from=2025-01-01&to=2025-12-31",
            "Previous month": "/report?from=2026-10-01&to=2026-10-31",
            "Previous week": "/report?from=2026-11-09&to=2026-11-15",
        }
        for name, url in links.items():
            seen = visitor.get(url)
            current = [a for a in seen.all("a") if a.get("aria-current") == "true"]
            assert [a.text for a in current] == [name]


@pytest.mark.parametrize(
    ("today", "begins_on", "first"),
    [
        (date(2026, 11, 22), 0, date(2026, 11, 9)),  # a Sunday
        (date(2026, 11, 23), 0, date(2026, 11, 16)),
        (date(2026, 11, 22), 6, date(2026, 11, 15)),
        (date(2026, 11, 21), 6, date(2026, 11, 8)),
        (date(2026, 1, 1), 0, date(2025, 12, 22)),
    ],
)
def test_the_previous_week_begins_as_the_locale_says(today, begins_on, first):
    found = report_ranges.previous_week(today, begins_on)
    assert found == Range(first, first + timedelta(days=6))


def test_the_previous_month_may_be_of_last_year():
    found = report_ranges.previous_month(date(2026, 1, 31))
    assert found == Range(date(2025, 12, 1), date(2025, 12, 31))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?from=2026-05-01", "Required"),
        ("?to=2026-05-01", "Required"),
        ("?from=2026-05-02&to=2026-05-01", "The last day lies before the first."),
        ("?from=0001-01-01&to=2026-05-01", "The year must lie between 2000 and 2199."),
        ("?from=2026-05-01&to=9999-12-31", "The year must lie between 2000 and 2199."),
        ("?from=yesterday&to=2026-05-01", "Not a valid date value."),
    ],
)
def test_a_range_that_cannot_be_used_says_why_beside_its_field(site, query, said):
    page = site.get(f"/report{query}")
    assert page.texts("div", "invalid-feedback") == [said]
    for export in ("summary.csv", "details.xlsx"):
        answer = site.get(f"/report/{export}{query}")
        assert answer.status == 400
        assert said in answer.text


def test_many_tags_come_page_by_page_with_the_sums_of_all(site, monkeypatch):
    monkeypatch.setattr(pages, "PER_PAGE", 2)
    add_tag("T0", "", "Sales")
    for number in range(5):
        add(number + 1, f"T{number}")
    page, seen = site.get(f"/report{MAY}"), []
    while True:
        seen += [row[0] for row in page.rows()]
        if "Next" not in page.links():
            break
        assert page.texts("tfoot") == ["Total 4 22.0 kWh"]
        page = site.get(page.links()["Next"])
    assert seen == ["T1", "T2", "T3", "T4", "T0"]
    assert page.texts("dd")[:1] == ["27.5 kWh"]


@pytest.mark.parametrize("cursor", ["x", "WzFd.", "LTE"])
def test_a_made_up_place_in_the_list_is_refused(site, cursor):
    assert site.get(f"/report{MAY}&cursor={cursor}").status == 400


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_everybody_who_is_logged_in_may_look(site, role):
    visitor = site.as_role(role)
    for path in ("/report", "/report/summary.csv", "/report/details.xlsx"):
        assert visitor.get(path).status == 200
    assert site.as_role(None).get("/report").status == 303


def test_the_report_is_german_for_germans(site):
    add(1)
    site.headers["Accept-Language"] = "de"
    page = site.get(f"/report{MAY}")
    assert page.title == "Lade-Auswertung"
    assert page.texts("h2")[-1:] == ["01.05.2026 bis 31.05.2026"]
    assert page.rows() == [["Ann", "1", "5,5 kWh"]]
