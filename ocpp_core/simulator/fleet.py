"""Many stations in one process, from the first connection to the summary."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import TextIO

from ocpp_core.simulator.journal import Journal
from ocpp_core.simulator.options import Options
from ocpp_core.simulator.station import Station
from ocpp_core.simulator.summary import Statistics, Summary

_LINE_EVERY_S = 2.0
_FAREWELL_S = 10.0
_SPARE_FILES = 100


def run(options: Options, output: TextIO | None = None) -> Summary:
    """Simulate until the duration is over or SIGINT or SIGTERM comes; print the summary.

    On a terminal a line on standard error tells every few seconds how it goes.
    """
    _allow_files(options.stations + _SPARE_FILES)
    summary = asyncio.run(simulate(options))
    (output or sys.stdout).write(f"{summary}\n")
    return summary


async def simulate(options: Options, stop: asyncio.Event | None = None) -> Summary:
    """Run the stations until `stop` is set, the duration is over or a signal comes."""
    stop = stop or asyncio.Event()
    statistics = Statistics()
    begin = time.monotonic()
    with Journal(options.on_answered) as journal, _signals(stop):
        stations = [
            Station(station_id, index, options, statistics, journal)
            for index, station_id in enumerate(options.station_ids)
        ]
        async with asyncio.TaskGroup() as group:
            for station in stations:
                group.create_task(station.run())
            live = group.create_task(_tell(statistics))
            await _until(stop, options.duration_s)
            await asyncio.gather(*(station.stop(_FAREWELL_S) for station in stations))
            live.cancel()
    seconds = time.monotonic() - begin
    return statistics.summary(options.stations, options.version, seconds)


async def _until(stop: asyncio.Event, duration_s: float | None) -> None:
    with contextlib.suppress(TimeoutError):  # the duration is over: as good as a signal
        async with asyncio.timeout(duration_s):
            await stop.wait()


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread only
        return
    loop = asyncio.get_running_loop()
    caught = (signal.SIGINT, signal.SIGTERM)
    for number in caught:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)


async def _tell(statistics: Statistics) -> None:
    terminal = sys.stderr
    if not terminal.isatty():
        return
    try:
        while True:
            await asyncio.sleep(_LINE_EVERY_S)
            terminal.write(f"\r\x1b[K{statistics.line()}")
            terminal.flush()
    finally:
        terminal.write("\n")


def _allow_files(wanted: int) -> None:
    """Raise the limit of open files where it is lower than the stations need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        highest = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
