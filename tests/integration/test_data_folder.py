"""The files of the data folder: who may read them, and what a clean stop leaves."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ocpp_core import config
from ocpp_core.config import Config
from ocpp_core.errors import ConfigurationError
from ocpp_core.storage import database
from tests.conftest import migrate
from tests.support.fake_station import FakeStation
from tests.support.records import Records
from tests.support.server import RunningServer


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    """Return the modes of a folder and of what is in it."""
    found = {".": folder, **{file.name: file for file in folder.iterdir()}}
    return {name: oct(stat.S_IMODE(file.stat().st_mode)) for name, file in found.items()}


def test_a_new_database_is_its_owner_s_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "data"
    store = database.connect(f"sqlite:///{folder}/ocpp.db")
    database.upgrade(store)
    with store.connection_context():
        names = {"ocpp.db", "ocpp.db-wal", "ocpp.db-shm", "ocpp.db.lock"}
        assert modes(folder) == {".": "0o700", **dict.fromkeys(names, "0o600")}
    store.close_all()


def test_what_is_there_keeps_its_mode(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(0o750)
    url = f"sqlite:///{folder}/ocpp.db"
    migrate(url)
    (folder / "ocpp.db").chmod(0o640)
    migrate(url)
    assert (modes(folder)["."], modes(folder)["ocpp.db"]) == ("0o750", "0o640")


def test_the_key_that_signs_cookies_is_the_owner_s_alone(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "data"
    key = config.secret_key(Config(), folder)
    assert key == config.secret_key(Config(), folder)
    assert modes(folder) == {".": "0o700", "secret_key": "0o600"}


def test_a_file_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="database cannot be opened"):
        database.connect(f"sqlite:///{tmp_path}/{'x' * 300}")


def test_a_clean_stop_leaves_nothing_beside_the_file(tmp_path: Path) -> None:
    file = tmp_path / "data" / "ocpp.db"
    server = RunningServer(tmp_path, f"sqlite:///{file}").start()
    try:
        records = Records(server)
        with ThreadPoolExecutor(8) as pool:  # so that several connections are in the pool
            ids = list(pool.map(lambda _: records.add_station(), range(16)))
        with FakeStation(server.websocket_url, ids[0]) as station:
            station.boot()
            server.stop()
    finally:
        server.kill()
    wal = file.with_name("ocpp.db-wal")
    assert not wal.exists() or wal.stat().st_size == 0
    with contextlib.closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as connection:
        (stored,) = connection.execute("SELECT count(*) FROM stations").fetchone()
    assert stored == len(ids)
    assert " ERROR " not in server.log()
