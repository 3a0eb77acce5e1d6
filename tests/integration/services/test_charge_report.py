"""What was charged in a range, by group and tag."""

import itertools
import math
from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core.models.tags import Tag
from ocpp_core.models.transactions import Transaction
from ocpp_core.services import charge_groups, charge_report, sessions
from ocpp_core.services.charge_groups import Sum
from ocpp_core.storage.writer import reading, unit_of_work
from tests.support.query_plans import check

START = datetime(2026, 5, 1, tzinfo=UTC)
END = START + timedelta(days=31)
INSIDE = START + timedelta(days=3)
pytestmark = pytest.mark.usefixtures("store")
numbers = itertools.count(1)


@unit_of_work
def add(**values):
    number = next(numbers)
    defaults = {"id": number, "uid": str(number), "station_id": "CP1", "active": False}
    defaults |= {"started_at": INSIDE, "stopped_at": INSIDE, "start_tag": "Ann"}
    values = defaults | {"meter_start_wh": 1000.0, "meter_last_wh": 3500.0} | values
    values.setdefault("tag_folded", (values["start_tag"] or "").casefold() or None)
    Transaction.create(**values)


@unit_of_work
def add_tag(tag_id, name="", group=None):
    Tag.create(id=tag_id, folded=tag_id.casefold(), name=name, group=group, created_at=START)


def report(since=START, until=END):
    return charge_report.summary(since, until)


def labels():
    return {group.name: [line.label for line in group.lines] for group in report().groups}


def test_nothing_charged_gives_an_empty_report():
    found = report()
    assert (found.groups, found.total, found.still_active) == ((), Sum(), 0)


def test_each_tag_has_its_sessions_and_energy_in_its_group():
    add_tag("ann", "Ann", "Sales")
    add()
    add(meter_last_wh=1500.5)
    add(start_tag="ANN", meter_start_wh=None)
    (group,) = report().groups
    (line,) = group.lines
    assert (group.name, line.tag_id, line.label) == ("Sales", "ann", "Ann")
    assert line.sum == group.sum == report().total == Sum(3, 2, 3000.5)
    assert line.sum.unmetered == 1


def test_a_session_counts_where_it_ended():
    moment = timedelta(milliseconds=1)
    add(started_at=START - timedelta(days=9), stopped_at=START)
    add(started_at=INSIDE, stopped_at=END)
    add(stopped_at=START - moment)
    add(stopped_at=END - moment)
    ranges = [(START - timedelta(31), START), (START, END), (END, END + timedelta(31))]
    assert [report(*each).total.sessions for each in ranges] == [1, 2, 1]
    assert report(END, START).total.sessions == 0


def test_the_blank_group_comes_first_and_all_else_alphabetically():
    add_tag("t1", "zoe", "Zebra")
    add_tag("t2", "Ärger", "ähre")
    add_tag("t3", "Adam", "Ahorn")
    add_tag("t4", "", "ahorn")
    add_tag("t5", "berta", "  ")
    for tag in ("t1", "t2", "t3", "t4", "t5", "gone"):
        add(start_tag=tag)
    assert list(labels().items()) == [
        ("", ["berta", "gone"]),
        ("Ahorn", ["Adam", "t4"]),  # upper and lower case are one group
        ("ähre", ["Ärger"]),
        ("Zebra", ["zoe"]),
    ]


def test_tags_of_one_name_are_told_apart():
    add_tag("t1", "Ann", "Sales")
    add_tag("t2", "Ann", "Sales")
    add_tag("t3", "Ann", "Support")
    for tag in ("t1", "t2", "t3"):
        add(start_tag=tag)
    assert labels() == {"Sales": ["Ann (t1)", "Ann (t2)"], "Support": ["Ann"]}


def test_deleted_tags_and_sessions_without_a_tag_stand_in_the_blank_group():
    add(start_tag="Gone", station_id="removed", evse_id=9)
    add(start_tag=None)
    (group,) = report().groups
    assert [(line.tag_id, line.label) for line in group.lines] == [("", ""), ("Gone", "Gone")]


def test_who_was_refused_and_got_nothing_did_not_charge():
    add(flags="refused", meter_last_wh=1000.0)
    add(flags="refused gap", meter_start_wh=None)
    add(flags="refused offline")
    add(flags="superseded", meter_last_wh=1000.0)
    assert report().total == Sum(2, 2, 2500)


def test_active_sessions_are_not_counted_but_told():
    running = {"active": True, "stopped_at": None}
    add(**running)
    add(**running, started_at=START - timedelta(days=99))
    add(**running, started_at=END)
    add(**running, flags="refused", meter_last_wh=1000.0)
    assert (report().total.sessions, report().still_active) == (0, 2)


READINGS = (None, 1000.0, 1000.1, 3500.7)
LATER = INSIDE + timedelta(minutes=1)
MOMENTS = ((None, None), (None, LATER), (INSIDE, INSIDE), (INSIDE, LATER))
ODD = [
    {
        "meter_start_wh": start,
        "meter_last_wh": last,
        "meter_estimate_wh": estimate,
        "meter_start_at": times[0],
        "meter_last_at": times[1],
        "flags": flags,
    }
    for start, last, estimate in itertools.product(READINGS, repeat=3)
    for times in MOMENTS
    for flags in ("", "no-start", "gap no-start clock", "refused no-start", "refused")
]


@unit_of_work
def add_odd():
    rows = []
    for values in ODD:
        number = next(numbers)
        common = {"id": number, "uid": str(number), "station_id": "CP1", "active": False}
        common |= {"started_at": INSIDE, "stopped_at": INSIDE, "start_tag": str(number)}
        rows.append(common | {"tag_folded": str(number)} | values)
    for some in range(0, len(rows), 500):
        Transaction.insert_many(rows[some : some + 500]).execute()


@reading
def by_the_rules():
    """Return what sessions.energy_of says of each session, but of those who got nothing."""
    energies = {row.start_tag: (row.flags, sessions.energy_of(row)) for row in Transaction.select()}
    return {
        tag: energy
        for tag, (flags, energy) in energies.items()
        if energy or "refused" not in flags.split()
    }


@pytest.mark.parametrize("bite", [7, 10_000])
def test_the_energy_is_the_one_that_is_shown_everywhere(monkeypatch, bite):
    monkeypatch.setattr(charge_report, "BITE", bite)
    monkeypatch.setattr(charge_report, "SERVERS_BITE", bite)
    add_odd()
    (group,) = report().groups
    found = {line.tag_id: line.sum.energy_wh if line.sum.metered else None for line in group.lines}
    assert found == by_the_rules()
    assert {line.sum.sessions for line in group.lines} == {1}
    known = [energy for energy in found.values() if energy is not None]
    assert math.isclose(report().total.energy_wh, math.fsum(known), rel_tol=1e-12)


def test_sessions_that_ended_at_one_moment_are_counted_once(monkeypatch):
    monkeypatch.setattr(charge_report, "BITE", 2)
    monkeypatch.setattr(charge_report, "SERVERS_BITE", 2)
    monkeypatch.setattr(charge_report, "ROWS", 1)
    for tag in "aabbbcd":
        add(start_tag=tag)
    (group,) = report().groups
    assert [(line.label, line.sum.sessions) for line in group.lines] == [
        ("a", 2),
        ("b", 3),
        ("c", 1),
        ("d", 1),
    ]


def test_many_tags_are_named_in_several_queries(monkeypatch):
    monkeypatch.setattr(charge_groups, "islice", lambda some, _: list(itertools.islice(some, 2)))
    for number in range(5):
        add_tag(f"T{number}", f"Name {number}")
    known = charge_groups.known_tags([None, "", "missing", *(f"t{n}" for n in range(5))])
    assert {key: (tag.id, tag.name) for key, tag in known.items()} == {
        f"t{number}": (f"T{number}", f"Name {number}") for number in range(5)
    }


def test_only_sessions_of_the_range_are_read(plans):
    add()
    for plan in plans(report):
        check(plan.replace("SCAN running", ""))
        assert "transactions_ended" in plan or "transactions_active" in plan or "tags" in plan
