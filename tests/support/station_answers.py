"""What a fake station may answer to a CALL of the server, and what it keeps of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Payload = dict[str, Any]


class CallError(Exception):
    """The server answered with a CALLERROR."""

    def __init__(self, code: str, description: str = "", details: Any = None) -> None:
        super().__init__(code, description)
        self.code = code
        self.description = description
        self.details = {} if details is None else details


@dataclass(frozen=True)
class CallErrorAnswer:
    """Answer a CALL of the server with a CALLERROR."""

    code: str = "InternalError"
    description: str = ""
    details: Payload = field(default_factory=dict)


class Silence:
    """Do not answer a CALL of the server."""


class Disconnect:
    """Lose the connection instead of answering, without a close frame."""


class Received(NamedTuple):
    """A CALL of the server."""

    action: str
    payload: Payload
    message_id: str


Fixed = Payload | CallErrorAnswer | Silence | Disconnect | type[Silence] | type[Disconnect]
Answer = Fixed | Callable[[Payload], Fixed]
