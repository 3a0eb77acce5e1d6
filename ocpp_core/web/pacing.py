"""Long lists of a page: others get their turn while it is rendered."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from .. import green

T = TypeVar("T")

LONGEST_S = 0.02  # of work at a stretch


def paced(items: Iterable[T]) -> Iterator[T]:
    """Yield items for a template to render; between two of them others may run."""
    rested_at = time.perf_counter()
    for item in items:
        if time.perf_counter() - rested_at > LONGEST_S:
            green.breathe()
            rested_at = time.perf_counter()
        yield item
