"""Whether to believe the moment that a station reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .. import clock

EARLIEST = datetime(2000, 1, 2, tzinfo=UTC)  # many a clock without battery starts at 2000-01-01
FURTHEST_AHEAD = timedelta(days=3653)  # ten years


@dataclass(frozen=True, slots=True)
class Reported:
    """A moment to store; `believed` is False where the server's own replaced the station's."""

    at: datetime
    believed: bool = True


def judge(text: str | None, now: datetime) -> Reported:
    """Read a reported moment; one that is absurd or no moment at all is replaced by `now`.

    A missing one is simply `now`.
    """
    if text is None:
        return Reported(now)
    try:
        at = clock.parse(text)
    except ValueError:
        return Reported(now, believed=False)
    if EARLIEST <= at <= now + FURTHEST_AHEAD:
        return Reported(at)
    return Reported(now, believed=False)
