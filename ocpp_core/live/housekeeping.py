"""Work that comes round: writing what is kept in memory, mending, deleting what is old."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)

STEP_S = 1.0


@dataclass
class Chore:
    """One piece of work and how often it is due (seconds).

    Work that returns True has more to do: it is due again at the next step, after the others.
    """

    name: str
    every_s: float
    work: Callable[[], object]
    due_at: float = 0.0


class Housekeeping:
    """One thread that does all chores of the process in turn."""

    def __init__(self, *chores: Chore) -> None:
        self._chores = chores
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Begin; each chore is due for the first time after its interval."""
        for chore in self._chores:
            chore.due_at = time.monotonic() + chore.every_s
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End after the chore at hand."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _serve(self) -> None:
        while not self._stop.wait(STEP_S):
            for chore in self._chores:
                if time.monotonic() >= chore.due_at:
                    has_more = self._do(chore)
                    chore.due_at = time.monotonic() + (0.0 if has_more else chore.every_s)

    def _do(self, chore: Chore) -> bool:
        try:
            return chore.work() is True
        except Exception:
            log.exception("housekeeping failed", extra={"chore": chore.name})
            return False
