"""Recording charging sessions: one row each, whatever is repeated, reordered, delayed or lost.

Each public function is one unit of work and safe to repeat. What a station says about its own
session is always recorded; authorisation only decides on the status that goes back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ..domain import authorization as rules
from ..domain.authorization import Authorization
from ..domain.connectors import STATION, ConnectorRef
from ..domain.metering import Reading, Readings
from ..domain.transactions import Flag, TransactionStart, TransactionStop
from ..errors import NotFound
from ..models.transactions import Transaction
from ..storage.writer import reading, unit_of_work
from . import matching, metering, rivals, sessions
from .authorization import Place
from .entitlement import Terms, judge_start, judge_stop, note_stopper


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of a report; no authorization where no token was presented."""

    transaction_id: int
    authorization: Authorization | None


@unit_of_work
def start(station_id: str, report: TransactionStart, terms: Terms) -> Recorded:
    """Record StartTransaction (OCPP 1.6, 4.8); a repetition finds the row of the first."""
    row = _find_started(station_id, report)
    place = Place(station_id, report.connector.evse_id, row.id if row else None)
    verdict = judge_start(report.token, terms, place)
    if row is None:
        row = _begin(station_id, report, verdict, terms)
    return Recorded(row.id, verdict)


@unit_of_work
def stop(station_id: str, report: TransactionStop, terms: Terms) -> Recorded:
    """Record StopTransaction (OCPP 1.6, 4.10), for an unknown transaction too.

    Only transactions of the station itself are touched. A repetition changes nothing.
    """
    row = _find_stopped(station_id, report, terms)
    stopper = judge_stop(row, report.token, terms)
    if sessions.ended_by_station(row) and not _improves(row, report):
        return Recorded(row.id, stopper)
    displaced = matching.take_back(row) if sessions.has(row, Flag.MATCHED) else None
    note_stopper(row, report.token, stopper)
    _end(row, report, terms.now)
    if displaced is not None:
        stop(station_id, displaced, terms)
    return Recorded(row.id, stopper)


@unit_of_work
def report_meter(
    station_id: str, connector: ConnectorRef, readings: Readings, uid: str | None, now: datetime
) -> None:
    """Record MeterValues: samples, the connector's newest reading, the session's energy."""
    if not readings.entries:
        return
    row = sessions.by_uid(station_id, uid) if uid else None
    if row is None:
        first_at = min(entry.at for entry in readings.entries)
        row = _metered(station_id, connector, first_at)
    if row is not None:
        sessions.take_readings(row, readings.entries)
        sessions.save_readings(row)
    entries = _in_time(readings.entries)
    metering.store(station_id, connector, entries, row.id if row else None, now)


def close(transaction_id: int, note: str, now: datetime) -> None:
    """End a stuck transaction for an operator, whose reason is kept; again changes nothing."""
    _close(_station_of(transaction_id), transaction_id, note, now)


@reading
def _station_of(transaction_id: int) -> str:
    row = Transaction.get_or_none(Transaction.id == transaction_id)
    if row is None:
        raise NotFound(f"no transaction {transaction_id}")
    return str(row.station_id)


@unit_of_work
def _close(station_id: str, transaction_id: int, note: str, now: datetime) -> None:
    """Do so in order with what the station itself says."""
    row = Transaction.get_or_none(
        Transaction.id == transaction_id, Transaction.station_id == station_id
    )
    if row is not None and row.active:
        sessions.flag(row, Flag.CLOSED_BY_OPERATOR)
        row.note = note
        sessions.close(row, max(now, row.started_at), by=sessions.BY_OPERATOR, reason="Other")
        row.save()
        sessions.announce_end(row)


def store_samples(row: Transaction, readings: Iterable[Reading], now: datetime) -> None:
    """Store the samples that came with a session's own messages."""
    connector = sessions.connector_of(row)
    readings = _in_time(readings)
    if connector is not None:
        metering.store(row.station_id, connector, readings, row.id, now)
    else:  # nobody said where: kept with the station, whose own meter they are not
        metering.store(row.station_id, STATION, readings, row.id, now, is_its_own=False)


def _in_time(readings: Iterable[Reading]) -> list[Reading]:
    return sorted(readings, key=lambda reading: reading.at)


# --- starting -----------------------------------------------------------------------------------


def _find_started(station_id: str, report: TransactionStart) -> Transaction | None:
    if report.moment.believed:
        return Transaction.get_or_none(Transaction.start_key == report.key(station_id))
    # A clock that stands still says the same of every session: only an open one can be meant.
    row = sessions.active_at(station_id, report.connector.evse_id)
    if row is None or row.start_key is not None or row.meter_start_wh != report.meter_wh:
        return None
    started_by = rules.clean(row.start_tag or "")
    return row if rules.same_token(started_by, rules.clean(report.token)) else None


def _begin(
    station_id: str, report: TransactionStart, verdict: Authorization, terms: Terms
) -> Transaction:
    """Make the row of a session, or complete the one whose end came first."""
    row = matching.find_earlier_end(station_id, report, verdict.token)
    if row is not None:
        matching.complete(row, report, verdict)
    else:
        row = _add(station_id, report, verdict)
    ends = matching.take_back_overlapped(row) if verdict.accepted else ()
    if verdict.accepted:
        rivals.settle(row, terms.now)
    first = Reading(report.moment.at, report.moment.believed, register_wh=report.meter_wh)
    metering.store(station_id, report.connector, [first], row.id, terms.now)
    sessions.announce_start(row)
    for end in ends:
        stop(station_id, end, terms)
    return row


def _add(station_id: str, report: TransactionStart, verdict: Authorization) -> Transaction:
    at = report.moment.at
    row = sessions.add(
        station_id,
        report.connector,
        active=True,
        start_key=report.key(station_id) if report.moment.believed else None,
        start_tag=verdict.token,
        tag_folded=sessions.folded(verdict.token),
        started_at=at,
        meter_start_wh=report.meter_wh,
        meter_start_at=at,
        meter_last_wh=report.meter_wh,
        meter_last_at=at,
    )
    if not report.moment.believed:
        sessions.flag(row, Flag.CLOCK)
    if not verdict.accepted:
        # The station should not charge. If it does all the same, its stop says how much.
        sessions.flag(row, Flag.REFUSED)
        sessions.close(row, at, by=sessions.BY_SERVER, reason=None)
    row.save()
    return row


# --- stopping -----------------------------------------------------------------------------------


def _find_stopped(station_id: str, report: TransactionStop, terms: Terms) -> Transaction:
    """Return the row that an end belongs to, a new one if need be."""
    if report.number > 0:
        row = sessions.by_uid(station_id, str(report.number))
        if row is not None and not _is_another_orphan(row, report):
            return row
    row = matching.find_end(station_id, report, terms)
    if row is None and report.number <= 0:
        row = matching.find_session(station_id, report, terms)
    return row or matching.add_orphan(station_id, report, terms)


def _is_another_orphan(row: Transaction, report: TransactionStop) -> bool:
    """Tell whether an unknown id was used again, for a session that is unknown as well."""
    return sessions.has(row, Flag.NO_START) and matching.differs(row, report)


def _improves(row: Transaction, report: TransactionStop) -> bool:
    """Tell whether an end takes the place of a provisional one; the very same end does not."""
    if not sessions.has(row, Flag.MATCHED) or row.stop_key == report.key(row.station_id):
        return False
    return matching.differs(row, report)


def _end(row: Transaction, report: TransactionStop, now: datetime) -> None:
    is_orphan = sessions.has(row, Flag.NO_START)
    is_certain = report.number > 0 or is_orphan
    if not report.moment.believed:
        sessions.flag(row, Flag.CLOCK)
    if not is_certain:
        sessions.flag(row, Flag.MATCHED)
    if is_orphan:
        _take_orphans_readings(row, report)
    sessions.unflag(row, Flag.SUPERSEDED)
    row.stop_key = report.key(row.station_id)
    ends_at = max(report.moment.at, row.started_at)
    estimate_wh = None if is_certain else report.meter_wh
    by, reason = sessions.BY_STATION, report.reason
    sessions.close(row, ends_at, by=by, reason=reason, estimate_wh=estimate_wh)
    if is_certain:
        sessions.end_register(row, report.meter_wh, ends_at)
        sessions.judge_register(row)
    row.save()
    last = Reading(row.stopped_at, report.moment.believed, register_wh=report.meter_wh)
    store_samples(row, [*report.readings.entries, last], now)
    sessions.announce_end(row)


def _take_orphans_readings(row: Transaction, report: TransactionStop) -> None:
    """Learn from the readings that came with an end what nobody told of its start."""
    believed = [entry.at for entry in report.readings.entries if entry.believed]
    row.started_at = min([row.started_at, *believed])
    sessions.take_readings(row, report.readings.entries)


# --- meter values --------------------------------------------------------------------------------


def _metered(station_id: str, connector: ConnectorRef, at: datetime) -> Transaction | None:
    """Return the session that readings without a name belong to, by place and time."""
    if not connector.evse_id:
        return None
    return sessions.running_at(station_id, connector.evse_id, at)
