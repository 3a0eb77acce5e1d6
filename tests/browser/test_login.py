"""Logging in, as a person does: in both languages, on a phone, with and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD
from tests.support.browser import axe, no_sideways_scroll


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize(
    ("locale", "name", "password", "button", "heading", "leave"),
    [
        ("en-GB", "Username", "Password", "Log in", "Overview", "Log out"),
        ("de-DE", "Benutzername", "Passwort", "Anmelden", "Übersicht", "Abmelden"),
    ],
)
def test_a_visitor_logs_in_and_out(
    browser_page, locale, name, password, button, heading, leave, javascript
):
    page = browser_page(None, locale=locale, javascript=javascript, width=390)
    page.goto("/")
    page.get_by_label(name).fill("administrator")
    page.get_by_label(password).fill(PASSWORD)
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    page.get_by_role("button", name=leave).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(button)


def test_a_wrong_password_is_said_beside_the_form(browser_page):
    page = browser_page(None, theme="dark", width=390)
    page.goto("/login")
    page.get_by_label("Username").fill("administrator")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("User name or password is wrong.")
    assert page.get_by_label("Username").input_value() == "administrator"
    assert axe(page) == []
    assert no_sideways_scroll(page)


def test_language_and_theme_are_switched_in_the_header(browser_page):
    page = browser_page(None)
    page.goto("/login")
    page.get_by_role("button", name="DE").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Anmelden")
    page.get_by_role("button", name="Dunkel").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert axe(page) == []


def test_the_theme_of_the_system_is_followed(browser_page):
    page = browser_page(None, theme="dark")
    page.goto("/login")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
