"""Guessing passwords of people is slow, and nobody is locked out by who guesses.

Failures count per name and address together, and per address; from the limit on an attempt is not
even looked at until the window ends. The right user at another address is not held up.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import Busy
from ..live.throttle import Clock, Tally, network

WINDOW_S = 300.0
PER_NAME_AND_ADDRESS = 5
PER_ADDRESS = 20
PAUSE_S = 0.5  # longer with each failure: a person hardly notices, a program does
LONGEST_PAUSE_S = 4.0


@dataclass(slots=True)
class Attempt:
    """One attempt; it counts as failed unless it is said to have succeeded."""

    succeeded: bool = False


class LoginLimits:
    """Counts failed attempts, those under way among them: many at once are no way around."""

    def __init__(self, clock: Clock = time.monotonic, pause_s: float = PAUSE_S) -> None:
        self._failed = Tally(clock, WINDOW_S)
        self._lock = threading.Lock()
        self._pause_s = pause_s

    @contextlib.contextmanager
    def attempt(self, name: str, address: str) -> Iterator[Attempt]:
        """Let one attempt be made. Raises Busy beyond the limits."""
        home = network(address)
        limits = {(name.casefold(), home): PER_NAME_AND_ADDRESS, home: PER_ADDRESS}
        with self._lock:
            for key, limit in limits.items():
                if self._failed.count(key) >= limit:
                    raise Busy("too many failed log-ins", self._failed.ends_in_s(key))
            count = max(self._failed.add(key) for key in limits)
        made = Attempt()
        try:
            yield made
        finally:
            if made.succeeded:
                with self._lock:
                    self._failed.add((name.casefold(), home), -PER_NAME_AND_ADDRESS)
                    self._failed.add(home, -1)
            else:
                time.sleep(min(LONGEST_PAUSE_S, self._pause_s * (count - 1)))
