"""The door and the hall: who is found, who is taken in, who is sent away."""

from __future__ import annotations

import threading

import pytest

from ocpp_core import clock, events
from ocpp_core.domain.admission import Visit
from ocpp_core.live.connection import Surroundings
from ocpp_core.live.registry import Registry
from ocpp_core.live.stations import Stations
from ocpp_core.protocol.base import Settings
from ocpp_core.services import station_records, stations
from ocpp_core.services.message_log import MessageLog
from ocpp_core.services.station_records import StationChanges
from tests.support.fake_transport import FakeTransport
from tests.support.waiting import until


class Hall:
    """All stations of a process without a web server."""

    def __init__(self, *, quarantines=False):
        self.registry = Registry()
        around = Surroundings(MessageLog(0, 1), *[lambda _: None] * 3)
        self.stations = Stations(
            self.registry, Settings(), around, quarantines=quarantines, on_boot=lambda _: None
        )
        self._threads = []
        self._arrivals = 0

    def enter(self, station_id="CP1", arrival=None):
        """Let a station in; returns its end of the connection."""
        self._arrivals += 1
        visit = Visit(station_id, "ocpp1.6", "192.0.2.7", arrival or self._arrivals)
        transport = FakeTransport()
        thread = threading.Thread(target=self.stations.serve, args=(transport, visit), daemon=True)
        thread.start()
        self._threads.append((transport, thread))
        return transport

    def close(self):
        self.stations.close_all(0.1)
        for transport, thread in self._threads:
            transport.lose()
            thread.join(5)
            assert not thread.is_alive()


@pytest.fixture
def hall(store):
    station_records.add("CP1", StationChanges(), clock.utcnow())
    hall = Hall()
    yield hall
    hall.close()


@pytest.fixture
def quarantine(store):
    hall = Hall(quarantines=True)
    yield hall.stations
    hall.close()


@pytest.fixture
def heard():
    found = []
    unsubscribe = events.subscribe(found.append)
    yield found
    unsubscribe()


def online(station_id="CP1"):
    return station_records.find(station_id).online


def test_a_station_is_online_as_long_as_it_is_connected(hall, heard):
    station = hall.enter()
    until(online)
    station.lose()
    until(lambda: not online())
    assert [event.name for event in heard] == ["StationConnected", "StationDisconnected"]
    assert len(hall.registry) == 0


def test_a_replaced_connection_leaves_its_successor_online(hall, heard):
    older = hall.enter()
    until(online)
    newer = hall.enter()
    until(lambda: older.closed)
    assert older.closed[0] == 1008
    newer.say(2, "m", "Heartbeat", {})
    assert newer.said()[:2] == [3, "m"]
    assert online()
    assert "StationDisconnected" not in [event.name for event in heard]


def test_a_connection_that_arrived_earlier_but_comes_later_is_turned_away(hall):
    later = hall.enter(arrival=8)
    until(online)
    earlier = hall.enter(arrival=7)
    until(lambda: earlier.closed)
    assert earlier.closed[0] == 1008
    assert later.closed is None
    assert online()


def test_a_station_that_was_removed_meanwhile_is_turned_away(hall):
    station = hall.enter("CP2")
    until(lambda: station.closed)
    assert station.closed[0] == 1008


def test_removing_a_station_closes_its_connection(hall):
    station = hall.enter()
    until(online)
    station_records.remove("CP1", clock.utcnow())
    until(lambda: station.closed)
    assert station.closed == (1008, "removed")


def test_a_change_of_the_record_holds_for_the_next_message(hall):
    hall.enter()
    until(online)
    connection = hall.registry.get("CP1")
    station_records.edit("CP1", StationChanges(cleans_tags=False), clock.utcnow())
    hall._threads[0][0].say(2, "m", "Heartbeat", {})
    hall._threads[0][0].said()
    assert connection.handlers.profile.cleans_tags is False


def test_the_stop_sends_away_who_is_there_and_who_still_comes(hall):
    early = hall.enter()
    until(online)
    hall.stations.close_all(0.5)
    assert early.closed == (1001, "server stops")
    late = hall.enter()
    until(lambda: late.closed)
    assert late.closed == (1001, "server stops")
    hall.stations.wait_until_empty(1)
    assert len(hall.registry) == 0


# ---------------------------------------------------------------- quarantine


def test_without_quarantine_an_unknown_station_is_not_found(hall):
    assert hall.stations.find("CP2") is None
    assert hall.stations.find("CP1").id == "CP1"


def test_with_quarantine_an_unknown_station_gets_a_record_once(quarantine, heard):
    assert quarantine.find("NEW").id == "NEW"
    assert quarantine.find("NEW").id == "NEW"
    assert stations.take_into_quarantine("NEW", clock.utcnow()).id == "NEW"  # came twice at once
    record = station_records.find("NEW")
    assert (record.in_quarantine, record.boot_status) == (True, "Pending")
    (event,) = heard
    assert (event.name, event.kind) == ("SecurityEvent", "StationInQuarantine")


@pytest.mark.parametrize("station_id", ["a/b", ".", "..", " a", "a ", "a\nb", "", "x" * 256])
def test_an_id_that_cannot_be_registered_gets_no_record(quarantine, station_id):
    assert quarantine.find(station_id) is None
    assert station_records.page().items == ()


def test_only_so_many_are_taken_in(quarantine, monkeypatch):
    assert stations.MOST_QUARANTINED == 200
    monkeypatch.setattr(stations, "MOST_QUARANTINED", 10)
    for number in range(10):
        assert quarantine.find(f"NEW{number}")
    assert quarantine.find("ONE TOO MANY") is None
    assert quarantine.find("NEW7")
    station_records.edit("NEW7", StationChanges(boot_status="Accepted"), clock.utcnow())
    assert quarantine.find("ONE TOO MANY")
