"""Transactions: the list and its filters, all about one, its samples, its receipt, closing it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from ocpp_core.domain.roles import Role
from ocpp_core.models.records import Message
from ocpp_core.models.stations import Connector, Station
from ocpp_core.models.tags import Tag
from ocpp_core.models.transactions import MeterSample, SampleKind, SignedSample, Transaction
from ocpp_core.services import transaction_records
from ocpp_core.storage.writer import unit_of_work
from ocpp_core.web.localization import DASH
from ocpp_core.web.pages import transactions as pages

START = datetime(2026, 5, 1, 10, tzinfo=UTC)


@pytest.fixture
def site(site):
    """A visitor in UTC."""
    site.client.set_cookie("time_zone", "UTC")
    return site


@unit_of_work
def add(number, minutes=0, **values):
    """Add a session that ended after an hour with 5.5 kWh."""
    at = START + timedelta(minutes=minutes)
    defaults = {"uid": str(number), "station_id": "CP1", "evse_id": 1, "connector_id": 1}
    defaults |= {"active": False, "start_tag": "Ann", "meter_start_wh": 1000, "started_at": at}
    defaults |= {"meter_last_wh": 6500, "meter_last_at": at + timedelta(hours=1)}
    values = defaults | values
    if not values["active"]:
        ended = {"stopped_at": at + timedelta(hours=1), "stop_tag": "Ann", "stop_reason": "EVFull"}
        values = ended | {"closed_by": "station"} | values
    values.setdefault("tag_folded", (values["start_tag"] or "").lower() or None)
    Transaction.create(id=number, **values)
    return number


@unit_of_work
def furnish():
    Station.create(id="CP1", name="Hall", created_at=START)
    for evse, connector, name in ((1, 1, "left"), (2, 1, ""), (2, 2, "")):
        Connector.create(station="CP1", evse_id=evse, connector_id=connector, name=name)
    Tag.create(id="Ann", folded="ann", name="Ann Mill", created_at=START)


def numbers(page):
    return [int(row[0]) for row in page.rows()]


# --- the list ------------------------------------------------------------------------------------


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


# --- one -----------------------------------------------------------------------------------------


def test_all_about_one(site):
    furnish()
    add(7, flags="superseded gap", note="stuck", uid="abc", charging_state="Charging")
    page = site.get("/transactions/7")
    assert page.title == "Transaction 7"
    for text in (
        "State Ended",
        "Charged 5.5 kWh",
        "Duration 1h 0m",
        "Hall CP1",
        "left EVSE 1, plug 1",
        "Start May 1, 2026 10:00:00 AM",
        "Ann Mill Ann",
        "Start meter 1.0 kWh",
        "End meter 6.5 kWh",
        "Reason EVFull",
        "Ended by The charging station",
        "Note stuck",
        "Id in OCPP abc",
        "Superseded It was ended here because the next transaction began",
        "Events missing Numbers are missing",
    ):
        assert text in page.text
    assert "Close by hand" not in page.links()
    (chart,) = page.all("div", "tx-chart")
    assert chart.get("data-chart") == "/transactions/7/chart.json"
    assert chart.get("data-live") is None


@unit_of_work
def log(minutes, action, **values):
    at = START + timedelta(minutes=minutes)
    defaults = {"message_id": "1", "request": "{}", "response": "{}", "station_id": "CP1"}
    Message.create(incoming=True, action=action, at=at, **(defaults | values))


def test_the_messages_of_its_time_are_at_hand(site):
    add(7)
    log(-10, "BootNotification")
    log(0, "StartTransaction")
    log(1, "Reset", response=None)
    log(2, "Heartbeat", station_id="CP2")
    log(30, "StopTransaction", error_code="InternalError")
    log(70, "Authorize")
    page = site.get("/transactions/7")
    assert [row[1:] for row in page.rows()] == [
        ["StopTransaction", "InternalError"],
        ["Reset", "no answer"],
        ["StartTransaction", "answered"],
    ]
    behind = site.get(page.links()["Message log of this time"])
    assert "StopTransaction" in behind.text
    assert "BootNotification" not in " ".join(str(row) for row in behind.rows())


def test_an_active_one_is_live(site):
    add(7, active=True)
    page = site.get("/transactions/7")
    assert page.all("div", "tx-chart")[0].get("data-live") == "/live/transactions/7"
    assert "Meter now 6.5 kWh" in page.text
    part = site.get("/transactions/7/facts", headers={"HX-Request": "true"})
    assert "State Active" in part.text
    assert part.all("div")[0].get("hx-get") == "/transactions/7/facts"


def test_every_flag_has_words(site):
    for flag in pages.flag_words.__globals__["FLAGS"]:
        words = pages.flag_words(flag)
        assert str(words.title)
        assert str(words.text).endswith(".")
    add(1, flags="new-flag")
    assert "new-flag" in site.get("/transactions/1").text


def test_an_orphan_without_place_and_tag_is_shown(site):
    nothing = {"evse_id": None, "connector_id": None, "start_tag": None, "stop_tag": None}
    add(1, **nothing, stop_reason=None, closed_by=None, meter_start_wh=None, flags="no-start")
    page = site.get("/transactions/1")
    assert "Start missing" in page.text
    assert "Connector CP1 Start" in page.text


def test_an_unknown_one_is_not_found(any_site):
    for number in (3, 2**63):
        for path in ("", "/facts", "/samples", "/receipt", "/close", "/chart.json"):
            assert any_site.get(f"/transactions/{number}{path}").status == 404


def test_everybody_looks(site):
    add(1, active=True)
    viewer = site.as_role(Role.VIEWER)
    assert numbers(viewer.get("/transactions")) == [1]
    assert "Close by hand" not in viewer.get("/transactions/1").links()
    assert viewer.get("/transactions/1/close").status == 403
    assert viewer.post("/transactions/1/close", {"reason": "x"}).status == 403
    assert transaction_records.find(1).state == "active"


# --- its samples ---------------------------------------------------------------------------------


@unit_of_work
def add_samples(number, count):
    SampleKind.create(id=1, measurand="Power.Active.Import", unit="W", location="Outlet")
    for second in range(count):
        at = START + timedelta(seconds=second)
        MeterSample.create(connector=1, at=at, kind=1, value=second, transaction=number)
    signed = {"connector": 1, "at": START, "kind": 1, "transaction": number, "digest": "x"}
    SignedSample.create(content='{"signedMeterData": "<b>abc</b>"}', **signed)


def test_all_samples_can_be_read(site, monkeypatch):
    monkeypatch.setattr(pages, "SAMPLES_PER_PAGE", 2)
    add(1)
    add_samples(1, 4)
    page = site.get("/transactions/1/samples")
    seen = page.rows()
    while "Next" in page.links():
        page = site.get(page.links()["Next"])
        seen += page.rows()
    values = [row[2] for row in seen if len(row) == 5]
    assert values == ["0 W", "signed", "1 W", "2 W", "3 W"]
    assert page.texts("pre") == []
    assert site.get("/transactions/1/samples").texts("pre") == [
        '{ "signedMeterData": "<b>abc</b>" }'
    ]


def test_without_samples_it_is_said_so(site):
    add(1)
    assert "There are no meter values." in site.get("/transactions/1/samples").text


# --- the receipt ---------------------------------------------------------------------------------


def test_the_receipt_has_what_a_driver_wants(site):
    furnish()
    add(1)
    page = site.get("/transactions/1/receipt")
    for text in ("Hall (CP1)", "left", "Ann Mill", "10:00:00 AM", "1h 0m", "5.5 kWh", "in UTC"):
        assert text in page.text
    assert "so far" not in page.text
    add(2, active=True, flags="superseded")
    text = site.get("/transactions/2/receipt").text
    assert "these are the figures so far" in text
    assert "The end is an estimate" in text


# --- closing -------------------------------------------------------------------------------------


def test_an_administrator_closes_a_stuck_one(any_site):
    add(1, active=True)
    page = any_site.get("/transactions/1/close")
    assert "The charging station is not told" in page.text
    done = page.submit({"reason": " car was towed "}, button="Close by hand").follow()
    assert done.title == "Transaction 1"
    for text in ("Transaction 1 was closed.", "Note car was towed", "Ended by Somebody by hand"):
        assert text in done.text
    view = transaction_records.find(1)
    assert (view.state, view.note, view.flags) == (
        "ended",
        "car was towed",
        ("closed-by-operator",),
    )


def test_a_reason_is_needed(site):
    add(1, active=True)
    for reason in ("", "  ", "x" * 256):
        page = site.post("/transactions/1/close", {"reason": reason})
        assert page.status == 422
        assert len(page.texts("div", "invalid-feedback")) == 1
    assert transaction_records.find(1).state == "active"


def test_one_that_has_ended_stays_as_it_is(site):
    add(1)
    page = site.get("/transactions/1/close")
    assert "there is nothing to close" in page.text
    assert page.all("form", "confirm") == []
    assert site.post("/transactions/1/close", {"reason": "late"}).follow().title == "Transaction 1"
    assert transaction_records.find(1).note == ""
