"""A way to a TCP server that can be cut: what goes through it breaks, what comes is refused."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self


class TcpProxy:
    """Hands bytes on between its own port and another address, while its `with` block lasts."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._listener = self._listen(0)
        self.port = int(self._listener.getsockname()[1])
        self._sockets: set[socket.socket] = set()

    def __enter__(self) -> Self:
        self._accept_on(self._listener)
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def cut(self) -> None:
        """Break all connections and refuse new ones."""
        _close(self._listener)
        for sock in tuple(self._sockets):
            _close(sock)

    def mend(self) -> None:
        """Accept connections again."""
        self._listener = self._listen(self.port)
        self._accept_on(self._listener)

    @staticmethod
    def _listen(port: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", port), backlog=100)

    def _accept_on(self, listener: socket.socket) -> None:
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the listener is closed
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._address)
                self._sockets |= {near, far}
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._hand_on, args=pair, daemon=True).start()

    def _hand_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for sock in (source, target):
            _close(sock)
            self._sockets.discard(sock)


def _close(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
