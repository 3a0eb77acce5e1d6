"""Real servers and real sockets: one gunicorn for all tests, for each kind of database."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.conftest import KINDS, new_postgresql
from tests.support.fake_station import FakeStation
from tests.support.records import Records
from tests.support.server import RunningServer
from tests.support.station_messages import VERSIONS

Launch = Callable[..., contextlib.AbstractContextManager[RunningServer]]


@pytest.fixture(scope="session", params=KINDS)
def launch(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Launch:
    """Start a server with a fresh database, settings as keywords; once per kind of database."""

    @contextlib.contextmanager
    def start(**settings: Any) -> Iterator[RunningServer]:
        folder = tmp_path_factory.mktemp("server")
        with contextlib.ExitStack() as stack:
            url = stack.enter_context(_database(request.param, folder))
            server = RunningServer(folder, url, **settings)
            stack.callback(server.kill)
            yield server.start()
            complaints = [line for line in server.log().splitlines() if _is_ours(line)]
            assert complaints == []

    return start


@pytest.fixture(scope="session")
def shared_server(launch: Launch) -> Iterator[RunningServer]:
    """The server of all tests that need no settings of their own."""
    with launch(call_timeout=2) as server:
        yield server


@pytest.fixture(scope="module")
def server(shared_server: RunningServer) -> RunningServer:
    """The server of a module; one that needs settings of its own overrides this."""
    return shared_server


@pytest.fixture(scope="module")
def records(server: RunningServer) -> Records:
    """The server's records."""
    return Records(server)


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """Each OCPP version."""
    return str(request.param)


@pytest.fixture
def open_station(server: RunningServer) -> Iterator[Callable[..., FakeStation]]:
    """Connect stations that are closed in the end."""
    with contextlib.ExitStack() as stack:

        def connect(station_id: str, version: str = "1.6", **options: Any) -> FakeStation:
            station = FakeStation(server.websocket_url, station_id, version, **options)
            return stack.enter_context(station)

        yield connect


@pytest.fixture
def station(
    records: Records, open_station: Callable[..., FakeStation], version: str
) -> FakeStation:
    """A station of its own, connected and booted, once per OCPP version."""
    station = open_station(records.add_station(), version)
    station.boot()
    return station


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads for what a test does beside its own thread."""
    with ThreadPoolExecutor(20) as executor:
        yield executor


@contextlib.contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/ocpp.db"
    else:
        with new_postgresql() as url:
            _do_not_wait_for_the_disk(url)
            yield url


def _do_not_wait_for_the_disk(url: str) -> None:
    """Let commits of a database return early: servers are killed in tests, PostgreSQL is not."""
    with psycopg.connect(url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("ALTER DATABASE {} SET synchronous_commit = off").format(name))


def _is_ours(line: str) -> bool:
    """Tell whether a line of the log says that the server failed."""
    return " ERROR " in line or "Traceback" in line
