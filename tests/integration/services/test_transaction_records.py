"""Lists of charging sessions and of their meter values."""

import itertools
import json
from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core.errors import InvalidInput, NotFound
from ocpp_core.models.transactions import MeterSample, SampleKind, SignedSample, Transaction
from ocpp_core.services import transaction_records
from ocpp_core.storage.writer import unit_of_work

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("store")
numbers = itertools.count(1)


def at(minutes):
    return START + timedelta(minutes=minutes)


@unit_of_work
def add(**values):
    number = next(numbers)
    defaults = {"id": number, "uid": str(number), "station_id": "CP1", "evse_id": 1}
    defaults |= {"connector_id": 1, "active": False, "started_at": START, "start_tag": "Ann"}
    values = defaults | values
    values.setdefault("tag_folded", (values["start_tag"] or "").lower() or None)
    Transaction.create(**values)
    return values["id"]


@unit_of_work
def insert(model, rows):
    model.insert_many(rows).execute()


def ids(limit=2, **filters):
    found, cursor = [], None
    while True:
        page = transaction_records.page(limit, cursor, **filters)
        found += [view.id for view in page.items]
        cursor = page.next
        if cursor is None:
            return found


def test_an_ended_session_has_its_energy_and_end():
    number = add(
        meter_start_wh=1000,
        meter_last_wh=3500.5,
        stopped_at=at(30),
        stop_tag="Bob",
        stop_reason="Local",
        flags="offline gap",
        note="stuck",
    )
    view = transaction_records.find(number)
    assert (view.meter_start_wh, view.meter_stop_wh, view.energy_wh) == (1000, 3500.5, 2500.5)
    assert (view.state, view.flags, view.note) == ("ended", ("offline", "gap"), "stuck")
    assert (view.stopped_at, view.stop_tag, view.stop_reason) == (at(30), "Bob", "Local")
    assert (view.uid, view.station_id, view.evse_id) == (str(number), "CP1", 1)


def test_an_active_session_has_no_end_but_running_energy():
    number = add(active=True, meter_start_wh=1000, meter_last_wh=1500, charging_state="Charging")
    view = transaction_records.find(number)
    assert (view.meter_stop_wh, view.energy_wh, view.state) == (None, 500, "active")
    assert view.charging_state == "Charging"
    assert transaction_records.active_at("CP1", 1) == view
    assert transaction_records.active_at("CP1", 2) is None


def test_without_readings_the_energy_is_unknown():
    assert transaction_records.find(add(meter_start_wh=1000)).energy_wh is None


@pytest.mark.parametrize("number", [0, -1, 4711, 2**63, 10**30])
def test_an_unknown_number_is_not_found(number):
    with pytest.raises(NotFound):
        transaction_records.find(number)
    with pytest.raises(NotFound):
        transaction_records.meter_values(number)


def test_pages_hold_every_session_once_newest_first():
    made = [add(started_at=at(minutes)) for minutes in (0, 5, 5, 5, 9)]
    assert ids() == made[::-1]
    assert ids(limit=100) == made[::-1]


def test_the_oldest_may_come_first():
    made = [add(started_at=at(minutes)) for minutes in (0, 5, 5, 5, 9)]
    assert ids(oldest_first=True) == made
    assert ids(limit=1, oldest_first=True, since=at(5), until=at(9)) == made[1:4]


def test_filters_narrow_the_list():
    one = add(start_tag="Ann", started_at=at(1))
    two = add(station_id="CP2", start_tag="Bob", active=True, started_at=at(2))
    three = add(evse_id=2, start_tag="ANN", active=True, started_at=at(3))
    four = add(start_tag=None, started_at=at(4))
    assert ids(station_id="CP1") == [four, three, one]
    assert ids(station_id="CP1", evse_id=1) == [four, one]
    assert ids(tag="ann") == [three, one]
    assert ids(tag="aNN", station_id="CP1", evse_id=2) == [three]
    assert ids(state="active") == [three, two]
    assert ids(state="ended") == [four, one]
    assert ids(since=at(2), until=at(4)) == [three, two]
    assert ids(limit=1, since=at(2)) == [four, three, two]
    assert ids(limit=1, until=at(3)) == [two, one]
    assert ids(station_id="CP3") == []
    five = add(evse_id=2, connector_id=2, started_at=at(5))
    assert ids(station_id="CP1", evse_id=2) == [five, three]
    assert ids(station_id="CP1", evse_id=2, connector_id=2) == [five]


def test_an_older_cursor_does_not_widen_the_range():
    for minutes in range(5):
        add(started_at=at(minutes))
    cursor = transaction_records.page(1).next
    page = transaction_records.page(10, cursor, until=at(2))
    assert [view.started_at for view in page.items] == [at(1), at(0)]
    cursor = transaction_records.page(1, oldest_first=True).next
    page = transaction_records.page(10, cursor, since=at(3), oldest_first=True)
    assert [view.started_at for view in page.items] == [at(3), at(4)]


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"state": "open"}, "state"),
        ({"evse_id": 1}, "evse_id"),
        ({"station_id": "CP1", "connector_id": 1}, "connector_id"),
        ({"limit": 0}, "limit"),
        ({"cursor": "x"}, "cursor"),
    ],
)
def test_a_bad_filter_is_refused_by_its_name(filters, field):
    with pytest.raises(InvalidInput) as refusal:
        transaction_records.page(**filters)
    assert set(refusal.value.fields) == {field}


def all_samples(number, limit):
    found, cursor = [], None
    while True:
        page = transaction_records.meter_values(number, limit, cursor)
        assert len(page.items) <= limit
        found += page.items
        cursor = page.next
        if cursor is None:
            return found


def kind(number, measurand):
    return {"id": number, "measurand": measurand, "phase": "L1", "unit": "Wh"}


def sample(number, minute, kind_id, value, connector=1):
    row = {"connector": connector, "at": at(minute), "kind": kind_id, "value": value}
    return row | {"transaction": number}


def signed(number, minute, kind_id, text):
    row = {"connector": 1, "at": at(minute), "kind": kind_id, "transaction": number}
    return row | {"content": json.dumps({"signed_meter_value": text}), "digest": text}


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_meter_values_come_once_in_the_order_of_their_moments(limit):
    number, other = add(), add()
    insert(SampleKind, [kind(1, "Energy"), kind(2, "Power")])
    rows = [sample(number, 0, 1, 0.1), sample(number, 0, 2, 5.0), sample(number, 1, 1, 0.2)]
    rows += [sample(number, 1, 1, 0.2, connector=2), sample(number, 1, 1, 0.3)]
    insert(MeterSample, [*rows[::-1], sample(other, 0, 1, 99.0)])
    insert(SignedSample, [signed(number, 1, 1, "b"), signed(number, 0, 1, "a")])
    insert(SignedSample, [signed(number, 1, 1, "c"), signed(other, 0, 1, "z")])
    found = all_samples(number, limit)
    assert [
        (v.at, v.measurand, v.value, v.signed and v.signed["signed_meter_value"]) for v in found
    ] == [
        (at(0), "Energy", 0.1, None),
        (at(0), "Energy", None, "a"),
        (at(0), "Power", 5.0, None),
        (at(1), "Energy", 0.2, None),
        (at(1), "Energy", 0.2, None),
        (at(1), "Energy", 0.3, None),
        (at(1), "Energy", None, "b"),
        (at(1), "Energy", None, "c"),
    ]
    assert (found[0].phase, found[0].unit, found[0].location) == ("L1", "Wh", "")


def test_a_sample_whose_kind_is_lost_is_shown_without_words():
    number = add()
    insert(MeterSample, [sample(number, 1, 99, 230.0)])
    (view,) = transaction_records.meter_values(number, 10).items
    assert (view.value, view.measurand, view.unit, view.location) == (230.0, "", "", "")


def test_a_session_without_samples_has_an_empty_page():
    assert transaction_records.meter_values(add()).items == ()
