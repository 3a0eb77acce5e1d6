"""Browsers for tests: one real server for all of them, a window of its own for each.

Without Chromium, or what drives it, these tests are skipped; with CI=true they fail.
"""

from __future__ import annotations

import contextlib
import importlib.util
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from ocpp_core import clock
from ocpp_core.domain.roles import Role
from ocpp_core.services import passwords, people
from tests.conftest import missing, opened
from tests.support.records import Records
from tests.support.server import RunningServer
from tools import translations

HAS_PLAYWRIGHT = importlib.util.find_spec("playwright") is not None
if HAS_PLAYWRIGHT:
    from playwright.sync_api import Error as PlaywrightError

    from tests.support import browser as browsers
else:
    collect_ignore_glob = ["test_*.py"]
if TYPE_CHECKING:
    from playwright.sync_api import Page

PASSWORD = "correct horse battery staple"
CHROMIUM = browsers.Chromium() if HAS_PLAYWRIGHT else None
FOLDER = Path(__file__).parent
TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')

BrowserPage = Callable[..., "Page"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, Any, Any]:
    """End the browser after the last test here: others want a thread without an asyncio loop."""
    try:
        return (yield)
    finally:
        if CHROMIUM is not None and (nextitem is None or FOLDER not in nextitem.path.parents):
            CHROMIUM.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell fixtures whether their test failed: there is a picture then."""
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed
    return report


FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def served(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """The server of all tests, with a user for each role, called like it."""
    translations.compile_all()
    folder = tmp_path_factory.mktemp("pages")
    url = f"sqlite:///{folder}/ocpp.db"
    (folder / "ocpp.db").write_bytes(sqlite_template.read_bytes())
    with opened(url):
        hashed = passwords.hashed(PASSWORD)
        for role in Role:
            people.put(role.value, role, hashed, clock.utcnow())
    server = RunningServer(folder, url, call_timeout=5, unknown_stations="quarantine")
    try:
        yield server.start()
        complaints = [line for line in server.log().splitlines() if " ERROR " in line]
        assert complaints == []
    finally:
        server.kill()


@pytest.fixture(scope="session")
def records(served: RunningServer) -> Records:
    """The server's records, by REST."""
    return Records(served)


@dataclass
class Cookies:
    """Sessions of users; each is logged in once."""

    server: RunningServer
    known: dict[str, list[dict[str, str]]]

    def of(self, role: str, *, fresh: bool) -> list[dict[str, str]]:
        """Return the cookies of a role's user; `fresh` ones are the test's own, to log out."""
        if fresh or role not in self.known:
            cookies = self._log_in(role)
            if fresh:
                return cookies
            self.known[role] = cookies
        return self.known[role]

    def _log_in(self, role: str) -> list[dict[str, str]]:
        with requests.Session() as session:
            page = session.get(self.server.url + "/login", timeout=10)
            token = TOKEN.search(page.text)
            assert token, page.text
            form = {"name": role, "password": PASSWORD, "csrf_token": token[1]}
            answer = session.post(
                self.server.url + "/login", data=form, timeout=10, allow_redirects=False
            )
            assert answer.status_code == 303, answer.text
            return [
                {"name": str(each.name), "value": str(each.value), "url": self.server.url}
                for each in session.cookies
            ]


@pytest.fixture(scope="session")
def cookies(served: RunningServer) -> Cookies:
    """Who is logged in."""
    return Cookies(served, {})


@pytest.fixture
def browser_page(
    request: pytest.FixtureRequest, served: RunningServer, cookies: Cookies, tmp_path: Path
) -> Iterator[BrowserPage]:
    """Open a window: `browser_page("viewer", theme="dark", width=390)`; role None: nobody known.

    Nothing is opened yet: `page.goto("/tags")`. In the end the test fails for what no page may do.
    """
    if CHROMIUM is None or not browsers.EXECUTABLE.exists():
        missing("no Chromium at /usr/bin/chromium, or no Playwright")
    watch, windows = browsers.Watch(urlsplit(served.url).netloc), []

    def open_window(
        role: str | None = "administrator",
        *,
        theme: str = "light",
        width: int = 1280,
        javascript: bool = True,
        locale: str = "en-GB",
        fresh: bool = False,
    ) -> Page:
        context = CHROMIUM.browser().new_context(
            base_url=served.url,
            color_scheme=theme,
            viewport={"width": width, "height": browsers.HEIGHTS[width < 768]},
            java_script_enabled=javascript,
            locale=locale,
            timezone_id="Europe/Berlin",
            accept_downloads=True,
        )
        context.set_default_timeout(browsers.WAIT_MS)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=served.url)
        watch.watch(context)
        if role is not None:
            context.add_cookies(cookies.of(role, fresh=fresh))
        windows.append(context)
        return context.new_page()

    yield open_window
    if request.node.stash.get(FAILED, False):
        _take_pictures(windows, tmp_path)
    for context in windows:
        context.close()
    assert watch.faults == []


def _take_pictures(windows: list[Any], folder: Path) -> None:
    """Keep what was to be seen when a test failed."""
    pages = [page for context in windows for page in context.pages]
    for number, page in enumerate(pages):
        file = folder / f"failed-{number}.png"
        with contextlib.suppress(PlaywrightError):
            page.screenshot(path=file, full_page=True)
            print(f"{page.url}: see {file}")  # noqa: T201 - pytest shows it with the failure
