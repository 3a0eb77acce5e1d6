"""Taking turns: one CALL to a station at a time, the others wait in order (OCPP-J, 4.1.1)."""

from __future__ import annotations

import threading
import time
from collections import deque

from ..errors import CallTimeout, Disconnected


class Turns:
    """A queue in front of one station; its end wakes everybody at once."""

    __slots__ = ("_busy", "_ended", "_lock", "_waiting")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._busy = False
        self._ended = False

    def take(self, deadline: float) -> None:
        """Wait for the turn until `deadline` (time.monotonic); `give_back` ends it.

        Raises CallTimeout when it does not come in time, Disconnected when the queue ended.
        """
        with self._lock:
            self._refuse_when_ended()
            if not self._busy:
                self._busy = True
                return
            turn = threading.Event()
            self._waiting.append(turn)
        came = turn.wait(max(0.0, deadline - time.monotonic()))
        with self._lock:
            self._refuse_when_ended()  # first: whoever was queued is in no queue any more
            if not came and not turn.is_set():
                self._waiting.remove(turn)
                raise CallTimeout("the station is busy with other commands")

    def give_back(self) -> None:
        """End the turn; the next in the queue begins."""
        with self._lock:
            if self._waiting and not self._ended:
                self._waiting.popleft().set()
            else:
                self._busy = False

    def end(self) -> None:
        """Wake everybody: no turn will come any more."""
        with self._lock:
            self._ended = True
            waiting, self._waiting = self._waiting, deque()
        for turn in waiting:
            turn.set()

    def _refuse_when_ended(self) -> None:
        if self._ended:
            raise Disconnected("the connection was lost")
