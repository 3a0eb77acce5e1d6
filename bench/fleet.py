"""The handle on a process of measured stations (`swarm.py`)."""

from __future__ import annotations

import json
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from . import processes

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 120.0


class BenchError(Exception):
    """A measurement failed, and would be worth nothing."""


class Fleet:
    """Stations that do what they are told; every call waits until it is done."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._requests = requests
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._read, args=(answers,), daemon=True).start()

    def connect(self, abreast: int) -> float:
        """Connect and boot all stations; returns the seconds it took."""
        return float(self._do("connect", abreast=abreast)["seconds"])

    def say(self, action: str, abreast: int = 20) -> None:
        """Have all stations say something once."""
        self._do("say", action=action, abreast=abreast)

    def leave(self) -> None:
        """Drop all connections without a word."""
        self._do("leave")

    def saturate(self) -> None:
        """Begin as much load as the stations can make."""
        self._do("saturate")

    def pace(self, per_second: float) -> None:
        """Begin load at random moments, so many messages a second."""
        self._do("pace", per_second=per_second)

    def mark(self) -> dict[str, float]:
        """Return replies, held messages, p50_ms, p95_ms and p99_ms since the last time."""
        return self._do("mark")

    def rest(self) -> None:
        """End the load and wait for the answers under way."""
        self._do("rest")

    def _do(self, what: str, **options: Any) -> dict[str, Any]:
        with suppress(BrokenPipeError):  # the answer says why
            self._requests.write(json.dumps({"do": what, **options}).encode() + b"\n")
            self._requests.flush()
        try:
            answer: dict[str, Any] = json.loads(self._answers.get(timeout=PATIENCE_S))
        except queue.Empty:
            raise BenchError(f"{what}: not done in {PATIENCE_S:.0f} s") from None
        if "failed" in answer:
            raise BenchError(f"{what}: {answer['failed']}")
        return answer

    def _read(self, answers: IO[bytes]) -> None:
        for line in answers:
            self._answers.put(line)
        self._answers.put(b'{"failed": "the process of the stations ended"}')


@contextmanager
def fleet(port: int, count: int, log_folder: Path, first: int = 0) -> Iterator[Fleet]:
    """Run stations `first` and on, in a process of their own."""
    command = [sys.executable, "-m", "bench.swarm", str(port), str(first), str(count)]
    with (log_folder / "stations.log").open("ab") as log:
        process = processes.spawn(command, cwd=ROOT, log=log, pipes=True)
    try:
        if process.stdin is None or process.stdout is None:
            raise BenchError("the stations have no pipes")
        yield Fleet(process.stdin, process.stdout)
    finally:
        processes.stop(process)
        for pipe in (process.stdin, process.stdout):
            with suppress(BrokenPipeError):  # a request that nobody read
                if pipe is not None:
                    pipe.close()
