"""Kinds of values that several bodies and answers of the API have."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from ... import clock

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)?")
_EXAMPLE = "2027-01-31T23:59:59.000Z"


def _read_moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError(f"must be a moment such as {_EXAMPLE}")
    return clock.parse(value.upper())


def _read_day_or_moment(value: Any) -> Any:
    if isinstance(value, str) and _DATE.fullmatch(value):
        return date.fromisoformat(value)
    return _read_moment(value)


# RFC 3339 in UTC; read with any offset, and as UTC without one.
Moment = Annotated[
    datetime,
    BeforeValidator(_read_moment),
    PlainSerializer(clock.wire, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": [_EXAMPLE]}),
]

# Also a date alone, which stays a date.
DayOrMoment = Annotated[
    datetime | date,
    BeforeValidator(_read_day_or_moment),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date", "description": "the end of that day"},
                {"type": "string", "format": "date-time"},
            ],
            "examples": ["2027-01-31", _EXAMPLE],
        }
    ),
]
