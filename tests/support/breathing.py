"""Measures how long a timer waits while others compute in bites of 10 ms with pauses between.

    python -m gevent.monkey tests/support/breathing.py <number of them>

prints the longest wait in seconds.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ocpp_core import green

BITE_S, BITES, TICK_S = 0.01, 30, 0.001


def compute() -> None:
    """Work in bites."""
    for _ in range(BITES):
        ends_at = time.monotonic() + BITE_S
        while time.monotonic() < ends_at:
            pass
        green.breathe()


def longest_wait(count: int) -> float:
    """Tick until all have computed; returns the longest time between two ticks."""
    threads = [threading.Thread(target=compute) for _ in range(count)]
    longest, last = 0.0, time.monotonic()
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(TICK_S)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    return longest


if __name__ == "__main__":
    assert green.is_green()
    sys.stdout.write(f"{longest_wait(int(sys.argv[1]))}\n")
