"""The stream of events over REST."""

from __future__ import annotations

import json
import threading
import time

import pytest

from ocpp_core import events
from ocpp_core.events import StationConnected, TransactionStarted
from ocpp_core.web import live_events
from ocpp_core.web.api.events import EXTENSION
from tests.integration.api.support import NOW

STARTED = TransactionStarted("CP1", NOW, 7, 1, 1, "ALICE", True)
CONNECTED = StationConnected("CP2", NOW, "2.0.1")


class Stream:
    """One listener: reads event by event."""

    def __init__(self, rest, query=""):
        self.response = rest.get(f"/events{query}")
        assert self.response.status_code == 200
        self._parts = self.response.iter_encoded()
        self._text = ""

    def next(self):
        """Return name and data of the next event; the name is empty for a comment."""
        while "\n\n" not in self._text:
            self._text += next(self._parts).decode()
        block, _, self._text = self._text.partition("\n\n")
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        return fields.get("event", ""), json.loads(fields.get("data", "null"))


@pytest.fixture
def live(application):
    return application.extensions[EXTENSION]


@pytest.fixture
def listen(viewer):
    """Open streams as a viewer; they are closed in the end."""
    streams = []

    def start(query=""):
        streams.append(Stream(viewer, query))
        name, hello = streams[-1].next()
        assert (name, hello["event"]) == ("hello", "hello")
        return streams[-1]

    yield start
    for stream in streams:
        stream.response.close()


def test_events_arrive_with_their_fields(listen):
    stream = listen()
    events.publish(STARTED)
    assert stream.next() == (
        "TransactionStarted",
        {
            "event": "TransactionStarted",
            "station_id": "CP1",
            "at": "2026-01-01T12:00:00.000Z",
            "transaction_id": 7,
            "evse_id": 1,
            "connector_id": 1,
            "tag": "ALICE",
            "accepted": True,
        },
    )


def test_every_kind_of_event_can_be_written(listen):
    stream = listen()
    for kind in live_events.names():
        cls = getattr(events, kind)
        values = dict.fromkeys(cls.__dataclass_fields__)
        events.publish(cls(**{**values, "station_id": "CP1", "at": NOW}))
        assert stream.next()[0] == kind


def test_only_what_is_wanted_arrives(listen):
    of_station = listen("?station_id=CP1")
    of_kind = listen("?names=StationConnected,StationBooted")
    of_both = listen("?names=StationConnected&names=TransactionStarted&station_id=CP2")
    for event in (CONNECTED, STARTED, CONNECTED):
        events.publish(event)
    assert of_station.next()[0] == "TransactionStarted"
    assert [of_kind.next()[0], of_kind.next()[0]] == ["StationConnected"] * 2
    assert [of_both.next()[1]["station_id"] for _ in range(2)] == ["CP2", "CP2"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("names=Nothing", "names"), ("station_id=%00", "station_id"), ("since=1", "since")],
)
def test_a_query_that_cannot_be_used_is_named(rest, query, field):
    refused = rest.get(f"/events?{query}")
    assert refused.status_code == 400
    assert list(refused.get_json()["errors"]) == [field]


def test_proxies_are_told_not_to_wait(listen):
    response = listen().response
    assert response.mimetype == "text/event-stream"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert response.headers["Cache-Control"] == "no-store"


def test_anonymous_listeners_are_refused_and_never_redirected(anonymous):
    refused = anonymous.get("/events")
    assert refused.status_code == 401
    assert "Location" not in refused.headers


def test_a_slow_listener_loses_the_oldest_and_is_told(listen):
    stream = listen()
    for _ in range(live_events.MOST_WAITING + 3):
        events.publish(STARTED)
    events.publish(CONNECTED)
    assert stream.next() == ("lagged", {"event": "lagged", "lost": 4})
    names = [stream.next()[0] for _ in range(live_events.MOST_WAITING)]
    assert names[-1] == "StationConnected"
    events.publish(STARTED)
    assert stream.next()[0] == "TransactionStarted"


def test_who_leaves_is_forgotten(listen, live):
    stream = listen()
    listen()
    assert live.count == 2
    stream.response.close()
    assert live.count == 1
    events.publish(STARTED)


def test_a_listener_that_leaves_before_the_first_event_is_forgotten(viewer, live):
    viewer.get("/events").close()
    assert live.count == 0


def test_asking_with_head_starts_no_stream(viewer, live):
    response = viewer.client.head("/api/v1/events", headers=viewer.headers)
    assert (response.status_code, live.count) == (200, 0)


def test_the_stop_of_the_server_ends_streams_after_what_waits(listen, live):
    stream = listen()
    events.publish(STARTED)
    threading.Timer(0.05, live.end).start()
    started = time.monotonic()
    assert stream.next()[0] == "TransactionStarted"
    with pytest.raises(StopIteration):
        stream.next()
    assert time.monotonic() - started < 2


def test_a_stream_that_begins_during_the_stop_ends_at_once(viewer, live):
    live.end()
    assert viewer.get("/events").data.startswith(b"retry: ")
