"""Which connection holds which station, and what happens when two fight for one."""

from __future__ import annotations

import logging
import threading

import pytest

from ocpp_core import events
from ocpp_core.domain.admission import Visit
from ocpp_core.errors import Busy, StationOffline
from ocpp_core.live import fights, registry
from ocpp_core.live.fights import PEACEFUL, Fights
from ocpp_core.live.registry import Registry


class Holder:
    """As much of a connection as the registry looks at."""

    def __init__(self, station_id="CP1", arrival=0):
        self.station_id = station_id
        self.arrival = arrival


def visit(arrival, station_id="CP1"):
    return Visit(station_id, "ocpp1.6", "192.0.2.7", arrival)


@pytest.fixture
def hall():
    return Registry()


# ---------------------------------------------------------------- claiming and letting go


def test_a_station_that_nobody_holds_is_offline(hall):
    assert hall.peek("CP1") is None
    with pytest.raises(StationOffline, match="CP1"):
        hall.get("CP1")


def test_the_newer_connection_replaces_the_older(hall):
    older, newer = Holder(arrival=1), Holder(arrival=2)
    assert hall.claim(older) is None
    assert hall.get("CP1") is older
    assert hall.claim(newer) is older
    assert hall.get("CP1") is newer
    assert len(hall) == 1


def test_a_connection_that_arrived_earlier_does_not_replace_a_later_one(hall):
    earlier, later = Holder(arrival=1), Holder(arrival=2)
    assert hall.claim(later) is None
    assert hall.claim(earlier) is earlier
    assert hall.get("CP1") is later


def test_only_the_owner_lets_go(hall):
    older, newer = Holder(arrival=1), Holder(arrival=2)
    hall.claim(older)
    hall.claim(newer)
    assert hall.release(older) is False
    assert hall.get("CP1") is newer
    assert hall.release(newer) is True
    assert hall.peek("CP1") is None
    assert hall.release(newer) is False


def test_stations_do_not_mind_each_other(hall):
    one, other = Holder("CP1"), Holder("CP2")
    assert hall.claim(one) is hall.claim(other) is None
    assert hall.all() == [one, other]
    hall.release(one)
    assert hall.all() == [other]


def test_of_many_claims_at_once_the_latest_arrival_stays(hall):
    holders = [Holder(arrival=number) for number in range(50)]
    outdone = []
    barrier = threading.Barrier(5)

    def claim(part):
        barrier.wait()
        for holder in part:
            found = hall.claim(holder)
            if found is not None:
                outdone.append(found)

    threads = [threading.Thread(target=claim, args=(holders[n::5],)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hall.get("CP1") is holders[-1]
    assert sorted(each.arrival for each in outdone) == list(range(49))  # each once


def test_answers_outlive_the_connection_and_the_least_used_are_forgotten(hall, monkeypatch):
    monkeypatch.setattr(registry, "MOST_REMEMBERED", 2)
    first, second = hall.retries("CP1"), hall.retries("CP2")
    assert hall.retries("CP1") is first
    hall.retries("CP3")  # CP2 makes room
    assert hall.retries("CP1") is first
    assert hall.retries("CP2") is not second


# ---------------------------------------------------------------- fights


@pytest.fixture
def slept():
    return []


@pytest.fixture
def ring(slept):
    return Fights(sleep=slept.append)


@pytest.fixture
def heard():
    found = []
    unsubscribe = events.subscribe(found.append)
    yield found
    unsubscribe()


def fight(ring, takeovers, station_id="CP1"):
    for _ in range(takeovers):
        ring.note_takeover(station_id)


def test_a_few_takeovers_are_no_fight(ring, slept, heard, caplog):
    ring.calm(visit(1))
    fight(ring, PEACEFUL)
    ring.calm(visit(2))
    assert (slept, heard, caplog.records) == ([], [], [])


def test_each_takeover_more_delays_the_next_one_longer(ring, slept):
    fight(ring, PEACEFUL)
    for arrival in range(8):
        fight(ring, 1)
        ring.calm(visit(arrival))
    assert slept == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0, 5.0]


def test_a_fight_is_told_once(ring, heard, caplog):
    for arrival in range(10):
        fight(ring, 2)
        ring.calm(visit(arrival))
    (event,) = heard
    assert (event.station_id, event.kind) == ("CP1", "ConnectionFight")
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("ocpp_core.security", logging.WARNING)
    assert record.station == "CP1"


def test_a_fight_that_is_over_is_forgotten_and_the_next_one_told(ring, slept, heard, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(fights.time, "monotonic", lambda: now[0])
    for start in (0, 100):
        now[0] = start
        fight(ring, PEACEFUL + 1)
        ring.calm(visit(start))
        now[0] = start + fights.WINDOW_S + 1
        ring.calm(visit(start + 1))
    assert slept == [0.5, 0.5]
    assert len(heard) == 2


def test_another_station_is_not_delayed(ring, slept):
    fight(ring, PEACEFUL + 3)
    ring.calm(visit(1, "CP2"))
    assert slept == []


def test_of_those_who_wait_only_the_newest_goes_on(heard):
    arrived, released = threading.Semaphore(0), threading.Event()

    def sleep(_):
        arrived.release()
        released.wait(5)

    ring = Fights(sleep)
    fight(ring, PEACEFUL + 1)
    outcome = {}

    def come(arrival):
        try:
            ring.calm(visit(arrival))
            outcome[arrival] = "goes on"
        except Busy as busy:
            outcome[arrival] = busy.retry_after_s

    threads = [threading.Thread(target=come, args=(arrival,)) for arrival in (1, 3, 2)]
    for thread in threads:
        thread.start()
        arrived.acquire(timeout=5)
    released.set()
    for thread in threads:
        thread.join(5)
    assert outcome == {1: 0.5, 2: 0.5, 3: "goes on"}


def test_the_fights_of_many_stations_need_no_more_memory_than_allowed(ring, slept, monkeypatch):
    monkeypatch.setattr(fights, "MOST_REMEMBERED", 2)
    for station_id in ("CP1", "CP2", "CP3"):
        fight(ring, PEACEFUL + 1, station_id)
    for arrival, station_id in enumerate(("CP1", "CP2", "CP3")):
        ring.calm(visit(arrival, station_id))
    assert slept == [0.5, 0.5]
