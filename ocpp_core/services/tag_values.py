"""Cells of a file of tags as values: days, moments, yes and no, in the spelling of people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time, tzinfo

from .. import clock
from ..domain import texts
from ..errors import InvalidInput
from ..wording import Wording
from . import tags

YES = frozenset({"1", "true", "yes", "y", "x", "ja", "j", "wahr", "blocked", "gesperrt"})
NO = frozenset({"", "0", "false", "no", "n", "nein", "falsch", "-"})

_TIME = r"(?:,?[ T]+(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*([AaPp][Mm])?)?"
# Day, month and year in the order that the sign between them tells.
_DAYS = (
    (re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})" + _TIME), (0, 1, 2)),
    (re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})" + _TIME), (2, 1, 0)),
    (re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})" + _TIME), (2, 0, 1)),
)
_WITH_ZONE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*(?:Z|[+-]\d\d:?\d\d)")


def tag_id(text: str) -> str:
    """Return the id of a tag. Raises InvalidInput."""
    try:
        return tags.check_id(text.strip())
    except InvalidInput as error:
        raise InvalidInput(error.fields["id"]) from error


def name(text: str) -> str:
    """Return a name. Raises InvalidInput."""
    problem = texts.problem(text.strip())
    if problem:
        raise InvalidInput(problem)
    return text.strip()


def group(text: str) -> str | None:
    """Return a group, None for none. Raises InvalidInput."""
    return name(text) or None


def blocked(text: str) -> bool:
    """Return yes or no; an empty cell means no. Raises InvalidInput."""
    word = text.strip().casefold()
    if word not in YES | NO:
        raise InvalidInput(Wording("is neither yes nor no"))
    return word in YES


def expires_at(text: str, zone: tzinfo) -> datetime | None:
    """Return from when on a tag is refused: after its last day, or at a moment that is told.

    An empty cell means never, midnight without a zone the day that it begins: so OCPP.Core writes
    days. Raises InvalidInput.
    """
    text = text.strip()
    if text in ("", "-"):
        return None
    try:
        if _WITH_ZONE.fullmatch(text):
            return tags.expiry(clock.parse(text))
        day, at = _read(text)
        if day < tags.EARLIEST_DAY:
            raise ValueError("too early")
    except (ValueError, OverflowError) as error:
        raise InvalidInput(Wording("is no date; write it as in 2027-12-31")) from error
    if at == time() or day >= tags.LATEST.date():
        return tags.end_of(day, zone)
    return tags.expiry(datetime.combine(day, at, zone))


def _read(text: str) -> tuple[date, time]:
    for form, order in _DAYS:
        found = form.fullmatch(text)
        if found:
            numbers = [int(found[place + 1]) for place in order]
            return date(*numbers), _time(found.groups()[3:])
    raise ValueError("another form")


def _time(told: Sequence[str | None]) -> time:
    hour, minute, second = (int(part or 0) for part in told[:3])
    half = (told[3] or "").lower()
    if half and not 1 <= hour <= 12:
        raise ValueError("no hour of a half day")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, minute, second)
