"""Turns in front of one station, on plain threads."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ocpp_core.errors import CallTimeout, Disconnected
from ocpp_core.live.turns import Turns
from tests.support.waiting import until


@pytest.fixture
def turns():
    return Turns()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(20) as executor:
        yield executor


def soon(seconds=5.0):
    return time.monotonic() + seconds


def queued(turns, count):
    until(lambda: len(turns._waiting) == count, every_s=0.001)


def test_the_first_has_the_turn_at_once(turns):
    turns.take(time.monotonic() - 1)  # no time left, none needed
    turns.give_back()
    turns.take(time.monotonic() - 1)


def test_others_wait_in_their_order(turns, pool):
    order = []

    def work(number):
        turns.take(soon())
        order.append(number)
        turns.give_back()

    turns.take(soon())
    workers = []
    for number in range(8):
        workers.append(pool.submit(work, number))
        queued(turns, number + 1)
    turns.give_back()
    for worker in workers:
        worker.result(5)
    assert order == list(range(8))


def test_nobody_shares_a_turn(turns, pool):
    busy = threading.Lock()

    def work(_):
        for _ in range(50):
            turns.take(soon())
            assert busy.acquire(blocking=False)
            busy.release()
            turns.give_back()

    list(pool.map(work, range(8)))


def test_who_waits_too_long_leaves_and_the_next_one_comes(turns, pool):
    turns.take(soon())
    impatient = pool.submit(turns.take, soon(0.05))
    queued(turns, 1)
    patient = pool.submit(turns.take, soon())
    with pytest.raises(CallTimeout):
        impatient.result(5)
    assert not patient.done()
    turns.give_back()
    assert patient.result(5) is None


def test_the_end_wakes_all_who_wait_and_refuses_who_comes(turns, pool):
    turns.take(soon())
    waiting = [pool.submit(turns.take, soon(60)) for _ in range(5)]
    queued(turns, 5)
    turns.end()
    for each in waiting:
        with pytest.raises(Disconnected):
            each.result(1)
    with pytest.raises(Disconnected):
        turns.take(soon())
    turns.give_back()  # of who had the turn; nobody gets it
    with pytest.raises(Disconnected):
        turns.take(soon())
    turns.end()  # again changes nothing


def test_a_turn_that_comes_in_the_last_moment_is_not_lost(turns, pool):
    """Deadline and turn race: whoever gets the turn gives it back, so the next can come."""

    def work(_):
        try:
            turns.take(soon(0.001))
        except CallTimeout:
            return 0
        turns.give_back()
        return 1

    for _ in range(30):
        turns.take(soon())
        racing = [pool.submit(work, number) for number in range(5)]
        time.sleep(0.001)
        turns.give_back()
        assert all(each.result(5) in (0, 1) for each in racing)
    turns.take(soon(1))
