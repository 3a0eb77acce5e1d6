"""No green thread is left inside a write transaction of SQLite: the whole process would stand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[1] / "green.py"
STANDSTILL_S = 1.0  # a lock that nobody gives back holds for many seconds


def watched(folder, *more):
    """Let green threads write in a process of their own; returns what was seen of it."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(folder / "ocpp.db"), *more],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_no_thread_is_switched_away_from_inside_a_transaction(tmp_path):
    seen = watched(tmp_path)
    assert seen["offences"] == []
    assert seen["units"] > 1000
    assert seen["events"] > 500
    assert seen["commits"] < seen["units"] / 3  # many share one
    assert seen["in_commit"] > seen["commits"] / 2  # only the disk is waited for
    assert seen["switches"] > seen["units"]
    assert max(seen["turn_s"], seen["commit_s"]) < STANDSTILL_S


def test_no_commit_waits_behind_passwords_that_are_hashed(tmp_path):
    """They take some seconds; as many stations may come back at once."""
    seen = watched(tmp_path, "hashing")
    assert seen["offences"] == []
    assert max(seen["turn_s"], seen["commit_s"]) < STANDSTILL_S


def test_a_unit_that_waits_is_found(tmp_path):
    (offence,) = watched(tmp_path, "careless")["offences"]
    assert "careless" not in offence  # the caller's own thread waits rightly
    assert "time.sleep(0.01)" in offence
