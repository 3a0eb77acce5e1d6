"""What the reference keeps: the rows that this server keeps for the same messages, by aiosqlite.

One shared connection and plain statements, as aiosqlite's documentation shows, with the same
durability: WAL, and each reply waits for a commit that is on the disk (synchronous=FULL). Messages
that are handled at the same time often share a commit, since the connection is shared: a lock
around each message would double the reference's cost.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiosqlite

TABLES = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS stations (
  id TEXT PRIMARY KEY, vendor TEXT, model TEXT, serial_number TEXT, firmware_version TEXT,
  last_boot_at INTEGER);
CREATE TABLE IF NOT EXISTS connectors (
  id INTEGER PRIMARY KEY, station_id TEXT NOT NULL, connector_id INTEGER NOT NULL, status TEXT,
  error_code TEXT, status_at INTEGER, meter_wh REAL, power_w REAL, soc_percent REAL,
  meter_at INTEGER, UNIQUE (station_id, connector_id));
CREATE TABLE IF NOT EXISTS transactions (
  id INTEGER PRIMARY KEY, station_id TEXT NOT NULL, connector_id INTEGER NOT NULL,
  active INTEGER NOT NULL, start_tag TEXT, started_at INTEGER, meter_start_wh REAL,
  meter_last_wh REAL, meter_last_at INTEGER, stop_tag TEXT, stopped_at INTEGER,
  meter_stop_wh REAL, stop_reason TEXT);
CREATE INDEX IF NOT EXISTS transactions_of_station ON transactions (station_id, started_at);
CREATE TABLE IF NOT EXISTS sample_kinds (
  id INTEGER PRIMARY KEY, measurand TEXT, phase TEXT, unit TEXT, UNIQUE (measurand, phase, unit));
CREATE TABLE IF NOT EXISTS meter_samples (
  connector_row INTEGER NOT NULL, at INTEGER NOT NULL, kind_id INTEGER NOT NULL,
  value REAL NOT NULL, transaction_id INTEGER, PRIMARY KEY (connector_row, at, kind_id, value));
"""
_READING = {
    "Energy.Active.Import.Register": "meter_wh",
    "Power.Active.Import": "power_w",
    "SoC": "soc_percent",
}


@dataclass(frozen=True)
class Sample:
    """One sampled value."""

    at: int
    measurand: str
    phase: str
    unit: str
    value: float


def milliseconds(text: str) -> int:
    """Return a moment of the wire as it is stored."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


class Store:
    """The database of the reference; each method ends with its commit."""

    def __init__(self, database: aiosqlite.Connection) -> None:
        self._database = database
        self._kinds: dict[tuple[str, str, str], int] = {}

    @classmethod
    async def open(cls, file: str) -> Store:
        """Open the database and make its tables."""
        database = await aiosqlite.connect(file)
        await database.executescript(TABLES)
        return cls(database)

    async def close(self) -> None:
        """Close the database."""
        await self._database.close()

    async def boot(self, station_id: str, said: dict[str, Any]) -> None:
        """Store what a booting station says of itself."""
        await self._execute(
            "INSERT INTO stations VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " vendor = excluded.vendor, model = excluded.model,"
            " serial_number = excluded.serial_number,"
            " firmware_version = excluded.firmware_version, last_boot_at = excluded.last_boot_at",
            (
                station_id,
                said.get("charge_point_vendor"),
                said.get("charge_point_model"),
                said.get("charge_point_serial_number"),
                said.get("firmware_version"),
                int(time.time() * 1000),
            ),
        )
        await self._database.commit()

    async def status(
        self, station_id: str, connector_id: int, status: str, error_code: str, at: int
    ) -> None:
        """Store the state of a connector."""
        await self._execute(
            "INSERT INTO connectors (station_id, connector_id, status, error_code, status_at)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT (station_id, connector_id) DO UPDATE SET"
            " status = excluded.status, error_code = excluded.error_code,"
            " status_at = excluded.status_at",
            (station_id, connector_id, status, error_code, at),
        )
        await self._database.commit()

    async def meter(
        self, station_id: str, connector_id: int, transaction_id: int | None, samples: list[Sample]
    ) -> None:
        """Store samples, the connector's newest reading and the transaction's."""
        rows = [
            (station_id, connector_id, each.at, await self._kind(each), each.value, transaction_id)
            for each in samples
        ]
        statement = (
            "INSERT OR IGNORE INTO meter_samples SELECT id, ?3, ?4, ?5, ?6 FROM connectors"
            " WHERE station_id = ?1 AND connector_id = ?2"
        )
        cursor = await self._database.executemany(statement, rows)
        await cursor.close()
        read = {_READING[each.measurand]: each for each in samples if each.measurand in _READING}
        newest = {name: each.value for name, each in read.items()}
        at = max((each.at for each in samples), default=0)
        await self._execute(
            "UPDATE connectors SET meter_wh = coalesce(?, meter_wh),"
            " power_w = coalesce(?, power_w), soc_percent = coalesce(?, soc_percent), meter_at = ?"
            " WHERE station_id = ? AND connector_id = ?",
            (*(newest.get(name) for name in _READING.values()), at, station_id, connector_id),
        )
        await self._execute(
            "UPDATE transactions SET meter_last_wh = coalesce(?, meter_last_wh),"
            " meter_last_at = ? WHERE id = ? AND station_id = ?",
            (newest.get("meter_wh"), at, transaction_id, station_id),
        )
        await self._database.commit()

    async def start(
        self, station_id: str, connector_id: int, tag: str, meter_wh: int, at: int
    ) -> int:
        """Store the start of a transaction and return its id."""
        await self._execute(
            "INSERT OR IGNORE INTO connectors (station_id, connector_id) VALUES (?, ?)",
            (station_id, connector_id),
        )
        number = await self._execute(
            "INSERT INTO transactions (station_id, connector_id, active, start_tag, started_at,"
            " meter_start_wh) VALUES (?, ?, 1, ?, ?, ?)",
            (station_id, connector_id, tag, at, meter_wh),
        )
        await self._database.commit()
        return number

    async def stop(
        self, transaction_id: int, tag: str | None, meter_wh: int, at: int, reason: str | None
    ) -> None:
        """Store the end of a transaction; its connector has no power any more."""
        await self._execute(
            "UPDATE transactions SET active = 0, stop_tag = ?, meter_stop_wh = ?, stopped_at = ?,"
            " stop_reason = ? WHERE id = ? AND active",
            (tag, meter_wh, at, reason, transaction_id),
        )
        await self._execute(
            "UPDATE connectors SET power_w = NULL, soc_percent = NULL FROM transactions AS ended"
            " WHERE ended.id = ? AND connectors.station_id = ended.station_id"
            " AND connectors.connector_id = ended.connector_id",
            (transaction_id,),
        )
        await self._database.commit()

    async def _execute(self, statement: str, values: tuple[Any, ...]) -> int:
        """Run a statement and return the id of its new row."""
        # Closed in the database's thread: dropped in this one, it breaks a statement under way.
        async with self._database.execute(statement, values) as cursor:
            return cursor.lastrowid or 0

    async def _kind(self, sample: Sample) -> int:
        key = (sample.measurand, sample.phase, sample.unit)
        if key not in self._kinds:
            insert = "INSERT OR IGNORE INTO sample_kinds (measurand, phase, unit) VALUES (?, ?, ?)"
            await self._execute(insert, key)
            found: Iterable[Any] = await self._database.execute_fetchall(
                "SELECT id FROM sample_kinds WHERE measurand = ? AND phase = ? AND unit = ?", key
            )
            self._kinds[key] = next(iter(found))[0]
        return self._kinds[key]
