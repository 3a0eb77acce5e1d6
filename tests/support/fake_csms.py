"""A tiny server for tests of stations: answers as told, and checks every payload's schema."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from ocpp.messages import MessageType, get_validator
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

NOW = "2026-01-01T00:00:00.000Z"
Payload = dict[str, Any]


class CallError(Exception):
    """The station answered with a CALLERROR."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(code, description)
        self.code = code


@dataclass(frozen=True)
class Heard:
    """One CALL of a station."""

    station_id: str
    message_id: str
    action: str
    payload: Payload
    connection: int


class Silence:
    """Stands for an answer that never comes."""


Answer = Payload | CallError | type[Silence]


class FakeCsms:
    """Listens on a free port; `answers` by action overrule the friendly ones."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.heard: list[Heard] = []
        self.answers: dict[str, Answer | Callable[[Heard], Answer]] = {}
        self.headers: list[Mapping[str, str]] = []
        self.close_codes: list[int | None] = []
        self.refuse = False
        self._sockets: dict[str, ServerConnection] = {}
        self._waiting: dict[str, tuple[str, asyncio.Future[Payload]]] = {}
        self._numbers = itertools.count(1)
        self._connections = itertools.count(1)
        self._news = asyncio.Condition()
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        name = Subprotocol("ocpp" + self.version)
        self._server = await serve(
            self._serve, "127.0.0.1", 0, subprotocols=[name], process_request=self._admit
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Return the address for stations."""
        assert self._server is not None
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/OCPP"

    async def call(self, station_id: str, action: str, payload: Payload) -> Payload:
        """Send a CALL; return the result or raise CallError."""
        check(MessageType.Call, action, self.version, payload)
        message_id = f"c{next(self._numbers)}"
        future: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._waiting[message_id] = (action, future)
        await self._sockets[station_id].send(json.dumps([2, message_id, action, payload]))
        return await asyncio.wait_for(future, 3)

    async def wait_for(
        self, action: str, where: Callable[[Payload], bool] = lambda _: True, count: int = 1
    ) -> Heard:
        """Wait until an action was heard some times; return the last of them."""

        def found() -> list[Heard]:
            return [h for h in self.heard if h.action == action and where(h.payload)]

        try:
            async with asyncio.timeout(3), self._news:
                await self._news.wait_for(lambda: len(found()) >= count)
        except TimeoutError:
            actions = [(h.action, h.payload) for h in self.heard]
            raise AssertionError(f"{action} not heard {count} times in {actions}") from None
        return found()[count - 1]

    def of(self, *actions: str) -> list[Heard]:
        """Return all CALLs of some actions."""
        return [heard for heard in self.heard if heard.action in actions]

    def drop(self, station_id: str) -> None:
        """Lose the connection without a close frame."""
        self._sockets[station_id].transport.abort()

    def _admit(self, connection: ServerConnection, request: Any) -> Any:
        self.headers.append(request.headers)
        return connection.respond(503, "refused\n") if self.refuse else None

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        station_id = socket.request.path.rsplit("/", 1)[1]
        number = next(self._connections)
        self._sockets[station_id] = socket
        try:
            async for text in socket:
                await self._receive(socket, station_id, number, json.loads(text))
        except ConnectionClosed:
            return  # the test dropped it
        finally:
            self.close_codes.append(socket.close_code)

    async def _receive(
        self, socket: ServerConnection, station_id: str, number: int, message: list[Any]
    ) -> None:
        if message[0] != MessageType.Call:
            self._settle(message)
            return
        heard = Heard(station_id, message[1], message[2], message[3], number)
        check(MessageType.Call, heard.action, self.version, heard.payload)
        told = self.answers.get(heard.action, friendly)
        answer = told(heard) if callable(told) and not isinstance(told, type) else told
        if isinstance(answer, CallError):
            await socket.send(json.dumps([4, heard.message_id, answer.code, "", {}]))
        elif isinstance(answer, dict):
            check(MessageType.CallResult, heard.action, self.version, answer)
            await socket.send(json.dumps([3, heard.message_id, answer]))
        async with self._news:
            self.heard.append(heard)
            self._news.notify_all()

    def _settle(self, message: list[Any]) -> None:
        action, future = self._waiting.pop(message[1])
        if message[0] == MessageType.CallError:
            future.set_exception(CallError(message[2], message[3]))
            return
        check(MessageType.CallResult, action, self.version, message[2])
        future.set_result(message[2])


_passed: set[Any] = set()


def check(kind: int, action: str, version: str, payload: Payload) -> None:
    """Fail the test when a payload breaks its schema; the same shape is judged once."""
    shape = (kind, action, version, _shape(payload))
    if shape in _passed:
        return
    errors = [error.message for error in get_validator(kind, action, version).iter_errors(payload)]
    assert not errors, (action, payload, errors)
    _passed.add(shape)


def _shape(value: Any) -> Any:
    """Return members, types and words of a value, without its figures."""
    if isinstance(value, dict):
        return tuple((name, _shape(member)) for name, member in value.items())
    if isinstance(value, list):
        return frozenset(_shape(member) for member in value)
    if isinstance(value, str):
        return len(value) if any(letter.isdigit() for letter in value) else value
    return type(value)


def friendly(heard: Heard) -> Payload:
    """Return what a server that likes everything answers."""
    if heard.action == "BootNotification":
        return {"status": "Accepted", "currentTime": NOW, "interval": 300}
    if heard.action == "Heartbeat":
        return {"currentTime": NOW}
    if heard.action == "StartTransaction":
        return {
            "idTagInfo": {"status": "Accepted"},
            "transactionId": 100_000 + len(heard.message_id),
        }
    if heard.action == "Authorize" and "idTag" in heard.payload:
        return {"idTagInfo": {"status": "Accepted"}}
    if heard.action == "Authorize" or "idToken" in heard.payload:
        return {"idTokenInfo": {"status": "Accepted"}}
    return {}
