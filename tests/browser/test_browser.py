"""The browser of these tests sees what it is to see: wrong pages fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.support.browser import Watch, axe, no_sideways_scroll, picture

if TYPE_CHECKING:
    from playwright.sync_api import Page

BrowserPage = Callable[..., "Page"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_log_in_page_is_accessible(browser_page: BrowserPage, theme: str, width: int) -> None:
    page = browser_page(None, theme=theme, width=width)
    page.goto("/login")
    picture(page, f"login-{theme}-{width}")
    assert axe(page) == []
    assert no_sideways_scroll(page)


def test_somebody_is_logged_in(browser_page: BrowserPage) -> None:
    page = browser_page("viewer", locale="de-DE")
    page.goto("/account")
    assert page.locator(".app-user").inner_text() == "viewer"
    assert page.locator("html").get_attribute("lang") == "de-DE"


def test_pages_work_without_javascript(browser_page: BrowserPage) -> None:
    page = browser_page(None, javascript=False)
    page.goto("/login")
    page.get_by_label("Username").fill("operator")
    page.get_by_label("Password").fill("correct horse battery staple")
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.goto("/account")
    assert page.locator(".app-user").inner_text() == "operator"


SCRIPT = "Object.assign(document.createElement('script'), {textContent: 'x = 1'})"
IMAGE = "Object.assign(new Image(), {src: '/static/none.png'})"
MISDEEDS = {
    "document.body.setAttribute('style', 'color: red')": "console: CSP: style-src-attr inline",
    f"document.body.append({SCRIPT})": "console: CSP: script-src-elem inline",
    "fetch('http://127.0.0.1:9/').catch(() => {})": "console: CSP: connect-src http://127",
    "location = 'http://127.0.0.1:9/'": "asks another host: http://127.0.0.1:9/",
    "setTimeout(() => { throw new Error('broken') })": "script: ",
    f"document.body.append({IMAGE})": "404: GET ",
    "console.error('oh')": "console: oh",
}


@pytest.mark.parametrize(("script", "said"), MISDEEDS.items())
def test_what_no_page_may_do_is_seen(
    browser_page: BrowserPage, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    watches: list[Watch] = []
    watch = Watch.watch
    monkeypatch.setattr(
        Watch, "watch", lambda self, context: (watches.append(self), watch(self, context))
    )
    page = browser_page(None)
    page.goto("/login")
    assert watches[0].faults == []
    page.evaluate(f"() => {{ {script}; }}")
    for _ in range(100):
        if any(fault.startswith(said) for fault in watches[0].faults):
            break
        page.wait_for_timeout(20)
    else:
        pytest.fail(f"not seen: {watches[0].faults}")
    watches[0].faults.clear()


def test_what_is_not_accessible_is_seen(browser_page: BrowserPage) -> None:
    page = browser_page(None, width=390)
    page.goto("/login")
    page.evaluate("() => document.querySelector('main').append(document.createElement('input'))")
    page.evaluate("() => { document.querySelector('main').style.minWidth = '500px'; }")
    assert any(said.startswith("label: ") for said in axe(page))
    assert not no_sideways_scroll(page)


def test_the_loop_of_playwright_runs_here_only(browser_page: BrowserPage) -> None:
    browser_page(None)
    assert asyncio.get_running_loop().is_running()
