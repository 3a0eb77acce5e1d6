"""Streams of server-sent events, without HTTP."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from ocpp_core import events
from ocpp_core.events import StationConnected
from ocpp_core.web.live_events import HEARTBEAT, LiveEvents

EVENT = StationConnected("CP1", datetime(2026, 1, 1, tzinfo=UTC), "1.6")


@pytest.fixture
def live():
    live = LiveEvents(heartbeat_s=0.05)
    yield live
    live.end()


def test_a_quiet_stream_says_that_it_is_alive(live):
    stream = live.stream(lambda _: True)
    assert next(stream).startswith(b"retry: 3000\nevent: hello\n")
    assert [next(stream), next(stream)] == [HEARTBEAT, HEARTBEAT]


def test_what_happened_meanwhile_comes_at_once(live):
    stream = live.stream(lambda _: True)
    next(stream)
    events.publish(EVENT)
    events.publish(EVENT)
    assert next(stream).count(b"event: StationConnected\n") == 2


def test_an_event_is_one_line_of_json_whatever_it_holds(live):
    stream = live.stream(lambda _: True)
    next(stream)
    events.publish(StationConnected("a\nb\r\n\ndata: x", EVENT.at, "1.6"))
    text = next(stream).decode()
    assert text.endswith("\n\n")
    assert [line.partition(":")[0] for line in text.strip().split("\n")] == ["event", "data"]


def test_what_nobody_wants_is_not_written(live):
    stream = live.stream(lambda event: event.station_id == "CP2")
    next(stream)
    events.publish(EVENT)
    assert next(stream) == HEARTBEAT


def test_a_hundred_listeners_hold_nobody_up(live):
    streams = [live.stream(lambda _: True) for _ in range(100)]
    started = time.monotonic()
    for _ in range(100):
        events.publish(EVENT)
    assert time.monotonic() - started < 1
    for stream in streams:
        next(stream)
        assert next(stream).count(b"data: ") == 100


def test_after_the_end_nothing_is_heard():
    live = LiveEvents()
    stream = live.stream(lambda _: True)
    next(stream)
    live.end()
    events.publish(EVENT)
    assert list(stream) == []
