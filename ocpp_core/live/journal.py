"""What a connection writes into the message log and counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from ..errors import CallFailed, CallRefused, CallTimeout, Disconnected, UnusableAnswer
from ..observability import metrics
from ..rpc.frames import Call
from ..services.message_log import Entry, MessageLog

# How a CALL of ours that failed is counted, and noted where no CALLERROR says it.
OUTCOMES: dict[type[CallFailed], str] = {
    CallFailed: "error",
    CallRefused: "error",
    CallTimeout: "timeout",
    Disconnected: "disconnected",
    UnusableAnswer: "unusable",
}
LOGGED_TEXT = 65536  # characters of an unreadable message that are kept


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to a station: the text of the frame, its content, a CALLERROR's code."""

    text: str
    content: Any
    code: str | None = None


class Journal:
    """The message log of one connection."""

    def __init__(self, station_id: str, version: str, message_log: MessageLog) -> None:
        self._station_id = station_id
        self._version = version
        self._log = message_log

    def asked(self, call: Call, reply: Reply, at: datetime, spent_s: float) -> None:
        """Note a CALL of the station with its answer."""
        metrics.message(self._version, call.action, "error" if reply.code else "result")
        if not self._log.wants(call.action):
            return
        request, response = _json(call.payload), _json(reply.content)
        self._add(True, call.message_id, call.action, request, response, reply.code, at, spent_s)

    def unreadable(self, message_id: str, text: str, reply: Reply, at: datetime) -> None:
        """Note a text that was no message."""
        metrics.message(self._version, "", "malformed")
        request = text[:LOGGED_TEXT].replace("\0", "")  # which PostgreSQL cannot hold
        content = _json(reply.content)
        self._add(True, message_id, "", request, content, reply.code, at, None)

    def sent(
        self,
        message_id: str,
        action: str,
        payload: dict[str, Any],
        outcome: dict[str, Any] | CallFailed,
        at: datetime,
        spent_s: float,
    ) -> None:
        """Note a CALL of ours with what became of it."""
        code, response = None, None
        if isinstance(outcome, CallRefused):
            code, response = outcome.code, _json([outcome.description, outcome.details])
        elif isinstance(outcome, CallFailed):
            code = OUTCOMES[type(outcome)]
        else:
            response = _json(outcome)
        metrics.message(self._version, action, _outcome(outcome))
        self._add(False, message_id, action, _json(payload), response, code, at, spent_s)

    def _add(
        self,
        incoming: bool,
        message_id: str,
        action: str,
        request: str,
        response: str | None,
        code: str | None,
        at: datetime,
        spent_s: float | None,
    ) -> None:
        latency_ms = None if spent_s is None else round(spent_s * 1000, 3)
        self._log.add(
            Entry(
                self._station_id,
                incoming,
                message_id,
                action,
                request,
                response,
                code,
                at,
                latency_ms,
            )
        )


def _outcome(outcome: dict[str, Any] | CallFailed) -> str:
    return OUTCOMES[type(outcome)] if isinstance(outcome, CallFailed) else "result"


def _json(content: Any) -> str:
    return orjson.dumps(content).decode()
