"""A WebSocket client that speaks OCPP-J: calls, and answers as the test told it."""

from __future__ import annotations

import base64
import contextlib
import json
import queue
import socket
import ssl
import struct
import threading
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Self
from urllib.parse import quote

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, reconnect
from websockets.typing import Subprotocol

from tests.support.station_answers import (
    Answer,
    CallError,
    CallErrorAnswer,
    Disconnect,
    Received,
    Silence,
)
from tests.support.station_messages import VERSIONS, Payload

_CALL, _RESULT, _ERROR = 2, 3, 4


class _Connection(ClientConnection):
    """Can fall mute: nothing it would send leaves, not even a pong."""

    muted = False

    def send_data(self) -> None:
        if self.muted:
            self.protocol.data_to_send()
        else:
            super().send_data()


class _Opening(reconnect):
    """Follows no redirects: stations do not."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class StationClient:
    """One station's line; it may connect, lose the connection and connect again.

    `answers` maps an action to what is answered: a payload, a CallErrorAnswer, Silence,
    Disconnect, or a function from the payload to one of these (it runs on the reading thread and
    must not `call`). Known commands are accepted, others get NotImplemented. A refused handshake
    raises `websockets.exceptions.InvalidStatus` with the response.
    """

    def __init__(
        self,
        url: str,
        station_id: str,
        version: str = "1.6",
        *,
        password: str | bytes | None = None,
        username: str | None = None,
        headers: Mapping[str, str] | None = None,
        subprotocols: Sequence[str] | None = None,
        tls: ssl.SSLContext | None = None,
        timeout: float = 5.0,
    ) -> None:
        self.id = station_id
        self.version = version
        self.messages = VERSIONS[version]()
        self.answers: dict[str, Answer] = dict(self.messages.commands)
        self.received: list[Received] = []
        self.last_answer: Payload = {}
        self.timeout = timeout
        self._uri = f"{url.rstrip('/')}/{quote(station_id, safe='')}"
        self._headers = {**_basic(username or station_id, password), **(headers or {})}
        self._subprotocols = None if subprotocols is None else [*map(Subprotocol, subprotocols)]
        self._tls = tls
        self._socket: ClientConnection | None = None
        self._reader: threading.Thread | None = None
        self._raw: queue.Queue[str | bytes | ConnectionClosed] = queue.Queue()
        self._waiting: dict[str, Future[Payload]] = {}
        self._news = threading.Condition()

    # -- connection ----------------------------------------------------------------------------

    def connect(self) -> Self:
        """Open a connection; one that is still open is forgotten, not closed."""
        own = [Subprotocol(self.messages.subprotocol)]
        offered = own if self._subprotocols is None else self._subprotocols
        stack = contextlib.ExitStack()
        self._socket = stack.enter_context(  # never left: close() and abort() end it
            _Opening(
                self._uri,
                subprotocols=offered or None,
                additional_headers=self._headers,
                create_connection=_Connection,
                compression=None,
                proxy=None,
                ssl=self._tls,
                open_timeout=self.timeout,
                ping_interval=None,
                close_timeout=1,
                max_size=None,
            )
        )
        stack.pop_all()
        self._raw = queue.Queue()
        self._waiting = {}
        self._reader = threading.Thread(
            target=self._read, args=(self._socket, self._waiting, self._raw), daemon=True
        )
        self._reader.start()
        return self

    def __enter__(self) -> Self:
        return self.connect()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def socket(self) -> ClientConnection:
        """Return the WebSocket below."""
        assert self._socket is not None, "connect first"
        return self._socket

    @property
    def subprotocol(self) -> str | None:
        """Return the subprotocol that the server chose."""
        return self.socket.subprotocol

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close with a close frame."""
        if self._socket is not None:
            self._socket.close(code, reason)
            self._join()

    def abort(self) -> None:
        """Reset the TCP connection, without a close frame."""
        linger = struct.pack("ii", 1, 0)
        with contextlib.suppress(OSError):  # closed already
            self.socket.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.socket.close_socket()
        self._join()

    def fall_mute(self) -> None:
        """Send nothing any more, not even pongs, with the connection still open."""
        assert isinstance(self._socket, _Connection)
        self._socket.muted = True

    def wait_closed(self, timeout: float | None = None) -> tuple[int | None, str | None]:
        """Wait until the connection is closed; return code and reason of the close frame."""
        if not self.socket.wait_closed(self.timeout if timeout is None else timeout):
            raise TimeoutError("the connection is still open")
        return self.socket.close_code, self.socket.close_reason

    # -- messages ------------------------------------------------------------------------------

    def call(
        self,
        action: str,
        payload: Payload,
        message_id: str | None = None,
        timeout: float | None = None,
    ) -> Payload:
        """Send a CALL and return the answer; raises CallError, ConnectionClosed, TimeoutError."""
        message_id = message_id or str(uuid.uuid4())
        future: Future[Payload] = Future()
        self._waiting[message_id] = future
        try:
            self.send_raw(_frame([_CALL, message_id, action, payload]))
            self.last_answer = future.result(self.timeout if timeout is None else timeout)
        finally:
            self._waiting.pop(message_id, None)
        return self.last_answer

    def send_raw(self, message: str | bytes | Iterable[str | bytes]) -> None:
        """Send text, a binary frame, or with an iterable the fragments of one message."""
        self.socket.send(message)

    def receive_raw(self, timeout: float | None = None) -> str | bytes:
        """Return the next text that answers no `call` and is no CALL of the server."""
        try:
            message = self._raw.get(timeout=self.timeout if timeout is None else timeout)
        except queue.Empty:
            raise TimeoutError("nothing received") from None
        if isinstance(message, ConnectionClosed):
            raise message
        return message

    def wait_for(self, action: str, timeout: float | None = None, count: int = 1) -> Received:
        """Wait until the server called an action so many times; return the last of them."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        with self._news:
            while True:
                found = [call for call in self.received if call.action == action]
                if len(found) >= count:
                    return found[count - 1]
                if not self._news.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"{action} not received: {self.received}")

    # -- the reading thread --------------------------------------------------------------------

    def _read(
        self,
        connection: ClientConnection,
        waiting: dict[str, Future[Payload]],
        raw: queue.Queue[str | bytes | ConnectionClosed],
    ) -> None:
        try:
            while True:
                text = connection.recv()
                if not self._take(connection, waiting, text):
                    raw.put(text)
        except ConnectionClosed as error:
            for future in list(waiting.values()):
                future.set_exception(error)
            raw.put(error)

    def _take(
        self, connection: ClientConnection, waiting: dict[str, Future[Payload]], text: str | bytes
    ) -> bool:
        try:
            kind, message_id, *rest = json.loads(text)
        except ValueError:
            return False
        if kind == _CALL:
            self._obey(connection, Received(rest[0], rest[1], message_id))
            return True
        future = waiting.pop(message_id, None)
        if future is None:
            return False
        if kind == _RESULT:
            future.set_result(rest[0])
        else:
            future.set_exception(CallError(*rest or ["GenericError"]))  # some send [4,"id"]
        return True

    def _obey(self, connection: ClientConnection, call: Received) -> None:
        with self._news:
            self.received.append(call)
            self._news.notify_all()
        unknown = CallErrorAnswer("NotImplemented", f"{call.action} has no answer")
        answer = self.answers.get(call.action, unknown)
        if callable(answer) and not isinstance(answer, type):
            answer = answer(call.payload)
        self._reply(connection, call.message_id, answer)

    def _reply(self, connection: ClientConnection, message_id: str, answer: Any) -> None:
        if answer is Silence or isinstance(answer, Silence):
            return
        if answer is Disconnect or isinstance(answer, Disconnect):
            connection.close_socket()
            return
        if isinstance(answer, CallErrorAnswer):
            error = [_ERROR, message_id, answer.code, answer.description, answer.details]
            connection.send(_frame(error))
            return
        connection.send(_frame([_RESULT, message_id, answer]))

    def _join(self) -> None:
        if self._reader is not None and self._reader is not threading.current_thread():
            self._reader.join(self.timeout)


def _frame(message: list[Any]) -> str:
    return json.dumps(message, separators=(",", ":"))


def _basic(username: str, password: str | bytes | None) -> dict[str, str]:
    if password is None:
        return {}
    secret = password.encode() if isinstance(password, str) else password
    pair = base64.b64encode(username.encode() + b":" + secret).decode()
    return {"Authorization": f"Basic {pair}"}
