"""The servers that are measured: each starts, is reached and counted in the same way."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from . import processes
from .fleet import ROOT, BenchError
from .swarm import station_id

API_KEY = "key-of-the-benchmark"
START_S = 30.0


class Server(ABC):
    """A server in processes of its own, with a fresh SQLite file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.database = folder / "ocpp.db"
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def start(self) -> None:
        """Start it; it may not answer yet."""

    @abstractmethod
    def request(self, number: int) -> tuple[str, str, dict[str, str]]:
        """Return method, path and headers that have a station unlock its connector."""

    @property
    def pid(self) -> int:
        """The process that all others belong to."""
        if self._process is None:
            raise BenchError("the server was not started")
        return self._process.pid

    def cpu_s(self) -> float:
        """Return the CPU seconds it used so far, user and system."""
        return processes.cpu_s(self.pid)

    def resident_bytes(self) -> int:
        """Return its resident memory."""
        return processes.resident_bytes(self.pid)

    def boots_since(self, moment: float) -> int:
        """Return how many stations are stored to have booted since then (seconds since 1970)."""
        query = "SELECT count(*) FROM stations WHERE last_boot_at >= ?"
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            return int(database.execute(query, (int(moment * 1000),)).fetchone()[0])

    def commands(self) -> Callable[[int], float]:
        """Return what sends a command to a station by HTTP; it returns the seconds it took."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

        def command(number: int) -> float:
            method, path, headers = self.request(number)
            body = b'{"connector": 1}' if method == "POST" else None
            began = time.perf_counter()
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read()
            spent_s = time.perf_counter() - began
            if response.status != 200 or json.loads(text)["status"] != "Unlocked":
                raise BenchError(f"command: {response.status} {text[:200]!r}")
            return spent_s

        return command

    def wait_until_up(self) -> None:
        """Wait until it accepts connections."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise BenchError(f"the server did not start: {self.log()[-2000:]}")

    def stop(self) -> None:
        """Stop it, by force where need be."""
        if self._process is not None:
            processes.stop(self._process)

    def log(self) -> str:
        """Return what it wrote."""
        return (self.folder / "server.log").read_text(errors="replace")

    def _spawn(self, command: list[str], environment: dict[str, str]) -> None:
        with (self.folder / "server.log").open("ab") as log:
            self._process = processes.spawn(command, cwd=ROOT, log=log, environment=environment)


class Ours(Server):
    """This server: gunicorn with wsgi.ini and its defaults."""

    def __init__(self, folder: Path, template: Path) -> None:
        super().__init__(folder)
        shutil.copyfile(template, self.database)

    def database_url(self) -> str:
        """Return the URL of its database."""
        return f"sqlite:///{self.database}"

    def start(self) -> None:
        """Start gunicorn."""
        own = {"OCPP_DATABASE_URL": self.database_url(), "OCPP_API_KEY": API_KEY}
        command = [sys.executable, "-m", "gunicorn", "--paste", "wsgi.ini"]
        self._spawn([*command, "--bind", f"127.0.0.1:{self.port}"], _environment() | own)

    def wait_until_up(self) -> None:
        """Wait until it answers: gunicorn listens before its worker is there."""
        super().wait_until_up()
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_S)) as door:
            door.request("GET", "/readyz")
            if door.getresponse().status != 200:
                raise BenchError(f"the server is not ready: {self.log()[-2000:]}")

    def request(self, number: int) -> tuple[str, str, dict[str, str]]:
        """Return the request of REST."""
        headers = {"X-API-Key": API_KEY, "Content-Type": "application/json"}
        path = f"/api/v1/stations/{station_id(number)}/commands/unlock-connector"
        return "POST", path, headers


class Reference(Server):
    """The reference of `reference.py`."""

    def start(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", "bench.reference", str(self.port), str(self.database)]
        self._spawn(command, _environment())

    def request(self, number: int) -> tuple[str, str, dict[str, str]]:
        """Return its one request."""
        return "GET", f"/commands/unlock-connector/{station_id(number)}", {}


@dataclass(frozen=True)
class Side:
    """One side of the comparison: how a server of it is made in a folder."""

    name: str
    make: Callable[[Path], Server]

    @contextmanager
    def running(self) -> Iterator[Server]:
        """Run a fresh server in a folder of its own."""
        with TemporaryDirectory(prefix="ocpp-bench-") as folder:
            server = self.make(Path(folder))
            try:
                server.start()
                server.wait_until_up()
                yield server
            finally:
                server.stop()


def _environment() -> dict[str, str]:
    """Return the environment without settings of a server, which its defaults shall be."""
    given = os.environ.items()
    return {k: v for k, v in given if not k.startswith("OCPP_") and k != "GUNICORN_CMD_ARGS"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
