"""CALLs to one station over one connection: in turn, each caller waiting for its own answer."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from .. import clock
from ..errors import CallFailed, CallRefused, CallTimeout, Disconnected
from ..rpc.exchange import Answered, Exchange
from .journal import Journal
from .transport import ConnectionClosed, WebSocket
from .turns import Turns


@dataclass(frozen=True, slots=True)
class Answer:
    """A CALLRESULT's payload, or the CALLERROR, as the station answered."""

    message_id: str
    payload: dict[str, Any]
    refusal: CallRefused | None = None


class _Slot:
    """Where a caller waits for the answer to its CALL."""

    __slots__ = ("answer", "done")

    def __init__(self) -> None:
        self.done = threading.Event()
        self.answer: Answered | None = None


class Calls:
    """What we ask one station. Any thread may `call` or `end`; the reader hands answers over."""

    def __init__(self, websocket: WebSocket, exchange: Exchange, journal: Journal) -> None:
        self._websocket = websocket
        self._exchange = exchange
        self._journal = journal
        self._turns = Turns()
        self._slots: dict[str, _Slot] = {}
        self._lock = threading.Lock()
        self._ended = False

    def call(self, action: str, payload: dict[str, Any], deadline: float) -> Answer:
        """Send a CALL and wait for its answer until `deadline` (time.monotonic).

        Waiting for the turn counts too. Raises Disconnected as soon as the connection ends,
        CallTimeout, and UnusableAnswer for an answer that is no message.
        """
        self._turns.take(deadline)
        try:
            return self._call(action, payload, deadline)
        finally:
            self._turns.give_back()

    def hand_over(self, answered: Answered) -> None:
        """Wake the caller that waits for this answer."""
        with self._lock:
            slot = self._slots.pop(answered.message_id, None)
        if slot is not None:
            slot.answer = answered
            slot.done.set()

    def end(self) -> None:
        """Let all who wait for this station know at once that it is gone."""
        with self._lock:
            self._ended = True
            slots, self._slots = self._slots, {}
        self._turns.end()
        for slot in slots.values():
            slot.done.set()

    def _call(self, action: str, payload: dict[str, Any], deadline: float) -> Answer:
        started, at = time.perf_counter(), clock.utcnow()
        message_id, text = self._exchange.call(action, payload)
        answered: Answered | None = None
        failure: CallFailed | None = None
        try:
            answered = self._wait(message_id, text, deadline)
            failure = answered.error
        except CallFailed as error:
            failure = error
        finally:
            self._exchange.forget(message_id)
            with self._lock:
                self._slots.pop(message_id, None)
        spent_s = time.perf_counter() - started
        reply = answered.payload if answered else {}
        self._journal.sent(message_id, action, payload, failure or reply, at, spent_s)
        if isinstance(failure, CallRefused):
            return Answer(message_id, {}, failure)
        if failure is not None:
            raise failure
        return Answer(message_id, reply)

    def _wait(self, message_id: str, text: str, deadline: float) -> Answered:
        slot = _Slot()
        with self._lock:
            if self._ended:
                raise Disconnected("the connection was lost")
            self._slots[message_id] = slot
        try:
            self._websocket.send(text)
        except ConnectionClosed as end:
            raise Disconnected("the connection was lost") from end
        if not slot.done.wait(max(0.0, deadline - time.monotonic())):
            raise CallTimeout("the station did not answer in time")
        if slot.answer is None:
            raise Disconnected("the connection was lost while waiting")
        return slot.answer
