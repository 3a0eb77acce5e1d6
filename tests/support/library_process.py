"""The station made of the `ocpp` library, run as a process of its own beside a test."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Self

SCRIPT = Path(__file__).parent / "library_station.py"
Told = dict[str, Any]


class LibraryStation:
    """The process, what it told, and what it is to do; ended with the `with` block."""

    def __init__(self, url: str, station_id: str, version: str, *options: str) -> None:
        self._process = subprocess.Popen(
            [
                *(sys.executable, str(SCRIPT), "--url", url),
                *("--id", station_id, "--version", version, *options),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.told: list[Told] = []
        self._news: queue.SimpleQueue[Told | None] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(5)
        self._listener.join(5)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def until(self, event: str, timeout_s: float = 15.0, **more: Any) -> Told:
        """Wait for an event that was not looked at yet, with these members; return it."""
        wanted = {"event": event, **more}
        deadline = time.monotonic() + timeout_s
        while True:
            told = self._next(max(0.0, deadline - time.monotonic()), f"{wanted} was not told")
            if wanted.items() <= told.items():
                return told

    def obey(self, mode: str) -> None:
        """Have it answer commands in another way from now on."""
        self.say(f"mode {mode}")
        self.until("mode", mode=mode)

    def say(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def _next(self, timeout_s: float, complaint: str) -> Told:
        try:
            told = self._news.get(timeout=timeout_s)
        except queue.Empty:
            raise AssertionError(f"{complaint}: {self.told[-5:]}") from None
        assert told is not None, f"{complaint}, the process ended: {self.told[-5:]}"
        return told

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told: Told = json.loads(line)
            self.told.append(told)
            self._news.put(told)
        self._news.put(None)
