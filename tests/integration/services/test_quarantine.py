"""Unknown stations: waiting, adopted, ignored, taken back, forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core import events
from ocpp_core.errors import InvalidInput, NotFound
from ocpp_core.services import quarantine, station_records, stations
from ocpp_core.services.station_records import StationChanges

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("store")


def knock(station_id="NEW1", minutes=0):
    """Let an unknown station come; tells whether it was taken."""
    at = NOW + timedelta(minutes=minutes)
    return stations.take_into_quarantine(station_id, at) is not None


def ids(views):
    return [view.id for view in views]


def test_who_waits_is_listed_with_what_it_said_of_itself_the_last_heard_first():
    station_records.add("CP1", StationChanges(boot_status="Pending"), NOW)
    knock("A")
    knock("B", minutes=5)
    stations.connected("A", "1.6", NOW)
    data = stations.BootData(vendor="V", model="M", serial_number="S", firmware_version="F")
    stations.booted("A", data, NOW + timedelta(minutes=9))
    first, second = quarantine.waiting()
    assert (first.id, first.vendor, first.model, first.serial_number) == ("A", "V", "M", "S")
    assert (first.firmware_version, first.ocpp_version) == ("F", "1.6")
    assert (first.created_at, first.last_seen_at) == (NOW, NOW + timedelta(minutes=9))
    assert second.id == "B"
    assert quarantine.count() == 2


def test_an_adopted_station_works_under_its_name():
    knock("A")
    knock("B")
    view = quarantine.adopt("A", NOW, " Hall 1 ")
    assert (view.in_quarantine, view.boot_status, view.name) == (False, "Accepted", "Hall 1")
    assert quarantine.adopt("B", NOW).name == ""
    assert quarantine.waiting() == ()


def test_adopting_again_changes_nothing():
    knock()
    quarantine.adopt("NEW1", NOW, "first")
    station_records.edit("NEW1", StationChanges(boot_status="Rejected"), NOW)
    view = quarantine.adopt("NEW1", NOW, "second")
    assert (view.name, view.boot_status) == ("first", "Rejected")


def test_a_name_that_cannot_be_stored_adopts_nobody():
    knock()
    with pytest.raises(InvalidInput):
        quarantine.adopt("NEW1", NOW, "a\0")
    assert ids(quarantine.waiting()) == ["NEW1"]


def test_an_ignored_station_is_known_and_waits_no_more():
    knock()
    view = quarantine.ignore("NEW1", NOW)
    assert (view.in_quarantine, view.boot_status) == (True, "Rejected")
    assert knock()  # it comes again
    assert quarantine.waiting() == ()
    assert ids(quarantine.ignored().items) == ["NEW1"]
    assert quarantine.take_back("NEW1", NOW).boot_status == "Pending"
    assert ids(quarantine.waiting()) == ["NEW1"]
    assert quarantine.ignored().items == ()


def test_ignored_stations_are_listed_page_by_page():
    for number in range(5):
        knock(f"N{number}")
        if number != 2:
            quarantine.ignore(f"N{number}", NOW)
    page = quarantine.ignored(3)
    assert ids(page.items) == ["N0", "N1", "N3"]
    assert ids(quarantine.ignored(3, page.next).items) == ["N4"]


def test_ignored_stations_leave_room_for_others(monkeypatch):
    monkeypatch.setattr(stations, "MOST_QUARANTINED", 2)
    assert [knock(name) for name in "ABC"] == [True, True, False]
    quarantine.ignore("A", NOW)
    assert [knock(name) for name in "ABCD"] == [True, True, True, False]


def test_a_forgotten_station_waits_again_when_it_comes():
    knock()
    quarantine.ignore("NEW1", NOW)
    quarantine.forget("NEW1", NOW)
    assert quarantine.ignored().items == ()
    knock(minutes=1)
    assert quarantine.waiting()[0].created_at == NOW + timedelta(minutes=1)


def test_only_stations_in_quarantine_are_ignored_or_forgotten():
    station_records.add("CP1", StationChanges(), NOW)
    for action in (quarantine.ignore, quarantine.take_back, quarantine.forget):
        for station_id in ("CP1", "none"):
            with pytest.raises(NotFound):
                action(station_id, NOW)
    with pytest.raises(NotFound):
        quarantine.adopt("none", NOW)
    assert station_records.find("CP1").boot_status == "Accepted"


def test_live_connections_hear_of_it():
    seen = []
    end = events.subscribe(seen.append)
    knock()
    quarantine.ignore("NEW1", NOW)
    quarantine.adopt("NEW1", NOW)
    end()
    assert events.StationEdited("NEW1", NOW, ("boot_status",)) in seen
    assert events.StationEdited("NEW1", NOW, ("boot_status", "in_quarantine")) in seen
