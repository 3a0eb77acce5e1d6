"""What comes from GET /api/v1/events, read in the background."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import Any, Self

import requests

from tests.support.server import API_KEY, RunningServer
from tests.support.waiting import until


class EventStream:
    """Listens as long as the `with` block lasts; `heard` holds all events so far."""

    def __init__(self, server: RunningServer, query: str = "") -> None:
        self.heard: list[dict[str, Any]] = []
        self._url = f"{server.url}/api/v1/events?{query}"
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._response = requests.get(
            self._url, headers={"X-API-Key": API_KEY}, stream=True, timeout=20
        )
        self._response.raise_for_status()
        self._thread.start()
        until(lambda: self.heard)  # hello
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._response.close()

    def named(self, name: str) -> list[dict[str, Any]]:
        """Return the events of one kind that came so far."""
        return [event for event in self.heard if event["event"] == name]

    @property
    def _socket(self) -> socket.socket:
        connection: Any = self._response.raw.connection
        found: socket.socket = connection.sock
        return found

    def _listen(self) -> None:
        with contextlib.suppress(requests.RequestException, AttributeError):
            for line in self._response.iter_lines(chunk_size=1):
                if line.startswith(b"data: "):
                    self.heard.append(json.loads(line.removeprefix(b"data: ")))
