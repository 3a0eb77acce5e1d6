"""Chores come round, and none keeps the others waiting."""

import pytest

from ocpp_core.live import housekeeping
from ocpp_core.live.housekeeping import Chore, Housekeeping
from tests.support.waiting import until


@pytest.fixture
def keep(monkeypatch):
    """Start housekeeping with short steps; returns the names of the chores done so far."""
    monkeypatch.setattr(housekeeping, "STEP_S", 0.01)
    running = []

    def start(*chores):
        running.append(Housekeeping(*chores))
        running[-1].start()

    yield start
    for each in running:
        each.stop()


def test_work_that_has_more_to_do_comes_round_again_after_the_others(keep):
    done = []

    def prune():
        done.append("prune")
        big.every_s = 60.0
        return done.count("prune") < 3

    big = Chore("prune", 0.01, prune)
    keep(big, Chore("flush", 0.0, lambda: done.append("flush")))
    until(lambda: done[-5:] == ["flush"] * 5 and "prune" in done)
    first = done.index("prune")
    assert done[first : first + 8] == ["prune", "flush"] * 3 + ["flush"] * 2


def test_work_that_fails_waits_for_its_interval(keep, caplog):
    done = []

    def fail():
        done.append("bad")
        raise ValueError("broken")

    keep(Chore("bad", 0.02, fail), Chore("good", 0.0, lambda: done.append("good")))
    until(lambda: done.count("good") > 8)
    assert 0 < done.count("bad") < done.count("good")
    assert {record.chore for record in caplog.records} == {"bad"}
