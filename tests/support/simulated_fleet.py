"""Simulated stations on a thread beside a test, with the journal of what they were promised."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from ocpp_core.simulator.fleet import simulate
from ocpp_core.simulator.options import Options
from ocpp_core.simulator.summary import Summary

Entry = dict[str, Any]


class SimulatedFleet:
    """Runs all stations of some options while its `with` block lasts; `end` stops them orderly."""

    def __init__(self, options: Iterable[Options]) -> None:
        self.options = list(options)
        self.summaries: list[Summary] = []
        self._loop = asyncio.new_event_loop()
        self._stops: list[asyncio.Event] = []
        self._begun = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._begun.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self, timeout_s: float = 30.0) -> None:
        """Stop transactions, deliver what waits, and close; again changes nothing."""
        for stop in self._stops:
            self._loop.call_soon_threadsafe(stop.set)
        self._thread.join(timeout_s)
        assert not self._thread.is_alive(), "the stations did not end"
        if self._failure is not None:
            raise self._failure

    def journal(self) -> list[Entry]:
        """Return what the server answered so far: one entry for each start and stop."""
        return [
            json.loads(line) for path in self._paths() for line in path.read_text().splitlines()
        ]

    def answered(self) -> int:
        """Return how many starts and stops were answered so far."""
        return sum(path.read_bytes().count(b"\n") for path in self._paths())

    def _paths(self) -> list[Path]:
        paths = {each.on_answered for each in self.options if each.on_answered is not None}
        return [path for path in sorted(paths) if path.exists()]

    def _serve(self) -> None:
        try:
            asyncio.set_event_loop(self._loop)
            self._loop.run_until_complete(self._simulate())
        except BaseException as error:  # noqa: BLE001 - raised again by `end`
            self._failure = error
        finally:
            self._begun.set()
            self._stops.clear()
            self._loop.close()

    async def _simulate(self) -> None:
        self._stops = [asyncio.Event() for _ in self.options]
        runs = zip(self.options, self._stops, strict=True)
        gathered = asyncio.gather(*(simulate(options, stop) for options, stop in runs))
        self._begun.set()
        self.summaries = await gathered
