"""Many stations that never answer, and as many callers that wait for them, on one thread."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping
from concurrent.futures import Future
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.support.server import API_KEY, RunningServer

T = TypeVar("T")
Reply = tuple[int, float]  # status, and the moment (time.monotonic) at which it came

_AT_A_TIME = 20  # connections being opened


class Crowd:
    """Silent stations of a server, connected with the `with` block."""

    def __init__(self, server: RunningServer, ids: Iterable[str], version: str = "1.6") -> None:
        self.received: Counter[str] = Counter()  # CALLs by station
        self._server = server
        self._ids = list(ids)
        self._subprotocol = Subprotocol("ocpp" + version)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._sockets: list[ClientConnection] = []
        self._tasks: list[asyncio.Task[None]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._connect_all()).result(60)
        return self

    def __exit__(self, *_: object) -> None:
        self.lose()
        self._do(self._settle()).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def lose(self) -> None:
        """Lose all connections without a close frame."""
        for socket in self._sockets:
            self._loop.call_soon_threadsafe(socket.transport.abort)

    def post(self, paths: Iterable[str], body: Any) -> list[Future[Reply]]:
        """Call paths of the server, all at a time."""
        headers = {"X-API-Key": API_KEY, "Content-Type": "application/json"}
        content = json.dumps(body).encode()
        return [self._do(self._post(path, content, headers)) for path in paths]

    def send_form(
        self, paths: Iterable[str], values: Mapping[str, str], cookies: str
    ) -> list[Future[Reply]]:
        """Send a form of a page to paths of the server, all at a time."""
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        content = urlencode(values).encode()
        return [self._do(self._post(path, content, headers)) for path in paths]

    def _do(self, job: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(job, self._loop)

    async def _connect_all(self) -> None:
        gate = asyncio.Semaphore(_AT_A_TIME)

        async def join(station_id: str) -> None:
            async with gate:
                socket = await connect(
                    f"{self._server.websocket_url}/{station_id}",
                    subprotocols=[self._subprotocol],
                    compression=None,
                    proxy=None,
                    ping_interval=None,
                )
            self._sockets.append(socket)
            self._tasks.append(asyncio.ensure_future(self._listen(station_id, socket)))

        await asyncio.gather(*map(join, self._ids))

    async def _listen(self, station_id: str, socket: ClientConnection) -> None:
        try:
            async for _ in socket:
                self.received[station_id] += 1
        except ConnectionClosed:
            return

    async def _settle(self) -> None:
        await asyncio.gather(*self._tasks)

    async def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{told}"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        status = int((await reader.readline()).split()[1])
        at = time.monotonic()
        await reader.read()
        writer.close()
        return status, at
