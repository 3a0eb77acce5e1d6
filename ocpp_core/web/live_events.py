"""Server-sent events: what happens, as it happens, to any number of listeners.

Each event is written once, however many listen. A listener that reads too slowly loses the oldest
events and is told so; nobody waits for it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from .. import clock, events

HEARTBEAT_S = 15.0  # proxies drop a stream that says nothing; a listener that left is noticed
MOST_WAITING = 1000
RETRY_MS = 3000  # a browser comes back after so long
HEARTBEAT = b": heartbeat\n\n"

Wanted = Callable[[events.Event], bool]


def names() -> frozenset[str]:
    """Return the names of all events that can happen."""
    return frozenset(kind.__name__ for kind in _kinds(events.Event))


class Listener:
    """One stream: what waits to be sent to it."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self._waiting: deque[bytes] = deque()
        self._lost = 0
        self._ended = False
        self._changed = threading.Condition()

    def put(self, text: bytes) -> None:
        """Add an event; the oldest makes room when the listener is too slow."""
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                self._waiting.popleft()
                self._lost += 1
            self._waiting.append(text)
            self._changed.notify()

    def end(self) -> None:
        """Let the stream end after what waits."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def take(self, timeout_s: float) -> bytes | None:
        """Return what waits, or a heartbeat after `timeout_s`; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended, timeout_s)
            if not self._waiting:
                return None if self._ended else HEARTBEAT
            parts = [_frame("lagged", {"lost": self._lost})] if self._lost else []
            parts += self._waiting
            self._waiting.clear()
            self._lost = 0
        return b"".join(parts)


class LiveEvents:
    """All streams of one application."""

    def __init__(self, heartbeat_s: float = HEARTBEAT_S) -> None:
        self._heartbeat_s = heartbeat_s
        self._listeners: tuple[Listener, ...] = ()  # replaced, never changed: read without a lock
        self._lock = threading.Lock()
        self._ended = False
        self._unsubscribe = events.subscribe(self._hear)

    @property
    def count(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def stream(self, wanted: Wanted) -> Iterator[bytes]:
        """Return the stream of the events that are wanted; it listens from now on."""
        listener = Listener(wanted)
        with self._lock:
            if self._ended:
                listener.end()
            self._listeners = (*self._listeners, listener)
        return _Stream(listener, self._heartbeat_s, lambda: self._leave(listener))

    def end(self) -> None:
        """End all streams, those to come too."""
        self._unsubscribe()
        with self._lock:
            self._ended = True
            listeners = self._listeners
        for listener in listeners:
            listener.end()

    def _hear(self, event: events.Event) -> None:
        text = b""
        for listener in self._listeners:
            if listener.wanted(event):
                text = text or _frame(event.name, event.values())
                listener.put(text)

    def _leave(self, listener: Listener) -> None:
        with self._lock:
            self._listeners = tuple(each for each in self._listeners if each is not listener)


class _Stream(Iterator[bytes]):
    """What the server iterates over; it calls `close` when the client is gone.

    A generator would not run its clean-up when it is closed before its first value.
    """

    def __init__(self, listener: Listener, heartbeat_s: float, leave: Callable[[], None]) -> None:
        self._listener = listener
        self._heartbeat_s = heartbeat_s
        self._leave = leave
        self._greeted = False

    def __next__(self) -> bytes:
        if not self._greeted:
            self._greeted = True
            return f"retry: {RETRY_MS}\n".encode() + _frame("hello", {"at": clock.utcnow()})
        text = self._listener.take(self._heartbeat_s)
        if text is None:
            raise StopIteration
        return text

    def close(self) -> None:
        """Listen no more."""
        self._leave()


def _frame(name: str, values: dict[str, Any]) -> bytes:
    """Return one event as text; JSON without line breaks is one data line."""
    data = orjson.dumps({"event": name, **values}, _plain, orjson.OPT_PASSTHROUGH_DATETIME)
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else clock.wire(value)


def _kinds(base: type[events.Event]) -> Iterator[type[events.Event]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds(kind)
