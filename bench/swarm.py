"""All measured stations in one process that costs little: `python -m bench.swarm PORT FIRST COUNT`.

Obeys one JSON object a line on standard input and answers each with one on standard output; ends
with its input. `fleet.py` holds the other end.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import select
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from .figures import percentile
from .station import Refused, Station

STDIN = 0


def station_id(number: int) -> str:
    """Return the id of a measured station."""
    return f"BENCH{number:05d}"


class Swarm:
    """Stations on one epoll loop: steps that all of them take, or load until told otherwise."""

    def __init__(self, port: int, stations: list[Station]) -> None:
        self._port = port
        self._stations = stations
        self._turns = itertools.cycle(stations)
        self._by_socket: dict[int, Station] = {}
        self._epoll = select.epoll()
        self._random = random.Random(16)  # noqa: S311 - the same gaps in every run
        self._to_step: deque[Station] = deque()
        self._stepping = 0
        self._step: Callable[[Station], None] | None = None
        self._step_began = 0.0
        self._saturating = False
        self._rate = 0.0
        self._due = 0.0
        self._resting = False
        self._latencies: list[float] = []
        self._held = 0

    def serve(self) -> None:
        """Work until standard input ends."""
        self._epoll.register(STDIN, select.EPOLLIN)
        lines = b""
        while True:
            for number, _ in self._epoll.poll(self._patience_s()):
                if number != STDIN:
                    self._hear(number)
                    continue
                data = os.read(STDIN, 65536)
                if not data:
                    return
                *whole, lines = (lines + data).split(b"\n")
                for line in whole:
                    self._obey(**json.loads(line))
            self._send_due()

    # --- what is asked for --------------------------------------------------------------------

    def _obey(self, do: str, **options: Any) -> None:
        getattr(self, f"do_{do}")(**options)

    def do_connect(self, abreast: int) -> None:
        """Have all stations connect and boot, so many at the same time."""
        self._begin_step(self._connect, abreast)

    def do_say(self, action: str, abreast: int) -> None:
        """Have all stations say something once."""
        self._begin_step(lambda station: station.say(action), abreast)

    def do_leave(self) -> None:
        """Have all stations drop their connections, as a mobile network does."""
        for station in self._stations:
            self._by_socket.pop(station.socket.fileno(), None)
            station.socket.close()
        self._tell()

    def do_saturate(self) -> None:
        """Have each station say the next thing as soon as the last one is answered."""
        self._saturating = True
        for station in self._stations:
            station.say_next()
        self._tell()

    def do_pace(self, per_second: float) -> None:
        """Send at random moments, so many a second over all stations, whatever is answered."""
        self._rate, self._due = per_second, time.perf_counter()
        self._tell()

    def do_mark(self) -> None:
        """Tell what was answered since the last time, and how quickly."""
        latencies, self._latencies = sorted(self._latencies), []
        held, self._held = self._held, 0
        shares = {f"p{share}_ms": share / 100 for share in (50, 95, 99)} if latencies else {}
        figures = {name: 1000 * percentile(latencies, share) for name, share in shares.items()}
        self._tell(replies=len(latencies), held=held, **figures)

    def do_rest(self) -> None:
        """End the load; answered when all is answered."""
        self._saturating, self._rate, self._resting = False, 0.0, True
        self._tell_rested()

    # --- how it is done -----------------------------------------------------------------------

    def _begin_step(self, step: Callable[[Station], None], abreast: int) -> None:
        self._step, self._step_began = step, time.perf_counter()
        self._to_step, self._stepping = deque(self._stations), 0
        for _ in range(min(abreast, len(self._stations))):
            self._step_on()

    def _step_on(self) -> None:
        if self._step is not None and self._to_step:
            self._stepping += 1
            self._step(self._to_step.popleft())
        elif not self._stepping:
            self._step = None
            self._tell(seconds=time.perf_counter() - self._step_began)

    def _connect(self, station: Station) -> None:
        station.connect(self._port)
        self._by_socket[station.socket.fileno()] = station
        self._epoll.register(station.socket, select.EPOLLIN)

    def _hear(self, number: int) -> None:
        station = self._by_socket.get(number)
        if station is None or not station.hear():  # it left, or it was asked something
            return
        self._latencies.append(time.perf_counter() - station.sent_at)
        if self._step is not None:
            self._stepping -= 1
            self._step_on()
        elif self._saturating:
            station.say_next()
        elif self._resting:
            self._tell_rested()

    def _send_due(self) -> None:
        while self._rate and self._due <= time.perf_counter():
            self._due += self._random.expovariate(self._rate)
            station = next(self._turns)
            if station.asked:
                self._held += 1  # a station may not ask twice at once: this message is lost
            else:
                station.say_next()

    def _patience_s(self) -> float | None:
        return max(0.0, self._due - time.perf_counter()) if self._rate else None

    def _tell_rested(self) -> None:
        if not any(station.asked for station in self._stations):
            self._resting = False
            self._tell()

    def _tell(self, **told: Any) -> None:
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Read the command line and serve; a failure is the last line."""
    port, first, count = map(int, sys.argv[1:])
    stations = [Station(station_id(number), number) for number in range(first, first + count)]
    try:
        Swarm(port, stations).serve()
    except (Refused, OSError) as error:
        sys.stdout.write(json.dumps({"failed": str(error)}) + "\n")


if __name__ == "__main__":
    main()
