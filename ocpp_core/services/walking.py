"""Reading along an index in bites and testing each row: a cost that does not grow with the table.

What no index can find is found so: over a fixed number of rows, or for a while. What lies behind
them comes with the next page.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from .. import green

BITE = 1_000  # rows read by one query: some milliseconds
BITES = 20
PATIENCE_S = 1.0  # then it is enough, however few rows were read: they are long

K = TypeVar("K")

# Returns key and test of up to so many rows, of those behind a key where one is given.
Read = Callable[[K | None, int], Sequence[tuple[K, bool | int | None]]]


@dataclass(frozen=True, slots=True)
class Walk(Generic[K]):
    """The keys of rows that fit, and where to go on when there may be more."""

    found: list[K]
    reached: K | None
    is_cut: bool  # it ended before there was enough


def walk(read: Read[K], start: K | None, wanted: int) -> Walk[K]:
    """Read rows behind `start` until `wanted` of them fit, or it is enough."""
    found: list[K] = []
    reached, ends_at = start, time.monotonic() + PATIENCE_S
    for _ in range(BITES):
        rows = read(reached, BITE)
        for key, fits in rows:
            if fits and len(found) == wanted:
                return Walk(found, found[-1], is_cut=False)
            if fits:
                found.append(key)
        if len(rows) < BITE:
            return Walk(found, None, is_cut=False)
        reached = rows[-1][0]
        if time.monotonic() > ends_at:
            break
        green.breathe()
    return Walk(found, reached, is_cut=len(found) < wanted)
