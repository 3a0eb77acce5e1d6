"""Rows of the exports: every session once, with the names of today."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core.errors import InvalidInput
from ocpp_core.models.stations import Connector, Station
from ocpp_core.models.tags import Tag
from ocpp_core.models.transactions import Transaction
from ocpp_core.services import charge_report, transaction_export
from ocpp_core.storage.writer import unit_of_work
from tests.support.query_plans import check

START = datetime(2026, 5, 1, tzinfo=UTC)
END = START + timedelta(days=31)
pytestmark = pytest.mark.usefixtures("store")
numbers = itertools.count(1)


def at(minutes):
    return START + timedelta(minutes=minutes)


@unit_of_work
def add(**values):
    number = next(numbers)
    defaults = {"id": number, "uid": str(number), "station_id": "CP1", "active": False}
    defaults |= {"evse_id": 1, "connector_id": 1, "started_at": at(5), "stopped_at": at(60)}
    defaults |= {"start_tag": "Ann", "meter_start_wh": 1000.0, "meter_last_wh": 3500.0}
    values = defaults | values
    values.setdefault("tag_folded", (values["start_tag"] or "").casefold() or None)
    Transaction.create(**values)
    return values["id"]


@unit_of_work
def create(model, **values):
    model.create(**values)


def add_tag(tag_id, name="", group=None):
    create(Tag, id=tag_id, folded=tag_id.casefold(), name=name, group=group, created_at=START)


def charges(since=START, until=END):
    return [line for bite in transaction_export.charges(since, until) for line in bite]


def listed(**filters):
    bites = transaction_export.transactions(**filters)
    return [line.transaction.id for bite in bites for line in bite]


@pytest.fixture(params=[1, 2, 200])
def bite(request, monkeypatch):
    """Bites that are smaller and larger than the tables."""
    monkeypatch.setattr(transaction_export, "BITE", request.param)


def test_a_charge_has_all_names_of_today():
    create(Station, id="CP1", name=" North ", created_at=START)
    create(Connector, station="CP1", evse_id=1, connector_id=1, name="Left")
    add_tag("ann", "Ann", "Sales")
    add_tag("bob", "Bob")
    number = add(stop_tag="BOB", meter_estimate_wh=3600.5)
    (line,) = charges()
    assert (line.id, line.station, line.connector) == (number, "North", "Left")
    assert (line.start_tag, line.start_name, line.group) == ("Ann", "Ann", "Sales")
    assert (line.stop_tag, line.stop_name) == ("BOB", "Bob")
    assert (line.started_at, line.stopped_at) == (at(5), at(60))
    assert (line.meter_start_wh, line.meter_stop_wh, line.energy_wh) == (1000.0, 3600.5, 2600.5)


def test_what_has_no_record_any_more_is_there_all_the_same():
    add(evse_id=2, connector_id=3, start_tag="gone")
    add(evse_id=None, connector_id=None, start_tag=None, meter_start_wh=None)
    one, other = charges()
    assert (one.station, one.connector) == ("CP1", "2.3")
    assert (one.start_tag, one.start_name, one.group, one.stop_tag) == ("gone", "", "", "")
    assert (other.connector, other.start_tag, other.energy_wh) == ("", "", None)


def test_a_connector_of_another_station_lends_no_name():
    for station, number, name in (("CP1", 1, ""), ("CP1", 2, "Right"), ("CP2", 1, "Other")):
        if number == 1:
            create(Station, id=station, created_at=START)
        create(Connector, station=station, evse_id=number, connector_id=1, name=name)
    add()
    add(evse_id=2)
    add(station_id="CP2")
    assert [line.connector for line in charges()] == ["1", "Right", "Other"]


@pytest.mark.usefixtures("bite")
def test_every_charge_of_the_report_comes_once_in_the_order_of_the_ends():
    moments = (9, 3, 3, 3, 7)
    made = {add(stopped_at=at(minutes)): minutes for minutes in moments}
    add(stopped_at=START - timedelta(milliseconds=1))
    add(stopped_at=END)
    add(active=True, stopped_at=None)
    add(flags="refused", meter_last_wh=1000.0)
    found = charges()
    assert [line.id for line in found] == sorted(made, key=lambda number: (made[number], number))
    total = charge_report.summary(START, END).total
    assert (total.sessions, total.energy_wh) == (5, sum(line.energy_wh for line in found))


def test_an_empty_range_has_no_charges():
    add()
    assert charges(END, START) == []


@pytest.mark.usefixtures("bite")
def test_the_list_comes_whole_with_the_filters_of_its_page():
    one, two = add(started_at=at(1)), add(started_at=at(2), start_tag="Bob")
    three = add(started_at=at(3), evse_id=2, active=True, stopped_at=None)
    four = add(started_at=at(4), station_id="CP2")
    assert listed() == [four, three, two, one]
    assert listed(oldest_first=True) == [one, two, three, four]
    assert listed(station_id="CP1", evse_id=1, connector_id=1) == [two, one]
    assert listed(tag="ANN", state="ended") == [four, one]
    assert listed(since=at(2), until=at(4)) == [three, two]
    assert listed(station_id="CP3") == []


def test_a_bad_filter_is_refused_before_the_first_row():
    with pytest.raises(InvalidInput):
        next(transaction_export.transactions(state="odd"))


def test_charges_are_read_along_an_index(plans):
    add()
    for plan in plans(charges):
        check(plan)
