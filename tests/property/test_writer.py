"""Units of work: those that end well are stored and told in order, others leave nothing."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from datetime import UTC, datetime

import peewee
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocpp_core import events
from ocpp_core.errors import NotFound
from ocpp_core.models.stations import Station
from ocpp_core.storage import writer
from ocpp_core.storage.writer import record, unit_of_work

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
NAMES = ("A", "B", "C", "D")


@dataclass(frozen=True)
class Add:
    """Store a row, which may exist, and tell of it."""

    name: str


@dataclass(frozen=True)
class Fail:
    """Raise."""


@dataclass(frozen=True)
class Inside:
    """Call another unit; what it raises may be forgiven."""

    steps: tuple[object, ...]
    forgives: bool


leaves = st.builds(Add, st.sampled_from(NAMES)) | st.builds(Fail)
units = st.recursive(
    st.lists(leaves, max_size=4).map(tuple),
    lambda inner: st.lists(leaves | st.builds(Inside, inner, st.booleans()), max_size=4).map(tuple),
    max_leaves=6,
)


@unit_of_work
def perform(steps):
    """Do what a unit is made of."""
    for step in steps:
        if isinstance(step, Add):
            Station.create(id=step.name, created_at=NOW)
            record(events.StationRemoved(step.name, NOW))
        elif isinstance(step, Fail):
            raise NotFound("as told")
        else:
            with contextlib.suppress(*([NotFound, peewee.IntegrityError] if step.forgives else [])):
                perform(step.steps)


def expect(steps, rows):
    """Do the same with a set of rows; returns what is told, None where the unit fails."""
    told = []
    for step in steps:
        if isinstance(step, Fail):
            return told, False
        if isinstance(step, Add):
            if step.name in rows:
                return told, False
            rows.add(step.name)
            told.append(step.name)
        else:
            more, well = expect(step.steps, rows)
            told += more
            if not (well or step.forgives):
                return told, False
    return told, True


@writer.reading
def stored():
    return {row.id for row in Station.select(Station.id)}


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(units, max_size=6))
def test_units_stand_or_fall_alone(sqlite_store, batch):
    writer.current().run(lambda: Station.delete().execute())
    rows, told, heard = set(), [], []
    gate = threading.Event()
    end = events.subscribe(lambda event: heard.append(event.station_id))
    try:
        writer.current().submit(gate.wait)
        waiting = [perform.submit(steps) for steps in batch]
        gate.set()
        for steps, unit in zip(batch, waiting, strict=True):
            after = set(rows)
            more, well = expect(steps, after)
            if well:
                unit.wait()
                rows, told = after, told + more
            else:
                with pytest.raises((NotFound, peewee.IntegrityError)):
                    unit.wait()
        assert stored() == rows
        assert heard == told
    finally:
        end()
