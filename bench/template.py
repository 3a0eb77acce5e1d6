"""The database that each server of ours starts with: all stations known, one tag, no history."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ocpp_core import clock
from ocpp_core.services import station_records, tags
from ocpp_core.services.station_records import StationChanges
from ocpp_core.services.tags import TagChanges
from ocpp_core.storage import database, writer
from ocpp_core.storage.writer import Writer

from .messages import TAG
from .swarm import station_id


def make(file: Path, stations: int) -> None:
    """Make the SQLite file."""
    store = database.connect(f"sqlite:///{file}")
    database.upgrade(store)
    own_writer = Writer(store)
    writer.use(own_writer)
    try:
        own_writer.run(lambda: _fill(stations))
    finally:
        own_writer.close()
        writer.use(None)
        store.close_all()  # type: ignore[no-untyped-call]  # in the stubs
    with closing(sqlite3.connect(file)) as connection:  # all of it into the one file
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _fill(stations: int) -> None:
    now = clock.utcnow()
    tags.add_or_edit(TAG, TagChanges(), now)
    for number in range(stations):
        station_records.add(station_id(number), StationChanges(), now)
