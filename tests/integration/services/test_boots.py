"""What a boot stores, and what of the record it leaves alone."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest

from ocpp_core import events
from ocpp_core.errors import NotFound
from ocpp_core.models.stations import Station
from ocpp_core.services import station_records, stations
from ocpp_core.services.station_records import StationChanges
from ocpp_core.services.stations import BootData
from ocpp_core.storage.writer import reading
from tests.conftest import opened
from tests.support.waiting import until

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DATA = BootData(*(field.name for field in dataclasses.fields(BootData)))  # each its own name


@reading
def row():
    """Return the station's row."""
    return Station.get(Station.id == "CP1")


def test_a_boot_stores_what_was_said_and_answers_with_the_status(store):
    heard = []
    end = events.subscribe(heard.append)
    station_records.add("CP1", StationChanges(boot_status="Pending", name="Hall"), NOW)
    assert stations.booted("CP1", DATA, NOW) == "Pending"
    end()
    stored = row()
    for field in dataclasses.fields(DATA):
        name = "boot_reason" if field.name == "reason" else field.name
        assert getattr(stored, name) == field.name
    assert (stored.boot_answer, stored.name) == ("Pending", "Hall")
    assert stored.last_boot_at == stored.last_seen_at == NOW
    assert heard[-1] == events.StationBooted("CP1", NOW, "Pending", "reason")


def test_a_boot_of_nobody_is_told_so(store):
    with pytest.raises(NotFound):
        stations.booted("CP1", DATA, NOW)


@pytest.mark.postgresql
def test_a_boot_takes_back_nothing_that_another_process_changes_meanwhile(postgresql_url):
    with (
        opened(postgresql_url),
        psycopg.connect(postgresql_url) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        station_records.add("CP1", StationChanges(), NOW)
        other.execute(
            "UPDATE stations SET password_hash = 'secret', boot_status = 'Rejected'"
            " WHERE id = 'CP1'"
        )
        boot = pool.submit(stations.booted, "CP1", DATA, NOW)
        until(lambda: is_waited_for(postgresql_url))
        other.commit()
        assert boot.result(10) == "Rejected"
        stored = row()
        assert (stored.password_hash, stored.boot_answer) == ("secret", "Rejected")


def is_waited_for(url):
    """Tell whether somebody waits for a lock."""
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT 1 FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
