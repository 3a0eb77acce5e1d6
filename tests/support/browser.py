"""A real browser for tests: Debian's Chromium, driven by Playwright.

Playwright keeps an asyncio loop running on the thread of the tests, so `Chromium.stop` is called
when the last test of tests/browser has ended (its conftest.py).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

EXECUTABLE = Path("/usr/bin/chromium")
AXE = Path(__file__).resolve().parents[1] / "vendor" / "axe" / "axe.min.js"
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
HEIGHTS = {True: 844, False: 900}  # of a phone, of a desk
WAIT_MS = 15_000  # a busy machine is no defect of a page
TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) => console.error(
  `CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
expect.set_options(timeout=WAIT_MS)
# What Chromium says of each answer above 399; `_see_response` judges those itself.
STATUS_OF_AN_ANSWER = re.compile(r"Failed to load resource: the server responded with a status")


@dataclass
class Chromium:
    """Started when it is first needed."""

    _playwright: Playwright | None = None
    _browser: Browser | None = None

    def browser(self) -> Browser:
        """Return the running browser."""
        if self._browser is None:
            self._playwright = sync_playwright().start()
            self._browser = self._playwright.chromium.launch(
                executable_path=str(EXECUTABLE), args=list(FLAGS)
            )
        return self._browser

    def stop(self) -> None:
        """End browser and driver; again changes nothing."""
        if self._browser is not None:
            self._browser.close()
        if self._playwright is not None:
            self._playwright.stop()
        self._browser = self._playwright = None


@dataclass
class Watch:
    """Notes what no page may do: errors of scripts, what the policy forbids, other hosts, 5xx."""

    host: str
    faults: list[str] = field(default_factory=list)

    def watch(self, context: BrowserContext) -> None:
        """Look at all pages of a context."""
        context.add_init_script(TELL_VIOLATIONS)
        context.on("request", self._see_request)
        context.on("response", self._see_response)
        context.on("console", self._see_message)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))

    def _see_request(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob", "about") and parts.netloc != self.host:
            self.faults.append(f"asks another host: {request.url}")

    def _see_response(self, response: Any) -> None:
        parts = urlsplit(response.url)
        missing = parts.path.startswith("/static/") and response.status >= 400
        if response.status >= 500 or missing:
            self.faults.append(f"{response.status}: {response.request.method} {response.url}")

    def _see_message(self, message: Any) -> None:
        if message.type == "error" and not STATUS_OF_AN_ANSWER.match(message.text):
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")


def axe(page: Page, *, within: str | None = None) -> list[str]:
    """Return what breaks WCAG 2.2 AA on a page: rule, what it wants, and where."""
    page.evaluate(AXE.read_text(encoding="utf-8") + ";undefined")
    found = page.evaluate(
        """([within, rules]) => axe.run(within || document,
          {runOnly: {type: "tag", values: rules}, resultTypes: ["violations"]})""",
        [within, RULES],
    )
    return [
        f"{each['id']}: {each['help']}: {node['html'][:200]} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def no_sideways_scroll(page: Page) -> bool:
    """Tell whether the page is as wide as the window, and no wider."""
    wider: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wider <= 0


def picture(page: Page, name: str) -> Path | None:
    """Take a picture of the whole page into the folder OCPP_TEST_PICTURES, where it is set."""
    folder = os.environ.get("OCPP_TEST_PICTURES")
    if not folder:
        return None
    file = Path(folder) / f"{name}.png"
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file, full_page=True)
    return file
