"""The records of stations: what may be written, what a list shows, what a removal leaves."""

from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core import events
from ocpp_core.domain import credentials
from ocpp_core.errors import AlreadyExists, InvalidInput, NotFound
from ocpp_core.models.stations import ChargingLimit, Connector, Station
from ocpp_core.models.transactions import MeterSample, Transaction
from ocpp_core.services import removal, searching, station_records, stations
from ocpp_core.services.station_records import StationChanges
from ocpp_core.storage.writer import reading, unit_of_work

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture
def published():
    seen = []
    end = events.subscribe(seen.append)
    yield seen
    end()


def add(station_id="CP1", **changes):
    return station_records.add(station_id, StationChanges(**changes), NOW)


def edit(station_id="CP1", **changes):
    return station_records.edit(station_id, StationChanges(**changes), NOW)


@unit_of_work
def insert(model, rows):
    model.insert_many(rows).execute()


def ids(**filters):
    found, cursor = [], None
    while True:
        page = station_records.page(2, cursor, **filters)
        found += [station.id for station in page.items]
        cursor = page.next
        if cursor is None:
            return found


def test_a_station_is_added_with_what_is_given():
    view = add(name="Hall 1", comment="two\nlines", username="cp", default_version="1.6")
    assert (view.id, view.name, view.username) == ("CP1", "Hall 1", "cp")
    assert (view.comment, view.default_version) == ("two\nlines", "1.6")
    assert view.created_at == NOW
    assert not view.has_password
    assert view.boot_status == "Accepted"
    assert station_records.find("CP1") == view


def test_an_id_is_taken_once():
    add()
    with pytest.raises(AlreadyExists):
        add()


def test_the_id_that_is_registered_is_the_one_that_is_authenticated():
    assert add("Sa\u0308ule").id == "S\u00e4ule"
    assert stations.find_admission("S\u00e4ule") is not None


def test_a_password_is_hashed_and_can_be_taken_away():
    assert add(password="secret").has_password
    stored = stations.find_admission("CP1").password_hash
    assert "secret" not in stored
    assert credentials.verify(stored, b"secret")
    assert edit(name="other").has_password
    assert not edit(password=None).has_password


@pytest.mark.parametrize(
    ("station_id", "changes", "field"),
    [
        ("a/b", {}, "id"),
        ("", {}, "id"),
        ("a\0", {}, "id"),
        ("CP1", {"name": "a\nb"}, "name"),
        ("CP1", {"name": "x" * 256}, "name"),
        ("CP1", {"comment": "a\0b"}, "comment"),
        ("CP1", {"comment": "\ud800"}, "comment"),
        ("CP1", {"username": "a\tb"}, "username"),
        ("CP1", {"password": ""}, "password"),
        ("CP1", {"password": "x" * 256}, "password"),
        ("CP1", {"default_version": "1.5"}, "default_version"),
        ("CP1", {"boot_status": "accepted"}, "boot_status"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_its_field(station_id, changes, field):
    with pytest.raises(InvalidInput) as refusal:
        add(station_id, **changes)
    assert set(refusal.value.fields) == {field}


def test_an_edit_changes_only_what_is_given():
    add(name="Hall 1", comment="old", username="cp", cleans_tags=False)
    view = edit(comment="new")
    assert (view.name, view.comment, view.username) == ("Hall 1", "new", "cp")
    assert not view.cleans_tags
    assert edit(username="").username is None


def test_an_unknown_station_cannot_be_found_edited_or_removed():
    for action in (
        lambda: station_records.find("CP1"),
        lambda: edit(name="x"),
        lambda: station_records.remove("CP1", NOW),
        lambda: station_records.connectors("CP1"),
        lambda: station_records.rename_connector("CP1", 1, 1, "left", NOW),
    ):
        with pytest.raises(NotFound):
            action()


def test_add_or_edit_tells_which_it_was():
    assert station_records.add_or_edit("CP1", StationChanges(name="a"), NOW)[1] is True
    view, created = station_records.add_or_edit("CP1", StationChanges(comment="b"), NOW)
    assert (view.name, view.comment, created) == ("a", "b", False)


def test_changes_are_announced(published):
    add(name="a")
    edit(password="x", comment="b")
    edit()
    station_records.remove("CP1", NOW)
    assert published == [
        events.StationEdited("CP1", NOW, ("name",)),
        events.StationEdited("CP1", NOW, ("comment", "password_hash")),
        events.StationRemoved("CP1", NOW),
    ]


def test_boot_status_accepted_adopts_from_quarantine():
    stations.take_into_quarantine("CP1", NOW)
    assert station_records.find("CP1").in_quarantine
    assert edit(name="who?").in_quarantine
    view = edit(boot_status="Accepted")
    assert (view.in_quarantine, view.boot_status, view.name) == (False, "Accepted", "who?")


def test_adding_a_quarantined_station_adopts_it():
    stations.take_into_quarantine("CP1", NOW)
    view = add(name="Hall 1")
    assert (view.in_quarantine, view.boot_status, view.name) == (False, "Accepted", "Hall 1")
    stations.take_into_quarantine("CP2", NOW)
    view, created = station_records.add_or_edit("CP2", StationChanges(boot_status="Pending"), NOW)
    assert (created, view.boot_status, view.in_quarantine) == (True, "Pending", True)


def test_pages_hold_every_station_once_in_order():
    for station_id in ("b", "C", "a", "\u00e4", "B"):
        add(station_id)
    assert sorted(ids()) == sorted(["B", "C", "a", "b", "\u00e4"])
    assert ids() == [station.id for station in station_records.page(100).items]


def test_a_list_shows_those_online_or_in_quarantine():
    for number in range(5):
        add(f"CP{number}")
    for number in (1, 3):
        stations.connected(f"CP{number}", "1.6", NOW)
    stations.take_into_quarantine("CP9", NOW)
    assert ids(online=True) == ["CP1", "CP3"]
    assert ids(online=False) == ["CP0", "CP2", "CP4", "CP9"]
    assert ids(in_quarantine=True) == ["CP9"]
    assert ids(in_quarantine=False) == ["CP0", "CP1", "CP2", "CP3", "CP4"]
    assert ids(in_quarantine=True, online=True) == []


def test_search_finds_parts_of_id_name_comment_and_serial_number():
    add("CP-7", name="Garage \u00d6sterreich")
    add("CP-8", comment="100% behind the_house")
    add("CP-9")
    stations.booted("CP-9", stations.BootData(serial_number="SN4711"), NOW)
    assert ids(search="cp-") == ["CP-7", "CP-8", "CP-9"]
    assert ids(search=" garage ") == ["CP-7"]
    assert ids(search="\u00f6sterreich") == ["CP-7"]
    assert ids(search="0% b") == ["CP-8"]
    assert ids(search="the_h") == ["CP-8"]
    assert ids(search="theXh") == []
    assert ids(search="n47") == ["CP-9"]
    assert ids(search="garage", online=True) == []
    assert ids(search="  ") == ["CP-7", "CP-8", "CP-9"]
    with pytest.raises(InvalidInput):
        ids(search="a\0")


@reading
def bounded(text, after, limit, searched):
    query = Station.select().where(Station.id > after)
    found = searching.search(query, Station.id, [(Station.name, text)], limit, searched)
    return found.keys, bool(found.following)


def test_a_search_reads_so_many_rows_and_goes_on_with_the_next_page():
    for number in range(10):
        add(f"CP{number}", name="odd" if number % 2 else "even")
    assert bounded("odd", "", 10, 4) == (["CP1", "CP3"], True)
    assert bounded("odd", "CP3", 1, 4) == (["CP5"], True)
    assert bounded("none", "", 10, 4) == ([], True)
    assert bounded("odd", "CP7", 10, 4) == (["CP9"], False)


def test_connectors_are_shown_in_order_and_can_be_named(published):
    add()
    rows = [(2, 1), (0, 0), (1, 2), (1, 1)]
    insert(Connector, [{"station": "CP1", "evse_id": e, "connector_id": c} for e, c in rows])
    shown = station_records.connectors("CP1")
    assert [(c.evse_id, c.connector_id) for c in shown] == [(0, 0), (1, 1), (1, 2), (2, 1)]
    station_records.rename_connector("CP1", 1, 2, " left ", NOW)
    assert station_records.connectors("CP1")[2].name == "left"
    assert events.StationEdited("CP1", NOW, ("connectors",)) in published
    with pytest.raises(NotFound):
        station_records.rename_connector("CP1", 9, 1, "x", NOW)
    with pytest.raises(InvalidInput):
        station_records.rename_connector("CP1", 1, 1, "x" * 256, NOW)


@reading
def connector_row(station_id):
    return Connector.get(Connector.station == station_id).id


@reading
def count(model):
    return model.select().count()


def sample(connector, second, transaction=None):
    at = NOW + timedelta(seconds=second)
    return {"connector": connector, "at": at, "kind": 1, "value": 1.0, "transaction": transaction}


def test_a_removal_keeps_transactions_with_their_samples():
    for station_id in ("CP1", "CP2"):
        add(station_id)
        insert(Connector, [{"station": station_id, "evse_id": 1, "connector_id": 1}])
        insert(
            ChargingLimit,
            [{"station": station_id, "evse_id": 0, "value": 1, "unit": "W", "set_at": NOW}],
        )
    row, other = connector_row("CP1"), connector_row("CP2")
    insert(Transaction, [{"id": 5, "station_id": "CP1", "active": False, "started_at": NOW}])
    insert(MeterSample, [sample(row, s, 5 if s % 2 else None) for s in range(50)])
    insert(MeterSample, [sample(other, s) for s in range(50)])
    station_records.remove("CP1", NOW)
    assert count(Connector) == count(ChargingLimit) == count(Station) == 1
    assert count(Transaction) == 1
    assert count(MeterSample) == 25 + 50


def test_samples_are_deleted_in_small_bites():
    add()
    insert(Connector, [{"station": "CP1", "evse_id": 1, "connector_id": 1}])
    row = connector_row("CP1")
    insert(MeterSample, [sample(row, s, 5 if s % 3 == 0 else None) for s in range(25)])
    reached = removal.delete_samples("CP1", bite=10)
    assert reached == {row: NOW + timedelta(seconds=19)}
    assert count(MeterSample) == 7 + 5  # of the first twenty those of the transaction
    station_records.remove("CP1", NOW)
    assert count(MeterSample) == 9


def test_a_removed_station_can_be_added_again():
    add(name="old", password="secret")
    station_records.remove("CP1", NOW)
    view = add()
    assert (view.name, view.has_password) == ("", False)
