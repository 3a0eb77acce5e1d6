"""Charge points of OCPP.Core become stations; clear passwords are hashed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .. import green
from ..domain import credentials, station_ids
from ..errors import InvalidInput
from ..models.stations import Station
from ..storage.statements import Statement
from ..storage.writer import reading, unit_of_work
from . import values
from .source import Row, Source
from .summary import Tally, Unusable, shown

_INSERT = Statement(
    "INSERT INTO stations (id, name, comment, created_at, username, password_hash, cleans_tags,"
    " boot_status, in_quarantine, online) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class _Record:
    id: str
    name: str
    comment: str
    username: str | None
    password: str | None


def take(source: Source, now: datetime) -> Tally:
    """Take over the stations that are not there."""
    tally = Tally("stations")
    for rows in source.rows("ChargePoint", "ChargePointId"):
        records = {record.id: record for row in rows if (record := _read(row, tally))}
        missing = [records[key] for key in sorted(records.keys() - known(list(records)))]
        hashes = [_hash(record.password) for record in missing]
        taken = _insert(missing, hashes, now)
        tally.taken += taken
        tally.present += len(records) - taken
    return tally


@reading
def known(ids: list[str]) -> set[str]:
    """Return which of these stations exist."""
    return {row.id for row in Station.select(Station.id).where(Station.id.in_(ids))}


def check_id(value: object) -> str:
    """Return a station's id. Raises Unusable when no station can have it."""
    try:
        return station_ids.check(values.text(value) or "")
    except InvalidInput as error:
        raise Unusable(str(error)) from error


def _read(row: Row, tally: Tally) -> _Record | None:
    try:
        station_id = check_id(row["ChargePointId"])
        username = values.word(row["Username"], "Username")
    except Unusable as reason:
        tally.leave(row["ChargePointId"], reason)
        return None
    # Without a user name OCPP.Core asks for no password, whatever stands in its column.
    password = values.text(row["Password"]) if username else None
    _note(station_id, username, password, row, tally)
    name, comment = values.name(row["Name"]), values.comment(row["Comment"])
    return _Record(station_id, name, comment, username, password)


def _note(
    station_id: str, username: str | None, password: str | None, row: Row, tally: Tally
) -> None:
    """Say where a station is less protected than it was."""
    if password is None and username:
        tally.notes.append(f"{shown(station_id)} has a user name but no password: set one")
    elif not username and values.text(row["ClientCertThumb"]):
        tally.notes.append(f"{shown(station_id)} was known by its certificate: set a password")


def _hash(password: str | None) -> str | None:
    return green.native(credentials.hash_password, password) if password else None


@unit_of_work
def _insert(records: Sequence[_Record], hashes: Sequence[str | None], now: datetime) -> int:
    present = known([record.id for record in records])
    rows = [
        (r.id, r.name, r.comment, now, r.username, hashed, True, "Accepted", False, False)
        for r, hashed in zip(records, hashes, strict=True)
        if r.id not in present
    ]
    _INSERT.run_many(rows)
    return len(rows)
