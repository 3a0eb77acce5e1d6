"""Waiting for what comes true in another thread or process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T], timeout_s: float = 5.0, every_s: float = 0.02) -> T:
    """Look again and again until what is seen counts as true; return it, fail after the time."""
    deadline = time.monotonic() + timeout_s
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"still {seen!r} after {timeout_s} s")
        time.sleep(every_s)
