"""The only clock: aware UTC moments with whole milliseconds, and their text on the wire."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def utcnow() -> datetime:
    """Return the present moment, cut to milliseconds: what is stored equals what is held."""
    return cut(datetime.now(UTC))


def cut(moment: datetime) -> datetime:
    """Drop what is finer than a millisecond."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def wire(moment: datetime) -> str:
    """Write a moment as stations read it best: three digits of a second and `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def parse(text: str) -> datetime:
    """Read an ISO 8601 moment of any precision; without a zone it is UTC.

    Raises ValueError when the text is no moment at all.
    """
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        return cut(moment.replace(tzinfo=UTC))
    try:
        return cut(moment.astimezone(UTC))
    except OverflowError as error:  # year 1 or 9999 moved across the edge by its zone
        raise ValueError(f"moment out of range: {text}") from error


def to_milliseconds(moment: datetime) -> int:
    """Return the milliseconds since 1970, exactly."""
    return (moment - EPOCH) // _MILLISECOND


def from_milliseconds(count: int) -> datetime:
    """Return the moment that lies `count` milliseconds after 1970."""
    return EPOCH + count * _MILLISECOND
