"""A WebSocket without a socket, for connections on plain threads: queues in both directions."""

from __future__ import annotations

import json
import queue
import threading
import time
from typing import Any

from ocpp_core.live.transport import ConnectionClosed

PATIENCE_S = 5.0


class FakeTransport:
    """What `live.transport.WebSocket` is to a connection; the test is the station behind it.

    `say` and `lose` are the station's doing. `said` waits for what was sent to it. While `stuck`
    is set the station takes no bytes: a send waits until the connection is closed.
    """

    def __init__(self) -> None:
        self.last_heard = time.monotonic()
        self.pings = 0
        self.closed: tuple[int, str] | None = None
        self.stuck = threading.Event()
        self._incoming: queue.Queue[str | None] = queue.Queue()
        self._sent: queue.Queue[str] = queue.Queue()
        self._ended = threading.Event()

    # --- for the connection ---------------------------------------------------------------------

    def receive(self, timeout: float | None = None) -> str | None:
        """Return the next message, None after the time; raises ConnectionClosed at the end."""
        if self._ended.is_set():
            raise self._reason()
        try:
            text = self._incoming.get(timeout=timeout)
        except queue.Empty:
            return None
        if text is None:
            raise self._reason()
        self.last_heard = time.monotonic()
        return text

    def send(self, text: str) -> None:
        """Hand a text to the test."""
        if self.stuck.is_set():
            self._ended.wait()
        if self._ended.is_set():
            raise self._reason()
        self._sent.put(text)

    def ping(self) -> None:
        """Count a ping; whether it is answered is the test's doing (`answer_ping`)."""
        if self._ended.is_set():
            raise self._reason()
        self.pings += 1

    def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection; the first code counts."""
        if self._ended.is_set():
            return
        self.closed = (code, reason)
        self._end()

    def finish(self) -> None:
        """Close if that is still to be done."""
        self.close()

    # --- for the test ---------------------------------------------------------------------------

    def say(self, *message: Any) -> None:
        """Let the station send an array, or a text as it is."""
        raw = len(message) == 1 and isinstance(message[0], str)
        self._incoming.put(message[0] if raw else json.dumps(message))

    def said(self, timeout: float = PATIENCE_S) -> Any:
        """Wait for the next text that was sent to the station."""
        return json.loads(self._sent.get(timeout=timeout))

    def silent(self) -> bool:
        """Tell whether nothing waits to be read by the station."""
        return self._sent.empty()

    def answer_ping(self) -> None:
        """Let a pong arrive."""
        self.last_heard = time.monotonic()

    def lose(self) -> None:
        """Lose the connection."""
        self._end()

    def _end(self) -> None:
        self._ended.set()
        self._incoming.put(None)

    def _reason(self) -> ConnectionClosed:
        return ConnectionClosed(*(self.closed or (1006, "")))
