"""The protocol state of one connection: which of our CALLs wait, and what a text means for them."""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ocpp_core.errors import CallFailed, CallRefused, UnusableAnswer
from ocpp_core.rpc import frames
from ocpp_core.rpc.frames import Call, Malformed, Send

RETRY_S = 300.0
MOST_RETRIES = 16


@dataclass(frozen=True, slots=True)
class Answered:
    """The end of one of our CALLs: the payload of the answer, or why there is none."""

    message_id: str
    action: str
    payload: dict[str, Any]
    error: CallFailed | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing is to be done; the reason is for the log."""

    reason: str
    message_id: str = ""
    code: str = ""


Received = Call | Send | Malformed | Answered | Ignored


class Exchange:
    """Matches answers with CALLs. Any thread may call or forget, one thread receives."""

    def __init__(self, types: frozenset[int]) -> None:
        self._types = types
        self._outstanding: dict[str, str] = {}  # each step on it is atomic: no lock

    def call(self, action: str, payload: Mapping[str, Any]) -> tuple[str, str]:
        """Return id and text of a new CALL, whose answer is expected from now on."""
        message_id = str(uuid.uuid4())
        text = frames.call(message_id, action, payload)
        self._outstanding[message_id] = action
        return message_id, text

    def forget(self, message_id: str) -> None:
        """Give a CALL up: its late answer will be ignored. Repeating it does nothing."""
        self._outstanding.pop(message_id, None)

    def receive(self, text: str) -> Received:
        """Tell what a text of the station means. Never raises."""
        frame = frames.read(text, self._types)
        if isinstance(frame, Call | Send):
            return frame
        if isinstance(frame, Malformed):
            return self._malformed(frame)
        if isinstance(frame, frames.Result):
            return self._answered(frame.message_id, frame.payload, None)
        if isinstance(frame, frames.Error):
            refusal = CallRefused(frame.code, frame.description, frame.details)
            return self._answered(frame.message_id, {}, refusal)
        if isinstance(frame, frames.ResultError):
            return Ignored("the station cannot use our answer", frame.message_id, frame.code)
        return Ignored(f"unknown message type {frame.message_type}")

    def _malformed(self, frame: Malformed) -> Received:
        if frame.call:
            return frame
        if frame.message_type in (frames.CALLRESULT, frames.CALLERROR):
            problem = UnusableAnswer(frame.description)
            return self._answered(frame.message_id, {}, problem)
        return Ignored(frame.description, frame.message_id)

    def _answered(
        self, message_id: str, payload: dict[str, Any], error: CallFailed | None
    ) -> Answered | Ignored:
        action = self._outstanding.pop(message_id, None)
        if action is None:
            return Ignored("an answer that nobody waits for", message_id)
        return Answered(message_id, action, payload, error)


def digest(payload: Mapping[str, Any]) -> bytes:
    """Return a fingerprint of a payload, whatever the order of its members."""
    raw = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(raw, digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class _Answer:
    action: str
    payload_digest: bytes
    reply: str
    at: float


class Retries:
    """The latest answers to one station, for CALLs that it sends again. Safe for many threads.

    Only the latest CALL with an id counts, since some stations use one id for everything: asking
    for another CALL with that id forgets the older one.
    """

    def __init__(self) -> None:
        self._answers: dict[str, _Answer] = {}
        self._lock = threading.Lock()

    def __contains__(self, message_id: str) -> bool:
        """Tell cheaply whether it is worth computing a digest."""
        return message_id in self._answers

    def remember(
        self, message_id: str, action: str, payload_digest: bytes, reply_text: str, now: float
    ) -> None:
        """Keep an answer for five minutes, unless sixteen newer ones come."""
        with self._lock:
            self._answers.pop(message_id, None)
            self._answers[message_id] = _Answer(action, payload_digest, reply_text, now)
            while len(self._answers) > MOST_RETRIES:
                del self._answers[next(iter(self._answers))]

    def forget(self) -> None:
        """Forget all: a station that restarts may number its messages from the beginning."""
        with self._lock:
            self._answers.clear()

    def recall(self, message_id: str, action: str, payload_digest: bytes, now: float) -> str | None:
        """Return the answer given to the same CALL, None when this is a new one."""
        with self._lock:
            answer = self._answers.get(message_id)
            if answer is None:
                return None
            same = (answer.action, answer.payload_digest) == (action, payload_digest)
            if same and now - answer.at <= RETRY_S:
                return answer.reply
            del self._answers[message_id]
            return None
