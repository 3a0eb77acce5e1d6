"""All about one transaction: facts, messages, samples, receipt, closing it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ocpp_core.domain.roles import Role
from ocpp_core.models.records import Message
from ocpp_core.models.transactions import MeterSample, SampleKind, SignedSample
from ocpp_core.services import transaction_records
from ocpp_core.storage.writer import unit_of_work
from ocpp_core.web.pages import transactions as pages
from tests.support.transaction_rows import START, add, furnish


@pytest.fixture
def site(site):
    """A visitor in UTC."""
    site.client.set_cookie("time_zone", "UTC")
    return site


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
    log(20, "Reset", response=None, error_code="disconnected")
    log(30, "StopTransaction", error_code="InternalError")
    log(70, "Authorize")
    page = site.get("/transactions/7")
    assert [row[1:] for row in page.rows()] == [
        ["StopTransaction", "InternalError"],
        ["Reset", "connection lost"],
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
    assert viewer.get("/transactions").rows()[0][0] == "1"
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


# --- what others wrote ---------------------------------------------------------------------------

PAYLOAD = "<script>alert('{{7*7}}')</script>\"onload=x"
TEXTS = ("uid", "start_tag", "stop_tag", "stop_reason", "note", "flags", "charging_state")
TEXTS += ("closed_by", "station_id")
PAGES = ("", "/facts", "/samples", "/receipt", "/close")


@unit_of_work
def add_hostile_samples(number):
    words = {name: f"{PAYLOAD}{name}" for name in ("measurand", "phase", "location", "context")}
    SampleKind.create(id=1, unit=f"{PAYLOAD}unit", **words)
    MeterSample.create(connector=1, at=START, kind=1, value=1, transaction=number)


def test_whatever_was_written_is_shown_as_text(site):
    site.hostile = True
    written = {name: f"{PAYLOAD}{name}" for name in TEXTS}
    add(1, **written)
    add_hostile_samples(1)
    shown = ""
    for path in ("/transactions", *(f"/transactions/1{page}" for page in PAGES)):
        part = {"HX-Request": "true"} if path.endswith("/facts") else {}
        page = site.get(path, headers=part)  # checked: no script, no handler, no broken HTML
        assert page.status == 200
        assert "49" not in page.text.replace("2026", "")
        shown += page.html.replace("&#34;", '"').replace("&#39;", "'")
        shown = shown.replace("&lt;", "<").replace("&gt;", ">")
    for text in (*written.values(), f"{PAYLOAD}measurand", f"{PAYLOAD}unit"):
        assert text in shown
