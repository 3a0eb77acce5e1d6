"""Storing meter values: each sample in base units, and the newest reading of each connector."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .. import events
from ..domain.connectors import STATION, ConnectorRef
from ..domain.metering import Reading, derive_power
from ..models.base import moment
from ..storage.statements import Statement
from ..storage.writer import record
from . import sample_kinds
from .connectors import check, has_room

REPORTED_POWER_HOLDS = timedelta(minutes=15)  # then power is derived from energy again

_FIND = Statement(
    "SELECT id, meter_wh, power_w, power_derived, soc_percent, meter_at FROM connectors"
    " WHERE station_id = ? AND evse_id = ? AND connector_id = ?"
)
_ADD = Statement(
    "INSERT INTO connectors (station_id, evse_id, connector_id, name, power_derived)"
    " SELECT id, ?, ?, '', ? FROM stations WHERE id = ? ON CONFLICT DO NOTHING"
)
_READ = Statement(
    "UPDATE connectors SET meter_wh = ?, power_w = ?, power_derived = ?, soc_percent = ?,"
    " meter_at = ? WHERE id = ?"
)
_REST = Statement(
    "UPDATE connectors SET power_w = NULL, power_derived = ?, soc_percent = NULL"
    " WHERE station_id = ? AND evse_id = ?"
)
_SAMPLE = Statement(
    "INSERT INTO meter_samples (connector_row, at, kind_id, value, transaction_id)"
    " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_SIGNED = Statement(
    "INSERT INTO signed_samples (connector_row, at, kind_id, transaction_id, content, digest)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)


@dataclass(slots=True)
class _State:
    """The newest reading of a connector."""

    row: int
    meter_wh: float | None
    power_w: float | None
    power_derived: bool
    soc_percent: float | None
    meter_at: datetime | None


def store(
    station_id: str,
    connector: ConnectorRef,
    readings: Iterable[Reading],
    transaction_id: int | None,
    now: datetime,
    *,
    is_its_own: bool = True,
) -> None:
    """Store readings of a connector inside the unit of work at hand; a repetition adds nothing.

    Without `is_its_own` the samples are kept there, but are no reading of that connector. Raises
    Violation for a connector too many; samples of a session are kept with the station then.
    """
    entries = [entry for entry in readings if entry != Reading(entry.at, entry.believed)]
    if not entries:
        return
    state = _find(station_id, connector)
    if state is None and transaction_id is not None and not has_room(station_id, connector):
        store(station_id, STATION, entries, transaction_id, now, is_its_own=False)
        return
    state = state or _add(station_id, connector)
    if state is None:
        return  # the record was removed a moment ago: its last session still gets its end
    _store_samples(state.row, entries, transaction_id)
    advances = [_advance(state, entry, now) for entry in entries] if is_its_own else []
    if not any(advances):
        return
    _READ.run(
        state.meter_wh,
        state.power_w,
        state.power_derived,
        state.soc_percent,
        state.meter_at,
        state.row,
    )
    record(_event(station_id, connector, transaction_id, state))


def rest(station_id: str, evse_id: int) -> None:
    """Forget power and state of charge at the end of a transaction."""
    _REST.run(False, station_id, evse_id)


def _find(station_id: str, connector: ConnectorRef) -> _State | None:
    found = _FIND.row(station_id, connector.evse_id, connector.connector_id)
    if found is None:
        return None
    row, meter, power, derived, soc, at = found
    return _State(row, meter, power, bool(derived), soc, moment(at))


def _add(station_id: str, connector: ConnectorRef) -> _State | None:
    """Make the row of a connector; None for a station that was removed."""
    check(station_id, connector)
    _ADD.run(connector.evse_id, connector.connector_id, False, station_id)
    return _find(station_id, connector)


def _advance(state: _State, entry: Reading, now: datetime) -> bool:
    """Take a reading into the state unless it is older; tells whether it did.

    A state from the future of `now` yields: the station's clock was wrong and has been set.
    """
    told = (entry.register_wh, entry.power_w, entry.soc_percent)
    if told == (None, None, None):
        return False
    if state.meter_at is not None and entry.at < state.meter_at <= now:
        return False
    state.power_w, state.power_derived = _power(state, entry)
    if entry.register_wh is not None:
        state.meter_wh = entry.register_wh
    if entry.soc_percent is not None:
        state.soc_percent = entry.soc_percent
    state.meter_at = entry.at
    return True


def _power(state: _State, entry: Reading) -> tuple[float | None, bool]:
    if entry.power_w is not None:
        return entry.power_w, False
    kept = state.power_w, state.power_derived
    if entry.register_wh is None or state.meter_wh is None or state.meter_at is None:
        return kept
    is_reported = state.power_w is not None and not state.power_derived
    if is_reported and entry.at - state.meter_at < REPORTED_POWER_HOLDS:
        return kept
    derived = derive_power(state.meter_wh, state.meter_at, entry.register_wh, entry.at)
    return kept if derived is None else (derived, True)


def _store_samples(row: int, entries: list[Reading], transaction_id: int | None) -> None:
    _SAMPLE.run_many(
        (row, entry.at, sample_kinds.id_of(sample.kind), sample.value, transaction_id)
        for entry in entries
        for sample in entry.samples
    )
    for entry in entries:
        for signed in entry.signed:
            content = json.dumps(signed.content, ensure_ascii=False, sort_keys=True)
            digest = hashlib.sha256(content.encode()).hexdigest()
            kind = sample_kinds.id_of(signed.kind)
            _SIGNED.run(row, entry.at, kind, transaction_id, content, digest)


def _event(
    station_id: str, connector: ConnectorRef, transaction_id: int | None, state: _State
) -> events.MeterRead:
    return events.MeterRead(
        station_id,
        state.meter_at or moment(0),  # set by the reading that was taken in
        connector.evse_id,
        connector.connector_id,
        transaction_id,
        state.meter_wh,
        state.power_w,
        state.soc_percent,
    )
