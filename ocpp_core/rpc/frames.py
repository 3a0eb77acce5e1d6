"""The arrays of OCPP-J: text to frame and back.

Reading never raises. What is owed an answer but cannot be used is `Malformed(call=True)`; a broken
answer of the station is `Malformed(call=False)` and still ends the call that waits for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ocpp_core.errors import Kind
from ocpp_core.rpc import parsing
from ocpp_core.rpc.writing import (
    CALL,
    CALLERROR,
    CALLRESULT,
    CALLRESULTERROR,
    SEND,
    call,
    error,
    result,
    result_error,
    send,
)

__all__ = [
    "CALL",
    "CALLERROR",
    "CALLRESULT",
    "CALLRESULTERROR",
    "SEND",
    "Call",
    "Error",
    "Frame",
    "Malformed",
    "Result",
    "ResultError",
    "Send",
    "Unknown",
    "call",
    "error",
    "read",
    "result",
    "result_error",
    "send",
]

NO_ID = "-1"  # OCPP-J 2.0.1, 4.2.3: the id of an answer to a message whose id cannot be read
LONGEST_ID = 36
LONGEST_ECHO = 255  # ids up to here are too long, but sent back

_UNANSWERED = {str(kind): kind for kind in (CALLRESULT, CALLERROR, CALLRESULTERROR, SEND)}


@dataclass(frozen=True, slots=True)
class Call:
    """A request of the station; it gets exactly one answer."""

    message_id: str
    action: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """The station's answer to our CALL."""

    message_id: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Error:
    """The station's refusal of our CALL."""

    message_id: str
    code: str
    description: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ResultError:
    """The station cannot use our answer (OCPP 2.1)."""

    message_id: str
    code: str
    description: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Send:
    """A message of the station that gets no answer (OCPP 2.1)."""

    message_id: str
    action: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message that breaks the framing; `call` tells whether a CALLERROR is owed."""

    message_id: str
    kind: Kind
    description: str
    call: bool
    message_type: int | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A message type that this version does not know: ignored (OCPP-J 2.0.1, 4.1.3)."""

    message_type: int


Frame = Call | Result | Error | ResultError | Send | Malformed | Unknown


def read(text: str, types: frozenset[int]) -> Frame:
    """Turn a text into a frame; `types` are the message types of the OCPP version."""
    parsed = parsing.parse(text)
    elements = parsed.value
    if not isinstance(elements, list) or not elements:
        return Malformed(NO_ID, Kind.UNREADABLE, "the message is not a JSON array", call=True)
    message_type = elements[0]
    if type(message_type) is not int:
        return _without_type(elements)
    reader = _READERS.get(message_type) if message_type in types else None
    if reader is None:
        return Unknown(message_type)
    fault = _fault_of_id(elements)
    if fault is not None:
        return _malformed(elements, fault)
    if parsed.flaw is not None:
        return _malformed(elements, parsed.flaw)
    return reader(parsed.text, elements)


def _without_type(elements: list[Any]) -> Malformed:
    fault = _fault_of_id(elements)
    if fault is None:
        fault = parsing.Flaw(Kind.FRAMING, "the message type is not an integer")
    claimed = elements[0] if isinstance(elements[0], str | float) else CALL
    message_type = _UNANSWERED.get(str(claimed).removesuffix(".0"))
    return Malformed(
        _id_to_echo(elements), *fault, call=message_type is None, message_type=message_type
    )


def _fault_of_id(elements: list[Any]) -> parsing.Flaw | None:
    message_id = elements[1] if len(elements) > 1 else None
    if not isinstance(message_id, str) or not message_id:
        return parsing.Flaw(Kind.UNREADABLE, "the message has no readable id")
    if len(message_id) > LONGEST_ID:
        return parsing.Flaw(Kind.FRAMING, f"the message id has over {LONGEST_ID} characters")
    return None


def _id_to_echo(elements: list[Any]) -> str:
    message_id = elements[1] if len(elements) > 1 else None
    if not isinstance(message_id, str) or not 0 < len(message_id) <= LONGEST_ECHO:
        return NO_ID
    return message_id


def _malformed(elements: list[Any], fault: parsing.Flaw) -> Malformed:
    message_type = elements[0]
    return Malformed(
        _id_to_echo(elements), *fault, call=message_type == CALL, message_type=message_type
    )


def _read_call(text: str, elements: list[Any]) -> Call | Malformed:
    fault = _fault_of_request(text, elements)
    if fault is not None:
        return _malformed(elements, fault)
    return Call(elements[1], elements[2], elements[3] or {})


def _read_send(text: str, elements: list[Any]) -> Send | Malformed:
    fault = _fault_of_request(text, elements)
    if fault is not None:
        return _malformed(elements, fault)
    return Send(elements[1], elements[2], elements[3] or {})


def _fault_of_request(text: str, elements: list[Any]) -> parsing.Flaw | None:
    if len(elements) != len(("type", "id", "action", "payload")):
        return parsing.Flaw(Kind.FRAMING, "the message does not have four elements")
    if not isinstance(elements[2], str) or not elements[2]:
        return parsing.Flaw(Kind.FRAMING, "the action is not a name")
    return _fault_of_payload(text, elements)


def _read_result(text: str, elements: list[Any]) -> Result | Malformed:
    if len(elements) != len(("type", "id", "payload")):
        fault = parsing.Flaw(Kind.FRAMING, "the message does not have three elements")
        return _malformed(elements, fault)
    flaw = _fault_of_payload(text, elements)
    if flaw is not None:
        return _malformed(elements, flaw)
    return Result(elements[1], elements[2] or {})


def _fault_of_payload(text: str, elements: list[Any]) -> parsing.Flaw | None:
    """Judge the last element; null stands for an empty payload."""
    if elements[-1] is not None and not isinstance(elements[-1], dict):
        return parsing.Flaw(Kind.SYNTAX, "the payload is not an object")
    return parsing.find_flaw(text, elements)


def _read_error(text: str, elements: list[Any]) -> Error:
    return Error(elements[1], *_error_parts(text, elements))


def _read_result_error(text: str, elements: list[Any]) -> ResultError:
    return ResultError(elements[1], *_error_parts(text, elements))


def _error_parts(text: str, elements: list[Any]) -> tuple[str, str, dict[str, Any]]:
    """Return code, description and details; what is missing or unusable is empty."""
    code, description, details = (*elements[2:5], None, None, None)[:3]
    if not isinstance(details, dict) or parsing.find_flaw(text, elements):
        details = {}
    return _text(code), _text(description), details


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


_READERS: dict[int, Callable[[str, list[Any]], Frame]] = {
    CALL: _read_call,
    CALLRESULT: _read_result,
    CALLERROR: _read_error,
    CALLRESULTERROR: _read_result_error,
    SEND: _read_send,
}
