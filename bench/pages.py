"""How long pages take on a large database: `python -m bench pages [--database URL ...]`.

Every page of the site is asked for by an administrator, its stations, sessions and tags drawn at
random; lists with the filters below too, and on to their next pages. A database that is named is
filled when it is empty, and kept; without any it is a SQLite file that is thrown away.
"""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import requests

from ocpp_core import clock
from ocpp_core.domain.roles import Role
from ocpp_core.errors import AlreadyExists
from ocpp_core.models.stations import Station
from ocpp_core.services import api_keys, people
from ocpp_core.storage import database, writer
from ocpp_core.storage.writer import Writer

from . import history, history_load
from .figures import percentile
from .fleet import BenchError
from .history import Size
from .page_list import NAME, Drawer, Page, all_pages
from .servers import Ours

PASSWORD = "password-of-the-benchmark"  # noqa: S105 - of a throw-away user
LIMIT_MS = 300.0  # p95, except for what hands out whole files
TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')
NEXT = re.compile(r'href="([^"]+)" rel="next"')
NEXT_PAGES = 3


class Large(Ours):
    """Our server on a database that is there already."""

    def __init__(self, folder: Path, url: str) -> None:
        super(Ours, self).__init__(folder)  # there is no template to copy
        self._url = url

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def database_url(self) -> str:
        """Return the URL of the database."""
        return self._url


def measure(urls: list[str], repeats: int, size: Size | None = None) -> dict[str, Any]:
    """Measure all pages on each database, an own one where none is named; prints as it goes."""
    size = size or Size()
    with TemporaryDirectory(prefix="ocpp-bench-") as folder:
        found, failed = {}, list[str]()
        for url in urls or [f"sqlite:///{folder}/large.db"]:
            _fill(url, size)
            with running(Path(folder), url) as server:
                kind = url.partition(":")[0]
                found[kind] = _measure_pages(server, size, repeats, kind, failed)
    if failed:
        raise BenchError("\n".join(failed))
    return found


def _fill(url: str, size: Size) -> None:
    history_load.prepare(url)
    store = database.connect(url)
    with store.connection_context():
        empty = not Station.select().exists()
    store.close_all()  # type: ignore[no-untyped-call]  # in the stubs
    if empty:
        began = time.monotonic()
        counts = history_load.load(url, history.tables(size, clock.utcnow()))
        told = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        _say(f"{told}: {time.monotonic() - began:.0f} s")
    add_people(url)


def add_people(url: str) -> None:
    """Have who asks for the pages, and a key."""
    store = database.connect(url)
    own_writer = Writer(store)
    writer.use(own_writer)
    try:
        people.add_or_edit_user(NAME, Role.ADMINISTRATOR, PASSWORD, clock.utcnow())
        with suppress(AlreadyExists):
            api_keys.add("benchmark", Role.VIEWER, clock.utcnow())
    finally:
        own_writer.close()
        writer.use(None)
        store.close_all()  # type: ignore[no-untyped-call]  # in the stubs


@contextmanager
def running(folder: Path, url: str) -> Iterator[Large]:
    """Run our server on a database."""
    server = Large(folder, url)
    try:
        server.start()
        server.wait_until_up()
        yield server
    finally:
        server.stop()


def _measure_pages(
    server: Large, size: Size, repeats: int, kind: str, failed: list[str]
) -> dict[str, Any]:
    drawer = Drawer(size, clock.utcnow(), random.Random(3))  # noqa: S311 - not for secrets
    found = {}
    with requests.Session() as session:
        log_in(session, server.url)
        for page in all_pages():
            try:
                found[page.name] = _measure_page(session, server, page, drawer, repeats)
            except BenchError as error:
                failed.append(str(error))
            else:
                _say(_line(kind, page, found[page.name]))
    return found


def _measure_page(
    session: requests.Session, server: Large, page: Page, drawer: Drawer, repeats: int
) -> dict[str, float]:
    session.headers.pop("HX-Request", None)
    session.headers.update(page.headers)
    _ask(session, server.url + page.url(drawer.values()))  # loads its template
    cpu_s = server.cpu_s()
    visits = [
        visit
        for _ in range(repeats)
        for visit in _visit(session, server.url, page.url(drawer.values()))
    ]
    cpu_s = server.cpu_s() - cpu_s
    spent_ms = sorted(taken for taken, _ in visits)
    figures = {
        "p50_ms": percentile(spent_ms, 0.50),
        "p95_ms": percentile(spent_ms, 0.95),
        "most_ms": spent_ms[-1],
        "cpu_ms": 1000 * cpu_s / len(visits),
        "kib": max(length for _, length in visits) / 1024,
    }
    return {name: round(value, 1) for name, value in figures.items()}


def _visit(session: requests.Session, server: str, path: str) -> Iterator[tuple[float, int]]:
    """Ask for a page, and for the pages that follow it in its list."""
    for _ in range(NEXT_PAGES):
        began = time.perf_counter()
        answer = _ask(session, server + path)
        yield 1000 * (time.perf_counter() - began), len(answer.content)
        following = NEXT.search(answer.text) if "html" in answer.headers["Content-Type"] else None
        if following is None:
            return
        path = following[1].replace("&amp;", "&")


def _ask(session: requests.Session, url: str) -> requests.Response:
    answer = session.get(url, timeout=120, allow_redirects=False)
    if answer.status_code != 200:
        raise BenchError(f"{url}: {answer.status_code} {answer.text[-300:]}")
    return answer


def log_in(session: requests.Session, server: str) -> None:
    """Begin a session of the administrator."""
    token = TOKEN.search(session.get(server + "/login", timeout=30).text)
    form = {"name": NAME, "password": PASSWORD, "csrf_token": token[1] if token else ""}
    answer = session.post(server + "/login", form, timeout=30, allow_redirects=False)
    if answer.status_code != 303:
        raise BenchError(f"log-in: {answer.status_code}")


def _line(kind: str, page: Page, figures: dict[str, float]) -> str:
    slow = figures["p95_ms"] > LIMIT_MS and not page.is_file
    shown = "  ".join(f"{name} {value:7.1f}" for name, value in figures.items())
    return f"{'SLOW ' if slow else '     '}{kind:<10} {shown}  {page.name}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
