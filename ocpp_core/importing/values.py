"""Values of an OCPP.Core database as values of ours; SQLite may hold anything in any column."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from typing import Any

from .. import clock
from ..domain import texts
from .summary import Unusable, shown

HIGHEST_INTEGER = 2**31 - 1
EARLIEST_EXPIRY = date(1970, 1, 1)
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?)?(Z|[+-]\d\d:?\d\d)?"
)


def text(value: Any) -> str | None:
    """Return a text, None where it is null or blank."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "surrogateescape")
    return str(value).strip() or None if value is not None else None


def name(value: Any) -> str:
    """Return a text to be shown in one line."""
    printable = "".join(c if c.isprintable() else " " for c in text(value) or "")
    return printable.strip()[: texts.SHORT]


def comment(value: Any) -> str:
    """Return a text of several lines."""
    kept = (c for c in text(value) or "" if c in "\n\r\t" or c.isprintable())
    return "".join(kept)[: texts.LONG]


def word(value: Any, column: str) -> str | None:
    """Return a text that stands for something: a tag, a group, a reason."""
    found = text(value)
    problem = texts.problem(found or "")
    if problem:
        raise Unusable(f"{column} {problem}")
    return found


def integer(value: Any, column: str, lowest: int) -> int:
    """Return a number from `lowest` to 31 bits."""
    try:
        number = int(str(value).strip())
    except ValueError:
        raise Unusable(f"{column} is no number: {shown(value)}") from None
    if not lowest <= number <= HIGHEST_INTEGER:
        raise Unusable(f"{column} is out of range: {number}")
    return number


def watt_hours(value: Any, column: str) -> float | None:
    """Return kWh as Wh; null, blank or negative (OCPP.Core's -1) mean unknown."""
    found = text(value)
    if found is None:
        return None
    try:
        number = float(found.replace(",", "."))
    except ValueError:
        raise Unusable(f"{column} is no number: {shown(found)}") from None
    if not math.isfinite(number):
        raise Unusable(f"{column} is no number: {shown(found)}")
    return round(number * 1000, 3) if number >= 0 else None


def moment(value: Any, column: str) -> datetime | None:
    """Return a moment in UTC; up to seven digits of a second are cut to three."""
    found = text(value)
    if found is None:
        return None
    parts = _MOMENT.fullmatch(found)
    try:
        if parts is None:
            raise ValueError("another form")
        day, time, fraction, zone = parts.groups()
        precise = f"{day}T{time or '00:00:00'}" + (f".{fraction[:6]:<06}" if fraction else "")
        return clock.parse(precise + (zone or ""))
    except ValueError:
        raise Unusable(f"{column} is no date: {shown(found)}") from None


def last_day(value: Any, column: str) -> date | None:
    """Return the last day of validity: OCPP.Core notes it as local midnight without a zone."""
    found = moment(value, column)
    return max(found.astimezone(UTC).date(), EARLIEST_EXPIRY) if found else None


def flag(value: Any) -> bool:
    """Return a truth value; null means no."""
    return (text(value) or "0").lower() not in ("0", "false")
