"""A real server for tests: gunicorn with wsgi.ini in a process of its own, on a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parent.parent.parent
API_KEY = "test-key-of-the-suite"
START_S = 30.0


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RunningServer:
    """One gunicorn; settings are those of CONTRACT's table without the prefix."""

    def __init__(self, folder: Path, database_url: str, **settings: Any) -> None:
        self.port = free_port()
        self.folder = folder
        self.url = f"http://127.0.0.1:{self.port}"
        self.websocket_url = f"ws://127.0.0.1:{self.port}/OCPP"
        self.log_file = folder / "server.log"
        values = {"database_url": database_url, "api_key": API_KEY, **settings}
        clean = {k: v for k, v in os.environ.items() if not k.startswith("OCPP_")}
        self.environment = clean | {
            f"OCPP_{name.upper()}": str(value) for name, value in values.items()
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> RunningServer:
        """Start it and wait until it answers."""
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "--paste", str(ROOT / "wsgi.ini")),
                    *("--bind", f"127.0.0.1:{self.port}"),
                ],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the server ended: {self.log()[-2000:]}")
            try:
                requests.get(self.url + "/healthz", timeout=1)
            except requests.RequestException:
                time.sleep(0.05)
            else:
                return self
        self.kill()
        raise RuntimeError(f"the server did not answer: {self.log()[-2000:]}")

    @property
    def master(self) -> subprocess.Popen[bytes]:
        """The process of gunicorn's master."""
        if self._process is None:
            raise RuntimeError("not started")
        return self._process

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        children = Path(f"/proc/{self.master.pid}/task/{self.master.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def stop(self, timeout_s: float = 15) -> float:
        """Stop gracefully (SIGTERM); returns how long it took."""
        if self._process is None or self._process.poll() is not None:
            return 0.0
        started = time.monotonic()
        self._process.terminate()
        self._process.wait(timeout_s)
        return time.monotonic() - started

    def kill(self) -> None:
        """Kill workers and master (SIGKILL), as a power cut would."""
        if self._process is None or self._process.poll() is not None:
            return
        pids = self.workers()
        self._process.kill()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self._process.wait(5)

    def log(self) -> str:
        """Return what it logged so far."""
        return self.log_file.read_text(errors="replace")

    def api(self, method: str, path: str, json: Any = None, **options: Any) -> requests.Response:
        """Call REST with the administrator's key; `path` begins with a slash."""
        headers = {"X-API-Key": API_KEY, **options.pop("headers", {})}
        timeout = options.pop("timeout", 20)
        return requests.request(
            method, self.url + path, json=json, headers=headers, timeout=timeout, **options
        )
