"""RFID tags in a browser: a card is learned, a list imported, all of it by everybody."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import expect

from tests.support.browser import axe, no_sideways_scroll, picture
from tests.support.fake_station import FakeStation


@pytest.fixture
def station(served, records):
    """A station that is connected."""
    with FakeStation(served.websocket_url, records.add_station()) as connected:
        connected.boot()
        yield connected


@pytest.fixture
def token():
    return f"04{uuid.uuid4().hex[:12].upper()}"


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])
def test_a_card_is_learned_from_a_reader(browser_page, station, token, theme, width):
    page = browser_page(theme=theme, width=width)
    page.goto("/tags")
    page.get_by_role("link", name="Learn a card").click()
    expect(page.get_by_text("Hold the card to the reader now")).to_be_visible()
    picture(page, f"tags-learn-{theme}-{width}")
    assert station.authorize(token) == "Invalid"
    expect(page.get_by_text(token)).to_be_visible()
    picture(page, f"tags-learned-{theme}-{width}")
    assert axe(page) == []
    assert no_sideways_scroll(page)
    page.get_by_role("link", name="Add this card").click()
    expect(page.get_by_label("RFID number")).to_have_value(token)
    page.get_by_label("Name").fill("Ann")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text(f"RFID tag {token} was added.")).to_be_visible()
    expect(page.get_by_text("is known: Ann")).to_be_visible()
    assert station.authorize(token) == "Accepted"


def test_a_card_is_learned_without_scripts(browser_page, station, token):
    page = browser_page(javascript=False)
    page.goto("/tags/learn")
    station.authorize(token)
    page.get_by_role("button", name="Look again").click()
    page.get_by_role("link", name="Add this card").first.click()
    expect(page.get_by_label("RFID number")).to_have_value(token)


@pytest.mark.parametrize(
    ("theme", "width", "javascript"),
    [("light", 1280, True), ("dark", 390, True), ("light", 390, False)],
)
def test_a_list_is_imported_with_its_errors_told(browser_page, token, theme, width, javascript):
    page = browser_page(theme=theme, width=width, javascript=javascript)
    page.goto("/tags/import")
    text = (
        f"id;name;group;expires\n{token};Ann M\u00fcller;Sales;2090-12-31\n;nobody;;\nX;Y;;soon\n"
    )
    file = {"name": "tags.csv", "mimeType": "text/csv", "buffer": text.encode("iso-8859-1")}
    if javascript:
        picture(page, f"tags-import-{theme}-{width}")
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Look at the lines").click()
    expect(page.get_by_text("must not be empty")).to_be_visible()
    expect(page.get_by_text("is no date")).to_be_visible()
    if javascript:
        picture(page, f"tags-preview-{theme}-{width}")
        assert axe(page) == []
        assert no_sideways_scroll(page)
    page.get_by_label("Nothing, as long as there are errors").check()
    page.get_by_role("button", name="Import 1 tag").click()
    expect(page.get_by_text("Nothing was imported: there are errors.")).to_be_visible()
    page.get_by_label("The lines without errors").check()
    page.get_by_role("button", name="Import 1 tag").click()
    expect(page.get_by_text("1 tag was added.")).to_be_visible()
    page.goto(f"/tags?search={token}")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("31 Dec 2090")


def test_a_tag_is_changed_and_deleted(browser_page, records, token):
    records.add_tag(token, name="Ann", blocked=True)
    page = browser_page(width=390)
    page.goto(f"/tags?search={token}")
    picture(page, "tags-list-light-390")
    page.get_by_role("link", name="Ann").click()
    page.get_by_label("Valid through").fill("2090-12-31")
    page.get_by_label("Blocked").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(f"RFID tag {token} was changed.")).to_be_visible()
    tag = records.ask("GET", f"/tags/{token}")
    assert (tag["expires_at"], tag["blocked"]) == ("2090-12-31T23:00:00.000Z", False)
    page.goto(f"/tags/edit/{token}")
    expect(page.get_by_label("Valid through")).to_have_value("2090-12-31")
    page.get_by_role("link", name="Delete").click()
    picture(page, "tags-delete-light-390")
    page.get_by_label("Type the RFID number to confirm").fill(token)
    page.get_by_role("button", name="Delete RFID tag").click()
    expect(page.get_by_text(f"RFID tag {token} was deleted.")).to_be_visible()
