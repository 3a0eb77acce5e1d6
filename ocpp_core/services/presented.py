"""The tokens that were last presented at stations: who adds a card need not type its number.

Each process remembers those of its own stations, and forgets them when it ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from .. import events
from ..domain import authorization
from ..events import TokenPresented

MOST = 200  # tokens, each at each station counted once


class Presented:
    """What was presented lately, each token at each station once."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._latest: dict[tuple[str, str], TokenPresented] = {}  # the oldest first
        self._lock = threading.Lock()
        self._unsubscribe: Callable[[], None] = lambda: None

    def listen(self) -> None:
        """Remember from now on."""
        self._unsubscribe = events.subscribe(self.hear)

    def end(self) -> None:
        """Remember no more."""
        self._unsubscribe()

    def hear(self, event: events.Event) -> None:
        """Remember a token that is presented; the oldest makes room."""
        if not isinstance(event, TokenPresented):
            return
        key = (event.station_id, authorization.fold(event.token))
        with self._lock:
            self._latest.pop(key, None)
            self._latest[key] = event
            if len(self._latest) > self._most:
                del self._latest[next(iter(self._latest))]

    def since(self, moment: datetime, station_id: str | None = None) -> list[TokenPresented]:
        """Return what was presented from a moment on, the newest first."""
        with self._lock:
            latest = [*self._latest.values()]
        return [
            event
            for event in reversed(latest)
            if event.at >= moment and station_id in (None, event.station_id)
        ]
