"""Pages about people in a browser: a key is copied, who is logged out is out, all can be read."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.support.browser import axe, no_sideways_scroll, picture

PAGES = {
    "account": "/account",
    "password": "/account/password",
    "users": "/users",
    "user-new": "/users/new",
    "user": "/users/edit/viewer",
    "user-delete": "/users/delete/viewer",
    "keys": "/keys",
    "key-new": "/keys/new",
    "sessions": "/sessions",
}


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])
def test_everybody_can_read_and_reach_all(browser_page, theme, width):
    page = browser_page(theme=theme, width=width)
    for name, path in PAGES.items():
        page.goto(path)
        picture(page, f"people-{name}-{theme}-{width}")
        assert axe(page) == [], path
        assert no_sideways_scroll(page), path


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])
def test_a_new_key_is_copied(browser_page, theme, width):
    page = browser_page(theme=theme, width=width)
    page.goto("/keys/new")
    page.get_by_label("Name").fill(f"billing {theme}")
    page.get_by_role("button", name="Make key").click()
    copy = page.locator("[data-copy]")
    copy.click()
    expect(copy).to_have_text("Copied")
    key = page.get_by_label("API key").input_value()
    assert page.evaluate("navigator.clipboard.readText()") == key
    picture(page, f"people-key-made-{theme}-{width}")
    assert axe(page) == []
    assert no_sideways_scroll(page)


def test_errors_are_shown_beside_their_fields(browser_page):
    page = browser_page(theme="dark", width=390)
    page.goto("/account/password")
    page.get_by_label("Present password").fill("x")
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Needs 8 to 1024 characters.")).to_be_visible()
    picture(page, "people-password-errors-dark-390")
    assert axe(page) == []


def test_a_revoked_session_is_logged_out_at_the_next_request(browser_page):
    viewer = browser_page("viewer", fresh=True)
    viewer.goto("/account")
    admin = browser_page()
    admin.goto("/sessions?user=viewer")
    admin.get_by_role("button", name="End session").first.click()
    expect(admin.get_by_text("The session has ended.")).to_be_visible()
    viewer.reload()
    expect(viewer.get_by_role("heading", name="Log in")).to_be_visible()


def test_theme_and_language_follow_the_preferences(browser_page):
    page = browser_page("operator", fresh=True)
    page.goto("/account")
    page.get_by_role("combobox", name="Theme").select_option("dark")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.get_by_role("combobox", name="Theme").select_option("")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
