"""Which sequence numbers were seen, written as ranges: `0-4,6`."""

from __future__ import annotations

LIMIT = 200  # ranges kept; a station that counts at random does not grow the row for ever


def add(seen: str, number: int) -> str:
    """Return the ranges with one more number; below zero it counts as zero."""
    number = max(0, number)
    ranges = _parse(seen)
    ranges.append((number, number))
    ranges.sort()
    merged: list[tuple[int, int]] = []
    for first, last in ranges:
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return ",".join(f"{a}-{b}" if b > a else str(a) for a, b in merged[-LIMIT:])


def contains(seen: str, number: int) -> bool:
    """Tell whether a number was seen."""
    return any(first <= number <= last for first, last in _parse(seen))


def highest(seen: str) -> int:
    """Return the highest number seen, -1 before the first."""
    return max((last for _, last in _parse(seen)), default=-1)


def has_gap(seen: str) -> bool:
    """Tell whether a number between two seen ones is missing."""
    return "," in seen


def _parse(seen: str) -> list[tuple[int, int]]:
    ranges = []
    for part in seen.split(","):
        if part:
            first, _, last = part.partition("-")
            ranges.append((int(first), int(last or first)))
    return ranges
