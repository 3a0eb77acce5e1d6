"""Commands sent from a browser: charging, unlocking, limits, restarts; waiting, and leaving."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.support.browser import axe, no_sideways_scroll, picture
from tests.support.fake_station import FakeStation, Silence

LOST = """document.dispatchEvent(new CustomEvent("htmx:error",
  {detail: {ctx: {request: {signal: {aborted: false}}}}}))"""


@pytest.fixture
def station(served, records):
    """A station that is online, with two connectors."""
    with FakeStation(served.websocket_url, records.add_station(name="Garage"), "1.6") as station:
        station.boot()
        for connector in (1, 2):
            station.status(connector, "Available")
        yield station


@pytest.fixture
def form(station, browser_page):
    """Open the form of a command."""

    def open_form(name, query="", **options):
        page = browser_page("operator", **options)
        page.goto(f"/stations/{station.id}/commands/{name}{query}")
        return page

    return open_form


def send(page):
    page.get_by_role("button", name="Send").click()


def outcome(page):
    return page.locator("#command h2.command-outcome")


def question(page):
    return page.get_by_role("heading", name="Send this command?")


def payloads(station, action):
    return [call.payload for call in station.received if call.action == action]


def test_a_charge_is_started_and_stopped(form, station, records):
    tag = records.add_tag(name="Ann")
    page = form("start-transaction", "?connector=1")
    assert page.locator(f"datalist option[value='{tag}']").text_content() == "Ann"
    page.get_by_label("Tag").fill(tag)
    send(page)
    expect(outcome(page)).to_contain_text("The station will start charging")
    assert payloads(station, "RemoteStartTransaction") == [{"idTag": tag, "connectorId": 1}]
    number = station.start(1, tag, 1000)
    page = form("stop-transaction")
    choices = page.get_by_label("Transaction")
    choices.select_option(str(number))
    assert "Ann" in choices.locator("option:checked").inner_text()
    send(page)
    expect(question(page)).to_be_focused()
    send(page)
    expect(outcome(page)).to_contain_text("The station ends the transaction.")
    expect(outcome(page)).to_be_focused()
    assert payloads(station, "RemoteStopTransaction") == [{"transactionId": number}]


def test_a_connector_is_unlocked(form, station):
    station.answers["UnlockConnector"] = {"status": "Unlocked"}
    page = form("unlock-connector")
    send(page)  # the browser says that one is to be chosen
    page.get_by_label("Connector").select_option("2")
    send(page)
    expect(question(page)).to_be_visible()
    assert station.received == []
    send(page)
    expect(outcome(page)).to_have_text("Done The connector is unlocked.")
    assert payloads(station, "UnlockConnector") == [{"connectorId": 2}]
    expect(page.locator("#command pre")).to_contain_text('"status": "Unlocked"')


def test_a_limit_is_set_and_cleared(form, station):
    page = form("set-charging-limit", "?connector=1")
    page.get_by_label("Limit").fill("16.5")
    page.get_by_label("Unit").select_option("A")
    send(page)
    expect(outcome(page)).to_have_text("Done The limit is in force.")
    page.goto(f"/stations/{station.id}/commands/clear-charging-limit?connector=1")
    send(page)
    expect(outcome(page)).to_have_text("Done The limit is lifted.")


def test_a_station_is_restarted_in_order_or_at_once(form, station):
    page = form("reset")
    send(page)
    send(page)
    expect(outcome(page)).to_have_text("Done The station restarts.")
    page.get_by_role("link", name="Once more").click()
    page.get_by_label("Kind").select_option("hard")
    send(page)
    typed = page.get_by_label("Id of the station")
    typed.fill("Garage")
    send(page)
    expect(page.get_by_text("This is not the id.")).to_be_visible()
    expect(typed).to_be_focused()
    typed.fill(station.id)
    send(page)
    expect(outcome(page)).to_have_text("Done The station restarts.")
    assert payloads(station, "Reset") == [{"type": "Soft"}, {"type": "Hard"}]


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_waiting_is_shown_and_can_be_left(form, station, theme, width):
    station.answers["TriggerMessage"] = Silence
    page = form("trigger-message", "?message=Heartbeat", theme=theme, width=width)
    send(page)
    notice = page.locator("#command-waiting")
    expect(notice).to_contain_text("Waiting for the station's answer, up to 5 s.")
    expect(page.get_by_role("status").first).to_contain_text("Waiting for the station's answer")
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    picture(page, f"commands-waiting-{theme}-{width}")
    assert axe(page) == []
    page.get_by_role("link", name="Leave").click()
    newest = page.locator("#commands-sent tbody tr").first
    expect(newest).to_contain_text("Waiting for the station's answer.")
    (call,) = station.received
    station.send_raw(json.dumps([3, call.message_id, {"status": "Accepted"}]))
    expect(newest).to_contain_text("The station will send the message.")  # without a reload


def test_silence_ends_in_words(form, station):
    station.answers["TriggerMessage"] = Silence
    page = form("trigger-message", "?message=Heartbeat")
    send(page)
    expect(outcome(page)).to_contain_text("did not answer in time", timeout=8000)
    expect(page.locator("#command-waiting")).to_be_hidden()


def test_a_lost_connection_to_the_server_is_said(form):
    page = form("trigger-message")
    page.evaluate(LOST)
    expect(page.get_by_text("The connection to the server was lost.").last).to_be_visible()


def test_wrong_values_are_said_beside_their_fields(form, station):
    page = form("start-transaction")
    page.get_by_label("Tag").fill("x" * 21)  # too long for OCPP 1.6, but not for the form
    page.get_by_label("Tag").evaluate("field => field.removeAttribute('maxlength')")
    page.get_by_label("Tag").fill("x" * 256)
    send(page)
    expect(page.get_by_text("must not have more than 255 characters")).to_be_visible()
    expect(page.get_by_label("Tag")).to_be_focused()
    assert station.received == []


def test_all_works_without_javascript(form, station):
    station.answers["UnlockConnector"] = {"status": "UnlockFailed"}
    page = form("unlock-connector", javascript=False)
    page.get_by_label("Connector").select_option("1")
    send(page)
    expect(question(page)).to_be_visible()
    send(page)
    expect(outcome(page)).to_have_text("Not done The connector could not be unlocked.")
    assert "/history/" in page.url
    page.reload()
    assert len(payloads(station, "UnlockConnector")) == 1


@pytest.mark.parametrize(
    ("theme", "width", "locale"), [("light", 1280, "en-GB"), ("dark", 390, "de-DE")]
)
def test_everybody_can_read_and_reach_all(form, station, records, theme, width, locale):
    records.add_tag(name="Ann")
    page = form("reset", theme=theme, width=width, locale=locale)
    look(page, f"commands-reset-{theme}-{width}")
    page.locator("[name=kind]").select_option("hard")
    page.locator("#command button").click()
    page.locator("[name=typed_id]").fill("x")
    page.locator("#command button").click()
    page.locator("[aria-invalid]").wait_for()
    look(page, f"commands-question-{theme}-{width}")
    page.goto(f"/stations/{station.id}/commands/start-transaction")
    look(page, f"commands-start-{theme}-{width}")
    page.goto(f"/stations/{station.id}/commands/trigger-message?message=Heartbeat")
    page.locator("#command button").click()
    outcome(page).wait_for()
    look(page, f"commands-outcome-{theme}-{width}")
    page.goto(f"/stations/{station.id}/commands")
    look(page, f"commands-list-{theme}-{width}")


def look(page, name):
    picture(page, name)
    assert axe(page) == [], name
    assert no_sideways_scroll(page), name
