"""What is drawn of a charging session, read in bites along an index."""

import itertools
import logging
from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core.errors import NotFound
from ocpp_core.models.transactions import MeterSample, SampleKind, Transaction
from ocpp_core.services import charts
from ocpp_core.storage.database import SqliteStore
from ocpp_core.storage.writer import unit_of_work

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
KINDS = (("Power.Active.Import", ""), ("Energy.Active.Import.Register", ""), ("Other", ""))
KINDS += tuple(("Current.Import", f"L{n}") for n in (1, 2, 3))


def at(seconds):
    return START + timedelta(seconds=seconds)


@unit_of_work
def add(number, samples, **values):
    """Add a session with samples (second, number of the kind, value)."""
    defaults = {"uid": str(number), "station_id": "CP1", "evse_id": 1, "active": True}
    Transaction.create(id=number, **(defaults | {"started_at": START} | values))
    if not SampleKind.select().count():
        for kind, (measurand, phase) in enumerate(KINDS, 1):
            SampleKind.create(id=kind, measurand=measurand, phase=phase, location="Outlet")
    fields = [MeterSample.connector, MeterSample.at, MeterSample.kind, MeterSample.value]
    fields.append(MeterSample.transaction)
    for start in range(0, len(samples), 500):
        rows = [(1, at(s), kind, value, number) for s, kind, value in samples[start : start + 500]]
        MeterSample.insert_many(rows, fields).execute()


def drawn(chart):
    return {
        (each.measure, each.phase): [
            ((time - START.timestamp() * 1000) / 1000, value)
            for time, value in zip(each.times, each.values, strict=True)
        ]
        for each in chart.series
    }


@pytest.mark.usefixtures("store")
def test_the_curves_of_a_session():
    samples = [(10, 1, 7000.0), (10, 2, 1020.0), (10, 3, 1.0), (10, 4, 16.0), (20, 1, 0.0)]
    add(1, samples, meter_start_wh=1000, meter_start_at=START)
    add(2, [(15, 1, 1.0)])
    chart = charts.chart(1)
    assert chart.complete
    assert drawn(chart) == {
        ("current", "L1"): [(10, 16.0)],
        ("energy", ""): [(0, 0.0), (10, 20.0)],
        ("power", ""): [(10, 7000.0), (20, 0.0)],
    }


@pytest.mark.usefixtures("store")
def test_what_came_since():
    samples = [(second, 2, second * 2.0) for second in range(0, 100, 10)]
    add(1, samples, meter_start_wh=0, meter_start_at=START)
    later = drawn(charts.chart(1, at(70)))
    assert later["energy", ""] == [(80, 160.0), (90, 180.0)]
    assert later["power", ""] == [(80, 7200.0), (90, 7200.0)]
    assert drawn(charts.chart(1, at(95))) == {}


@pytest.mark.usefixtures("store")
def test_a_session_without_samples_has_its_registers():
    add(1, [], meter_start_wh=5, meter_start_at=START, meter_last_wh=9, meter_last_at=at(60))
    assert drawn(charts.chart(1))["energy", ""] == [(0, 0.0), (60, 4.0)]
    add(2, [])
    assert charts.chart(2).series == ()


@pytest.mark.usefixtures("store")
def test_an_unknown_session_has_no_chart():
    with pytest.raises(NotFound):
        charts.chart(3)


@pytest.mark.usefixtures("store")
def test_many_samples_are_read_in_bites(monkeypatch):
    monkeypatch.setattr(charts, "BITE", 7)
    pauses = []
    monkeypatch.setattr(charts.green, "breathe", lambda: pauses.append(1))
    samples = [(second, kind, float(second)) for second in range(40) for kind in (1, 4, 5, 6)]
    add(1, samples)
    for curve in drawn(charts.chart(1)).values():
        assert curve == [(second, float(second)) for second in range(40)]
    assert len(pauses) >= len(samples) // 7


@pytest.mark.usefixtures("store")
def test_of_very_many_samples_some_are_skipped_but_not_the_last(monkeypatch):
    monkeypatch.setattr(charts, "BITE", 4)
    monkeypatch.setattr(charts, "FREE_BITES", 2)
    monkeypatch.setattr(charts, "MOST_BITES", 10)
    add(1, [(second, 1, float(second)) for second in range(400)])
    chart = charts.chart(1)
    curve = drawn(chart)["power", ""]
    assert not chart.complete
    assert (curve[0], curve[-1]) == ((0, 0.0), (399, 399.0))
    assert 20 < len(curve) <= 44
    assert max(b[0] - a[0] for a, b in itertools.pairwise(curve)) <= 60


def test_samples_are_read_along_the_index(store, caplog):
    add(1, [])
    caplog.set_level(logging.DEBUG, logger="peewee")
    charts.chart(1)
    (query,) = [r.msg for r in caplog.records if "FROM meter_samples" in str(r.msg)]
    with store.connection_context():
        if isinstance(store, SqliteStore):
            rows = store.execute_sql(f"EXPLAIN QUERY PLAN {query[0]}", query[1]).fetchall()
            assert "COVERING INDEX meter_samples_transaction" in rows[0][-1]
            assert len(rows) == 1
        else:
            for kind in ("seqscan", "bitmapscan", "sort"):
                store.execute_sql(f"SET enable_{kind} = off")
            rows = store.execute_sql(f"EXPLAIN {query[0]}", query[1]).fetchall()
            plan = "\n".join(row[0] for row in rows)
            assert "Index Scan using meter_samples_transaction" in plan
            assert "AND (at >=" in plan
            assert "Presorted Key: at" in plan
