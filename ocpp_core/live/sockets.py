"""What a long-lived TCP connection needs: options, waiting with a limit, a certain end."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable

UNACKNOWLEDGED_S = 30  # sent bytes that nobody acknowledges for so long: the peer is gone
KEEPALIVE_IDLE_S = 120
LAST_WORD_S = 1.0  # how long a peer may take to answer a close frame

_OPTIONS = (  # Linux knows all of them, other systems some
    (socket.SOL_SOCKET, "SO_KEEPALIVE", 1),
    (socket.IPPROTO_TCP, "TCP_NODELAY", 1),
    (socket.IPPROTO_TCP, "TCP_KEEPIDLE", KEEPALIVE_IDLE_S),
    (socket.IPPROTO_TCP, "TCP_KEEPINTVL", UNACKNOWLEDGED_S // 3),
    (socket.IPPROTO_TCP, "TCP_USER_TIMEOUT", UNACKNOWLEDGED_S * 1000),
)


def tune(sock: socket.socket) -> None:
    """Send small frames at once, and notice a dead peer; nothing for sockets that are not TCP."""
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    for level, name, value in _OPTIONS:
        if hasattr(socket, name):
            sock.setsockopt(level, getattr(socket, name), value)


def readable(sock: socket.socket, timeout_s: float) -> bool:
    """Wait until `recv` has something to say, for `timeout_s` at most."""
    if isinstance(sock, ssl.SSLSocket) and sock.pending():  # bytes that have left the kernel
        return True
    return _ready(sock, select.POLLIN, timeout_s)


def writable(sock: socket.socket) -> bool:
    """Tell whether a small write would go through at once."""
    return _ready(sock, select.POLLOUT, 0)


def shut(sock: socket.socket) -> None:
    """End both directions; whoever waits on the socket wakes. Again is harmless."""
    with contextlib.suppress(OSError, ValueError):
        sock.shutdown(socket.SHUT_RDWR)


def _ready(sock: socket.socket, event: int, timeout_s: float) -> bool:
    poll = select.poll()
    try:
        poll.register(sock, event)
    except (OSError, ValueError):
        return True  # closed: the read or write that follows says so
    return bool(poll.poll(timeout_s * 1000))


class Undertaker:
    """Ends connections whose peer does not answer our close frame.

    One thread for all of them, which ends when nothing is left: a server that stops closes
    thousands at once.
    """

    def __init__(self, patience_s: float = LAST_WORD_S) -> None:
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()
        self._running = False

    def expect(self, end: Callable[[], None]) -> None:
        """Call `end` when the patience is over; it must neither wait nor raise."""
        with self._lock:
            self._waiting.append((time.monotonic() + self._patience_s, end))
            if self._running:
                return
            self._running = True
        threading.Thread(target=self._run, name="undertaker", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running = False
                    return
                due, end = self._waiting.popleft()
            time.sleep(max(0.0, due - time.monotonic()))
            end()
