"""What a station has to tell: one CALL at a time, transaction messages until answered."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ocpp_core.simulator.summary import Statistics

Payload = dict[str, Any]
OnAnswer = Callable[[Payload], None]
OnFailure = Callable[[Exception], None]


class Offline(Exception):
    """There is no connection, or it was lost before the answer came."""


class Refused(Exception):
    """The server answered with a CALLERROR."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Message:
    """A request to the server; a payload that is not known yet is made when it is first sent."""

    action: str
    payload: Payload | Callable[[], Payload]

    def text(self, message_id: str) -> str:
        """Write the CALL."""
        payload = self.payload() if callable(self.payload) else self.payload
        return json.dumps([2, message_id, self.action, payload], separators=(",", ":"))


@dataclass(slots=True, eq=False)
class _Item:
    message: Message
    number: int
    durable: bool
    on_answer: OnAnswer
    on_failure: OnFailure
    message_id: str = ""
    text: str = ""
    attempts: int = 0
    due: float = 0.0

    def renew(self) -> None:
        """Become a new CALL with the same content."""
        self.message_id = ""


@dataclass(slots=True)
class Patience:
    """How long to wait for an answer, and how to go on after a CALLERROR; real seconds."""

    timeout_s: float = 30.0
    attempts: Callable[[], int] = field(default=lambda: 3)
    retry_s: Callable[[], float] = field(default=lambda: 10.0)


class Outbox:
    """Queues the station's CALLs.

    Urgent ones (boot, what the server triggered) go out whenever there is a connection, the
    others only once the server has accepted the station. Durable ones outlive a disconnect:
    they are sent again, with the same id and payload, until they are answered.
    """

    def __init__(
        self, send: Callable[[str], Awaitable[None]], patience: Patience, statistics: Statistics
    ) -> None:
        self._send = send
        self._patience = patience
        self._statistics = statistics
        self._urgent: deque[_Item] = deque()
        self._loose: deque[_Item] = deque()
        self._durable: deque[_Item] = deque()
        self._count = 0
        self._connected = False
        self._admitted = False
        self._awaited: tuple[str, asyncio.Future[Payload]] | None = None
        self._changed = asyncio.Event()
        self._empty = asyncio.Event()

    @property
    def open(self) -> bool:
        """Tell whether the station may send whatever it likes."""
        return self._connected and self._admitted

    @property
    def backlog(self) -> int:
        """Return how many transaction messages wait for their answer."""
        return len(self._durable)

    def connected(self) -> None:
        """Begin to send on a new connection."""
        self._connected = True
        self._changed.set()

    def admit(self, admitted: bool) -> None:
        """Say whether the server accepted the station."""
        self._admitted = admitted
        self._changed.set()

    def disconnected(self) -> None:
        """Fail what was asked on this connection; durable messages stay."""
        self._connected = False
        if self._awaited is not None and not self._awaited[1].done():
            self._awaited[1].set_exception(Offline("connection lost"))
        for queue in (self._urgent, self._loose):
            while queue:
                queue.popleft().on_failure(Offline("connection lost"))
        self._changed.set()

    def post(
        self,
        message: Message,
        on_answer: OnAnswer | None = None,
        *,
        durable: bool = False,
        urgent: bool = False,
        on_failure: OnFailure | None = None,
    ) -> None:
        """Queue a message; without a connection all but durable ones fail at once."""
        self._count += 1
        item = _Item(message, self._count, durable, on_answer or _nothing, on_failure or _nothing)
        if not durable and not (self._connected and (urgent or self._admitted)):
            item.on_failure(Offline("not connected"))
            return
        queue = self._durable if durable else self._urgent if urgent else self._loose
        queue.append(item)
        self._empty.clear()
        self._changed.set()

    async def call(self, message: Message, *, urgent: bool = False) -> Payload:
        """Send a message and return the answer; raises Offline, Refused or TimeoutError."""
        future: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()

        def answered(payload: Payload) -> None:
            if not future.done():
                future.set_result(payload)

        def failed(error: Exception) -> None:
            if not future.done():
                future.set_exception(error)

        self.post(message, answered, urgent=urgent, on_failure=failed)
        return await future

    def receive(self, message_id: str, answer: Payload | Refused) -> None:
        """Take an answer of the server; one that nobody waits for is ignored."""
        if self._awaited is None or self._awaited[0] != message_id or self._awaited[1].done():
            return
        if isinstance(answer, Refused):
            self._awaited[1].set_exception(answer)
        else:
            self._awaited[1].set_result(answer)

    async def drain(self, timeout_s: float) -> bool:
        """Wait until everything is answered; False when it takes longer."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Send one CALL after the other, for ever."""
        while True:
            await self._exchange(await self._next())

    async def _next(self) -> _Item:
        while (item := self._sendable()) is None:
            if not (self._urgent or self._loose or self._durable):
                self._empty.set()
            self._changed.clear()
            await self._change_or_due()
        self._empty.clear()
        return item

    def _sendable(self) -> _Item | None:
        if not self._connected:
            return None
        if self._urgent:
            return self._urgent[0]
        if not self._admitted:
            return None
        heads = [queue[0] for queue in (self._loose, self._durable) if queue]
        now = asyncio.get_running_loop().time()
        return min((i for i in heads if i.due <= now), key=lambda i: i.number, default=None)

    async def _change_or_due(self) -> None:
        due = self._durable[0].due if self._durable and self.open else 0.0
        try:
            async with asyncio.timeout_at(due or None):
                await self._changed.wait()
        except TimeoutError:
            return  # the next attempt is due

    async def _exchange(self, item: _Item) -> None:
        try:
            answer = await self._ask(item)
        except Offline as error:
            self._settle(item, error, keep=item.durable)
        except TimeoutError as error:
            self._statistics.errors[f"no answer to {item.message.action}"] += 1
            self._settle(item, error, keep=item.durable)
        except Refused as error:
            self._statistics.errors[f"{error.code} for {item.message.action}"] += 1
            self._settle(item, error, keep=item.durable and self._try_again(item))
        else:
            self._remove(item)
            item.on_answer(answer)

    async def _ask(self, item: _Item) -> Payload:
        if not item.message_id:
            item.message_id = str(uuid.uuid4())
            item.text = item.message.text(item.message_id)
        future: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._awaited = (item.message_id, future)
        begin = asyncio.get_running_loop().time()
        try:
            await self._send(item.text)
            self._statistics.messages_sent += 1
            async with asyncio.timeout(self._patience.timeout_s):
                answer = await future
        finally:
            self._awaited = None
            if not future.cancel() and not future.cancelled():
                future.exception()  # lost while sending: the error is known already
        self._statistics.latencies_s.append(asyncio.get_running_loop().time() - begin)
        return answer

    def _try_again(self, item: _Item) -> bool:
        # OCPP 1.6 3.7.2, 2.x E13: a transaction message that failed is repeated a few times,
        # each time after a longer wait. It is a new CALL: the refused one has its answer.
        item.attempts += 1
        item.renew()
        item.due = asyncio.get_running_loop().time() + self._patience.retry_s() * item.attempts
        return item.attempts < self._patience.attempts()

    def _settle(self, item: _Item, error: Exception, *, keep: bool) -> None:
        if keep:
            return
        self._remove(item)
        self._statistics.undelivered += item.durable
        item.on_failure(error)

    def _remove(self, item: _Item) -> None:
        for queue in (self._urgent, self._loose, self._durable):
            if queue and queue[0] is item:
                queue.popleft()
                return


def _nothing(_: Any) -> None:
    """Ignore an answer or a failure that nobody waits for."""


def read_object(value: Any) -> Payload:
    """Return a payload as an object; anything else becomes an empty one."""
    return dict(value) if isinstance(value, Mapping) else {}
