"""Pictures of the pages for the documentation: `python -m tools.screenshots [folder]`.

A real server with a few months of history, simulated stations that charge on it, and Chromium.
What is taken is listed in SHOTS.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from urllib.parse import urlsplit

import requests
from playwright.sync_api import Browser, Page, sync_playwright

from bench import history, history_load
from bench import pages as server_for_pages
from bench.history import Size
from bench.page_list import NAME
from bench.servers import API_KEY
from ocpp_core import clock
from ocpp_core.domain import credentials
from ocpp_core.services import people, station_records, tags
from ocpp_core.services.station_records import StationChanges
from ocpp_core.services.tags import TagChanges
from ocpp_core.storage import database, writer
from ocpp_core.storage.writer import Writer

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
SIZE = Size(
    *(10, 900, 30_000, 6_000, 40, 60, 120),  # stations, sessions, samples, messages, tags, commands
    long_sessions=30,
)
# Ids of the simulator are a prefix and four digits: these are the stations of the history.
SIMULATION = """
import json, sys
from ocpp_core.simulator import Options, run
options = json.loads(sys.argv[1])
run(Options(prefix="SITE0", stations=9, connectors=1, speed=10, seed=5, pause_s=(5, 300),
            **{**options, "tags": tuple(options["tags"])}))
"""
STATIONS = (
    *("Garage north", "Garage south", "Visitors", "Workshop", "Courtyard left"),
    *("Courtyard right", "Loading bay", "Hotel entrance", "Hotel garden", "Market square"),
)
DRIVERS = (
    *("Anna Berg", "Ben Okafor", "Carla Rossi", "Delivery van 1", "Delivery van 2"),
    *("Elif Kaya", "Guest card 1", "Jan Novak", "Marie Dubois", "Pool car"),
)
TAGS = [history.tag_id(number) for number in (*range(1, 7), *range(8, 12))]  # the seventh expired
ZONE = "Europe/Berlin"
SESSION = 870 * history.FACTOR % history.PRIME  # a long one
CHARGING = 6  # sessions that are waited for, those of the history too
CHARGING_S = 60.0  # at the longest
READINGS_S = 3.0  # for a few meter values
SETTLE_MS = 1500  # for the first events and curves


@dataclass(frozen=True)
class Shot:
    """One picture of a page; {charging} in its path is a station that charges."""

    name: str
    path: str
    theme: Literal["light", "dark"] = "light"
    width: int = 1280
    height: int = 800
    locale: str = "en-GB"


SHOTS = (
    Shot("overview", "/"),
    Shot("overview-dark", "/", theme="dark"),
    Shot("overview-phone", "/", width=390, height=844),
    Shot("overview-german", "/", locale="de-DE"),
    Shot("wall", "/wall", theme="dark"),
    Shot("station", "/stations/{charging}"),
    Shot("station-phone-dark", "/stations/{charging}", theme="dark", width=390, height=844),
    Shot("command", "/stations/{charging}/commands/set-charging-limit"),
    Shot("transactions", "/transactions"),
    Shot("transaction", f"/transactions/{SESSION}"),
    Shot("report", "/report"),
    Shot("messages", "/messages"),
    Shot("tags", "/tags"),
    Shot("diagnostics", "/diagnostics", theme="dark"),
)


def main(arguments: list[str]) -> int:
    """Take all pictures; returns the exit status."""
    images = Path(arguments[0]) if arguments else IMAGES
    images.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="ocpp-pictures-") as folder:
        url = f"sqlite:///{folder}/ocpp.db"
        history_load.prepare(url)
        history_load.load(url, history.tables(SIZE, clock.utcnow()))
        server_for_pages.add_people(url)
        passwords = _name_things(url)
        with (
            server_for_pages.running(Path(folder), url) as running,
            _stations(running.url, passwords),
        ):
            server, cookies = running.url, _cookies(running.url)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
                charging = _wait_for_charging(server)
                for shot in SHOTS:
                    path = shot.path.format(charging=charging)
                    _take(_open(browser, server, cookies, shot), path, images / f"{shot.name}.png")
    return 0


def _name_things(url: str) -> dict[str, str]:
    """Call stations and drivers as people would; returns the stations' new passwords."""
    store = database.connect(url)
    own_writer = Writer(store)
    writer.use(own_writer)
    passwords = {history.station_id(n): credentials.generate() for n in range(len(STATIONS))}
    try:
        people.set_preferences(NAME, time_zone=ZONE)
        for (station_id, password), name in zip(passwords.items(), STATIONS, strict=True):
            changes = StationChanges(name=name, password=password)
            station_records.edit(station_id, changes, clock.utcnow())
        for tag_id, name in zip(TAGS, DRIVERS, strict=True):
            tags.edit(tag_id, TagChanges(name=name))
    finally:
        own_writer.close()
        writer.use(None)
        store.close_all()  # type: ignore[no-untyped-call]  # in the stubs
    return passwords


@contextmanager
def _stations(server: str, passwords: dict[str, str]) -> Iterator[None]:
    url = f"ws://{urlsplit(server).netloc}/OCPP"
    options = json.dumps({"url": url, "tags": TAGS, "credentials": passwords})
    command = [sys.executable, "-c", SIMULATION, options]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, stdout=quiet, stderr=quiet)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _cookies(server: str) -> list[Any]:
    with requests.Session() as session:
        server_for_pages.log_in(session, server)
        return [
            {"name": cookie.name, "value": cookie.value, "url": server}
            for cookie in session.cookies
        ]


def _wait_for_charging(server: str) -> str:
    """Wait until some of the simulated stations charge; returns the latest."""
    deadline = time.monotonic() + CHARGING_S
    active: list[dict[str, Any]] = []
    while len(active) < CHARGING and time.monotonic() < deadline:
        time.sleep(0.5)
        answer = requests.get(
            f"{server}/api/v1/transactions?state=active", headers={"X-API-Key": API_KEY}, timeout=10
        )
        active = answer.json()["items"]
    time.sleep(READINGS_S)
    return str(active[0]["station_id"])


def _open(browser: Browser, server: str, cookies: list[Any], shot: Shot) -> Page:
    context = browser.new_context(
        color_scheme=shot.theme,
        viewport={"width": shot.width, "height": shot.height},
        locale=shot.locale,
        timezone_id=ZONE,
        base_url=server,
        reduced_motion="reduce",
    )
    context.add_cookies(cookies)
    return context.new_page()


def _take(page: Page, path: str, image: Path) -> None:
    answer = page.goto(path)
    if answer is None or answer.status != requests.codes.ok:
        sys.stderr.write(f"{path}: {answer.status if answer else 'no answer'}\n")
    else:
        page.wait_for_timeout(SETTLE_MS)
        page.screenshot(path=image)
    page.context.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
