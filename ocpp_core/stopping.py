"""The graceful stop of a worker: what runs after SIGTERM and before the process ends.

gunicorn by itself waits for open connections and tells them nothing: one WebSocket costs the
whole graceful timeout. Here the application registers functions that end its connections and
flush what it holds; they run as soon as the signal comes.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

QUICK_S = 2.0  # Ctrl-C and SIGQUIT
AT_EXIT_S = 5.0  # the process has nothing else to do, but its functions may still flush

log = logging.getLogger(__name__)
_functions: list[Callable[[], None]] = []


def on_stop(function: Callable[[], None]) -> None:
    """Register a function of the stop; they run one after the other, in this order."""
    _functions.append(function)


class Stop:
    """The stop of one worker: begun by a signal handler, carried out by a waiting thread.

    The handler may run in the middle of anything, the event loop included: it must not switch,
    lock or log (setting a green event wakes its waiters through the loop that is interrupted).
    Writing one byte into a socket pair is safe there, and wakes a green thread as well as a
    plain one.
    """

    def __init__(self) -> None:
        self.begun = False
        self._idle: set[socket.socket] = set()
        self._finished = threading.Event()
        self._reader, self._writer = socket.socketpair()
        threading.Thread(target=self._run, name="stop", daemon=True).start()

    def begin(self) -> None:
        """Wake the thread that carries out the stop; the second time changes nothing."""
        if not self.begun:
            self.begun = True
            os.write(self._writer.fileno(), b"\0")

    def finish(self, timeout_s: float) -> None:
        """Begin the stop if nobody has, and wait until it is carried out."""
        self.begin()
        if not self._finished.wait(timeout_s):
            log.warning("stop is not finished", extra={"timeout_s": timeout_s})

    def idle(self, sock: socket.socket) -> None:
        """Remember a connection that owes us a request: a stop ends it at once."""
        self._idle.add(sock)
        if self.begun:
            _end_reading(sock)

    def busy(self, sock: socket.socket) -> None:
        """Forget a connection whose request is served, or that is closed."""
        self._idle.discard(sock)

    def _run(self) -> None:
        self._reader.recv(1)
        for sock in tuple(self._idle):
            _end_reading(sock)
        for function in _functions:
            try:
                function()
            except Exception:
                log.exception("a function of the stop failed")
        self._finished.set()


def _end_reading(sock: socket.socket) -> None:
    """Let the thread that reads from a socket find its end.

    Through a second descriptor: gevent takes a shutdown of the very object for an error of its
    reader.
    """
    try:
        with socket.socket(fileno=os.dup(sock.fileno())) as twin:
            twin.shutdown(socket.SHUT_RD)
    except OSError:
        log.debug("connection is closed already")


def attach(worker: Any) -> Stop:
    """Give a gunicorn worker, whose threads are green by now, its graceful stop."""
    stop = Stop()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the master too, which decides
    _begin_on_sigterm(stop, worker.handle_exit)
    worker.handle = _watching(stop, worker.handle)
    return stop


def _begin_on_sigterm(stop: Stop, handle_exit: Callable[[int, FrameType | None], None]) -> None:
    def on_sigterm(number: int, frame: FrameType | None) -> None:
        stop.begin()
        handle_exit(number, frame)

    signal.signal(signal.SIGTERM, on_sigterm)
    signal.siginterrupt(signal.SIGTERM, False)  # as gunicorn does: running requests go on


def _watching(stop: Stop, handle: Callable[..., None]) -> Callable[..., None]:
    """Wrap gunicorn's handling of one connection.

    gunicorn goes on accepting for up to a second after SIGTERM: stations that were just sent
    away would come back into a worker that is about to end.
    """

    def watched(listener: Any, client: socket.socket, address: Any) -> None:
        if stop.begun:
            client.close()
            return
        stop.idle(client)
        try:
            handle(listener, client, address)
        finally:
            stop.busy(client)

    return watched
