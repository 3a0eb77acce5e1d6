"""Frames on their way out: compact JSON, members in the order given."""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from typing import Any

import orjson

from ocpp_core.errors import PayloadInvalid

CALL, CALLRESULT, CALLERROR, CALLRESULTERROR, SEND = 2, 3, 4, 5, 6

LONGEST_DESCRIPTION = 255


def call(message_id: str, action: str, payload: Mapping[str, Any]) -> str:
    """Write a CALL."""
    return _write([CALL, message_id, action, payload])


def result(message_id: str, payload: Mapping[str, Any]) -> str:
    """Write a CALLRESULT."""
    return _write([CALLRESULT, message_id, payload])


def error(
    message_id: str, code: str, description: str = "", details: Mapping[str, Any] | None = None
) -> str:
    """Write a CALLERROR; its description is cut to the 255 characters of the schema."""
    return _write_error(CALLERROR, message_id, code, description, details)


def result_error(
    message_id: str, code: str, description: str = "", details: Mapping[str, Any] | None = None
) -> str:
    """Write a CALLRESULTERROR (OCPP 2.1)."""
    return _write_error(CALLRESULTERROR, message_id, code, description, details)


def send(message_id: str, action: str, payload: Mapping[str, Any]) -> str:
    """Write a SEND (OCPP 2.1)."""
    return _write([SEND, message_id, action, payload])


def _write_error(
    message_type: int,
    message_id: str,
    code: str,
    description: str,
    details: Mapping[str, Any] | None,
) -> str:
    return _write(
        [message_type, message_id, code, description[:LONGEST_DESCRIPTION], details or {}]
    )


def _write(elements: list[Any]) -> str:
    """Write compact JSON, members in the order given; PayloadInvalid when JSON cannot hold it."""
    try:
        return orjson.dumps(elements, default=_plain).decode()
    except orjson.JSONEncodeError as problem:
        raise PayloadInvalid(f"the payload cannot be written as JSON: {problem}") from problem


def _plain(value: Any) -> Any:
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
