"""The moments of the story that a test tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.station_messages import wire

T0 = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def at(minutes: float) -> str:
    """Return the text of a moment so many minutes into the story."""
    return wire(T0 + timedelta(minutes=minutes))
