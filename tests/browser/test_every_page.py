"""Every page in a real browser: accessible in both themes, and usable on a phone."""

from __future__ import annotations

import pytest

from ocpp_core.domain.roles import Role
from ocpp_core.services import people
from tests.conftest import opened
from tests.support.browser import HEIGHTS, axe, no_sideways_scroll, picture
from tests.support.furnished import furnish
from tests.support.rest import make_app
from tests.support.site_map import PARTS, addresses

FILES = (".csv", ".xlsx", ".json", ".svg", "/tiles")
DESK, PHONE = 1280, 390


@pytest.fixture(scope="module")
def pages(served):
    """The addresses of all pages, with something on each."""
    with opened(served.environment["OCPP_DATABASE_URL"]):
        furniture = furnish(lambda name: f"every {name}")
        assert people.find(Role.VIEWER.value)
        app, live_events = make_app()
        live_events.end()
    found = addresses(app, "GET", furniture)
    shown = [each for each in found if each.role is not None and each.endpoint not in PARTS]
    return [each.url for each in shown if not each.url.partition("?")[0].endswith(FILES)]


def test_every_page_is_accessible_and_fits(browser_page, pages):
    page = browser_page(width=DESK)
    page.emulate_media(reduced_motion="reduce")  # no colours between those of two themes
    wrong = []
    for url in pages:
        page.set_viewport_size({"width": DESK, "height": HEIGHTS[False]})
        page.emulate_media(color_scheme="light")
        page.goto(url)
        wrong += look(page, url, "light")
        page.emulate_media(color_scheme="dark")
        wrong += look(page, url, "dark")
        page.set_viewport_size({"width": PHONE, "height": HEIGHTS[True]})
        wrong += look(page, url, "phone")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("url", ["/", "/stations", "/stations/new", "/transactions"])
def test_the_menu_is_there_without_scripts(browser_page, url):
    page = browser_page(width=PHONE, javascript=False)
    page.goto(url)
    assert page.locator("h1").is_visible()
    assert page.locator("#menu a").first.is_visible()


def look(page, url, kind):
    """Return what is wrong with a page as it is shown now."""
    picture(page, f"{url.strip('/').replace('/', '-') or 'overview'}-{kind}")
    found = [f"{url} {kind}: {each}" for each in axe(page)]
    if not no_sideways_scroll(page):
        found.append(f"{url} {kind}: wider than the window")
    return found
