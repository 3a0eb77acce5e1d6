"""Long work pauses between its bites; in each pause everybody gets a turn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[1] / "support" / "breathing.py"


def longest_wait(workers):
    """Return how long a timer waited beside green threads that work in bites of 10 ms."""
    done = subprocess.run(
        [sys.executable, "-m", "gevent.monkey", str(PROGRAM), str(workers)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return float(done.stdout)


def test_timers_and_sockets_get_their_turn_after_each_bite():
    assert longest_wait(1) < 0.1  # 50 bites of 10 ms if sockets and timers were forgotten


def test_of_several_each_has_one_bite_in_a_round():
    assert longest_wait(3) < 0.2
