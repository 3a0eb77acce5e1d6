"""A station's line to the server: connects, and connects again after each loss."""

from __future__ import annotations

import asyncio
import base64
import logging
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from ocpp_core.simulator.outbox import Offline
from ocpp_core.simulator.summary import Statistics

log = logging.getLogger(__name__)

_STABLE_S = 5.0  # a connection that lived so long makes the next wait short again
_PING_S = 60.0


@dataclass(frozen=True)
class Address:
    """Where a station connects, and as whom."""

    url: str
    station_id: str
    password: str | None
    subprotocol: str

    @property
    def uri(self) -> str:
        """Return the station's own address."""
        return f"{self.url.rstrip('/')}/{quote(self.station_id, safe='')}"

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of HTTP Basic, none without a password."""
        if self.password is None:
            return {}
        pair = f"{self.station_id}:{self.password}".encode()
        return {"Authorization": "Basic " + base64.b64encode(pair).decode()}


class Backoff:
    """Waits that double from one to the next, with jitter."""

    def __init__(self, first_s: float, longest_s: float, rng: random.Random) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._rng = rng
        self._failures = 0

    def next_s(self) -> float:
        """Return how long to wait now."""
        wait_s = min(self._longest_s, self._first_s * 2.0 ** min(self._failures, 20))
        self._failures += 1
        return wait_s * self._rng.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin with the short wait again."""
        self._failures = 0


@dataclass(frozen=True)
class Ears:
    """Whom the link tells what happens."""

    opened: Callable[[], Coroutine[Any, Any, None]]
    heard: Callable[[str], Coroutine[Any, Any, None]]
    closed: Callable[[], None]


class _Opening(connect):
    """Follows no redirects: stations do not."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Link:
    """Keeps one WebSocket open."""

    def __init__(
        self, address: Address, backoff: Backoff, statistics: Statistics, *, first_wait_s: float
    ) -> None:
        self._address = address
        self._backoff = backoff
        self._statistics = statistics
        self._rest_s: float | None = first_wait_s
        self._socket: ClientConnection | None = None
        self._ended = False

    @property
    def connected(self) -> bool:
        """Tell whether a connection is open."""
        return self._socket is not None

    async def send(self, text: str) -> None:
        """Send one message; raises Offline."""
        if self._socket is None:
            raise Offline("not connected")
        try:
            await self._socket.send(text)
        except ConnectionClosed as error:
            raise Offline("connection lost") from error

    async def close(self) -> None:
        """Close the connection with 1000; the link connects again."""
        if self._socket is not None:
            await self._socket.close(1000)

    async def end(self) -> None:
        """Close and connect no more."""
        self._ended = True
        await self.close()

    async def rest(self, seconds: float) -> None:
        """Close, and stay away for a while (real seconds)."""
        self._rest_s = seconds
        await self.close()

    async def run(self, ears: Ears) -> None:
        """Connect again and again, until the end."""
        while not self._ended:
            await asyncio.sleep(self._wait_s())
            socket = await self._connect()
            if socket is not None:
                await self._talk(socket, ears)

    def _wait_s(self) -> float:
        if self._rest_s is not None:
            rest_s, self._rest_s = self._rest_s, None
            return rest_s
        return self._backoff.next_s()

    async def _connect(self) -> ClientConnection | None:
        try:
            return await _Opening(
                self._address.uri,
                subprotocols=[Subprotocol(self._address.subprotocol)],
                additional_headers=self._address.headers,
                compression=None,
                proxy=None,
                ping_interval=_PING_S,
                close_timeout=2,
            )
        except InvalidStatus as error:
            self._failed(f"connection refused with HTTP {error.response.status_code}")
        except (OSError, WebSocketException) as error:  # TimeoutError is an OSError
            self._failed(f"no connection: {type(error).__name__}")
        return None

    def _failed(self, kind: str) -> None:
        self._statistics.errors[kind] += 1
        log.debug(kind, extra={"station": self._address.station_id})

    async def _talk(self, socket: ClientConnection, ears: Ears) -> None:
        self._socket = socket
        self._statistics.connections += 1
        self._statistics.online += 1
        begin = asyncio.get_running_loop().time()
        try:
            async with asyncio.TaskGroup() as group:
                opening = group.create_task(ears.opened())
                await self._listen(socket, ears)
                opening.cancel()
        finally:
            self._statistics.online -= 1
        if asyncio.get_running_loop().time() - begin >= _STABLE_S:
            self._backoff.reset()

    async def _listen(self, socket: ClientConnection, ears: Ears) -> None:
        try:
            async for message in socket:
                text = message if isinstance(message, str) else message.decode("utf-8", "replace")
                await ears.heard(text)
        except (ConnectionClosed, Offline):
            self._statistics.errors["connection lost"] += 1
        finally:
            self._socket = None
            ears.closed()
