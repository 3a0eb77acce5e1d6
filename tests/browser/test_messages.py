"""The message log in a browser: it comes by itself, waits when told to, and can be copied."""

from __future__ import annotations

import json
import uuid

import pytest
from playwright.sync_api import expect

from tests.support.browser import axe, no_sideways_scroll, picture
from tests.support.fake_station import FakeStation

PAUSE_MS = 2500  # longer than the page waits between two looks


@pytest.fixture
def station(served, records):
    """A station that is connected."""
    with FakeStation(served.websocket_url, records.add_station()) as connected:
        connected.boot()
        yield connected


def new_rows(page):
    return page.locator(".message-action")


def test_new_messages_appear_and_wait_while_paused(browser_page, station):
    page = browser_page()
    page.goto(f"/messages?station_id={station.id}")
    expect(new_rows(page)).to_have_text(["BootNotification"])
    expect(page.locator("#tail-state")).to_have_text("New messages appear by themselves.")
    station.status(1, "Available")
    expect(new_rows(page).first).to_have_text("StatusNotification")
    expect(page.locator("#tail-state")).to_contain_text("1 new message")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#tail-state")).to_have_text("Paused: new messages wait.")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    station.authorize("NOBODY")
    page.wait_for_timeout(PAUSE_MS)
    assert asked == []
    page.get_by_role("button", name="Go on").click()
    expect(new_rows(page)).to_have_text(["Authorize", "StatusNotification", "BootNotification"])


def test_the_first_message_replaces_the_empty_state(browser_page, station):
    page = browser_page()
    page.goto(f"/messages?station_id={station.id}&action=Authorize")
    expect(page.get_by_text("No message fits these filters.")).to_be_visible()
    station.status(1, "Available")
    station.authorize("NOBODY")
    expect(new_rows(page)).to_have_text(["Authorize"])
    expect(page.get_by_text("No message fits these filters.")).to_have_count(0)


def test_old_rows_make_room_but_not_the_one_that_is_read(browser_page, station):
    page = browser_page()
    page.route("**/messages?*", keep_two_rows)
    page.goto(f"/messages?station_id={station.id}")
    page.locator("summary").first.click()
    for word in ("Available", "Unavailable", "Faulted"):
        station.status(1, word)
    expect(new_rows(page)).to_have_text(["StatusNotification"] * 2 + ["BootNotification"])


def keep_two_rows(route):
    """Let the page keep two rows only."""
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace('data-most="200"', 'data-most="2"'))


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_a_message_opens_and_is_copied(browser_page, station, theme, width):
    token = f"T{uuid.uuid4().hex[:8]}"
    station.authorize(token)
    page = browser_page(theme=theme, width=width)
    page.goto(f"/messages?station_id={station.id}")
    page.locator("summary", has_text="Authorize").click()
    expect(page.get_by_text(f'"idTag": "{token}"')).to_be_visible()
    copy = page.get_by_role("button", name="Copy request").first
    copy.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert json.loads(copied) == {"idTag": token}
    picture(page, f"messages-open-{theme}-{width}")
    assert axe(page) == []
    assert no_sideways_scroll(page)
    page.get_by_role("link", name="This message alone").first.click()
    expect(page.locator("h1")).to_contain_text("Message ")
    page.get_by_text("As it was sent").first.click()
    expect(page.locator("pre", has_text=f'{{"idTag":"{token}"}}')).to_be_visible()
    picture(page, f"messages-one-{theme}-{width}")
    assert axe(page) == []
    assert no_sideways_scroll(page)


def test_it_works_without_scripts(browser_page, station):
    page = browser_page("viewer", javascript=False)
    page.goto("/messages")
    page.get_by_label("Charging station").fill(station.id)
    page.get_by_role("button", name="Filter").click()
    expect(new_rows(page)).to_have_text(["BootNotification"])
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    station.status(1, "Available")
    page.get_by_role("link", name="Reload").click()
    expect(new_rows(page)).to_have_text(["StatusNotification", "BootNotification"])
    page.locator("summary").first.click()
    expect(page.get_by_text('"status": "Available"')).to_be_visible()
