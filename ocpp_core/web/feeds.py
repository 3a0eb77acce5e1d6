"""Streams of pages: what there is at first, then what happens, as long as the visitor is logged in.

A page that lost its stream simply asks for it again: what it is sent first makes up for what it
missed. Events are written once however many pages listen (live_events.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson
from flask import Response, current_app, request

from .. import clock
from ..errors import StorageUnavailable
from ..services import logins as login_sessions
from . import logins
from .api.events import EXTENSION
from .live_events import HEARTBEAT, LiveEvents, Wanted

CHECK_EVERY_S = 15.0  # whether the log-in still stands
PAUSE_S = 0.05  # between two writes: what comes meanwhile goes out together
BEAT = b"event: beat\ndata: {}\n\n"  # scripts do not see comments


class Feed(Iterator[bytes]):
    """What one page is sent; it listens since before `first` is looked up, so nothing is missed."""

    def __init__(
        self, happening: Iterator[bytes], first: Iterable[bytes], is_welcome: Callable[[], bool]
    ) -> None:
        self._happening = happening
        self._first = iter(first)
        self._is_welcome = is_welcome
        self._greeted = False
        self._goes_on_at = 0.0
        self._checks_at = time.monotonic() + CHECK_EVERY_S

    def __next__(self) -> bytes:
        if not self._greeted:
            self._greeted = True
            return next(self._happening)  # says hello, and when to come back
        try:
            text = next(self._first, None)
        except StorageUnavailable:  # the browser comes back
            raise StopIteration from None
        return self._next_of_happening() if text is None else text

    def close(self) -> None:
        """Listen no more; the server calls this when the browser is gone."""
        close = getattr(self._happening, "close", None)
        if close is not None:
            close()

    def _next_of_happening(self) -> bytes:
        time.sleep(max(0.0, self._goes_on_at - time.monotonic()))
        text = next(self._happening)
        now = time.monotonic()
        self._goes_on_at = now + PAUSE_S
        if now >= self._checks_at:
            if not self._is_welcome():
                raise StopIteration
            self._checks_at = now + CHECK_EVERY_S
        return BEAT if text == HEARTBEAT else text


def feed(wanted: Wanted, first: Iterable[bytes] = ()) -> Response:
    """Answer with the stream of the events that are wanted, after `first`.

    `first` is not looked up before the stream has begun to listen.
    """
    content = None
    if request.method == "GET":
        live: LiveEvents = current_app.extensions[EXTENSION]
        content = Feed(live.stream(wanted), first, _guard())
    response = Response(content, mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"  # nginx would wait until its buffer is full
    return response


def frame(name: str, values: Any) -> bytes:
    """Return one event of our own as text."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), orjson.dumps(values))


def _guard() -> Callable[[], bool]:
    """Return what tells whether the visitor of this request is still logged in."""
    known = logins.visitor()
    token = known.token if known else ""

    def is_welcome() -> bool:
        try:
            return login_sessions.find(token, clock.utcnow()) is not None
        except StorageUnavailable:
            return True  # nobody can tell: asked again in a while

    return is_welcome
