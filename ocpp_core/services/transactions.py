"""Recording charging sessions: one row each, whatever is repeated, reordered, delayed or lost.

Each public function is one unit of work and safe to repeat. What a station says about its own
session is always recorded; authorisation only decides on the status that goes back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ..domain import authorization as rules
from ..domain import sequences
from ..domain.authorization import Authorization
from ..domain.connectors import STATION, ConnectorRef
from ..domain.metering import Reading, Readings
from ..domain.transactions import Flag, Phase, TransactionEvent, TransactionStart, TransactionStop
from ..errors import NotFound
from ..models.transactions import Transaction
from ..storage.writer import unit_of_work
from . import authorization, metering, sessions


@dataclass(frozen=True, slots=True)
class Terms:
    """How tokens of a station are judged."""

    now: datetime
    cleans_tags: bool = True
    single: bool = False  # one active transaction per tag
    trusted: bool = True  # False in quarantine: nobody may charge


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of a report; no authorization where no token was presented."""

    transaction_id: int
    authorization: Authorization | None


@unit_of_work
def start(station_id: str, report: TransactionStart, terms: Terms) -> Recorded:
    """Record StartTransaction (OCPP 1.6, 4.8); a repetition finds the row of the first."""
    row = _find_started(station_id, report)
    verdict = _judge_start(report.token, terms, besides=row.id if row else None)
    if row is not None:
        return Recorded(row.id, verdict)
    row = _find_stop_that_came_first(station_id, report, verdict.token)
    if row is not None:
        _complete(row, report, verdict)
        return Recorded(row.id, verdict)
    row = _begin(station_id, report, verdict)
    if verdict.accepted:
        sessions.settle_rivals(row)
    at, believed = report.moment.at, report.moment.believed
    first = Reading(at, believed, register_wh=report.meter_wh)
    metering.store(station_id, report.connector, [first], row.id)
    sessions.announce_start(row)
    return Recorded(row.id, verdict)


@unit_of_work
def stop(station_id: str, report: TransactionStop, terms: Terms) -> Recorded:
    """Record StopTransaction (OCPP 1.6, 4.10), for an unknown transaction too.

    Only transactions of the station itself are touched. A repetition changes nothing.
    """
    row = _find_stopped(station_id, report, terms) or _orphan(station_id, report, terms)
    stopper = _judge_stop(row, report.token, terms)
    if not _ended_by_station(row):
        _note_stopper(row, report.token, stopper)
        if not report.moment.believed:
            sessions.flag(row, Flag.CLOCK)
        ends_at = max(report.moment.at, row.started_at)
        sessions.close(
            row,
            ends_at,
            by=sessions.BY_STATION,
            reason=report.reason,
            meter_wh=report.meter_wh,
        )
        row.save()
        last = Reading(ends_at, report.moment.believed, register_wh=report.meter_wh)
        _store_samples(station_id, row, [*report.readings.entries, last])
        sessions.announce_end(row)
    return Recorded(row.id, stopper)


@unit_of_work
def report_event(station_id: str, report: TransactionEvent, terms: Terms) -> Recorded:
    """Record TransactionEvent (OCPP 2.x, E01 to E15), in whatever order events arrive."""
    row = sessions.by_uid(station_id, report.uid)
    is_new = row is None
    if row is None:
        row = _add_from_event(station_id, report)
    was_placed = not is_new and row.evse_id is not None
    verdict = _take_token(row, report, terms)
    _take_event(row, report)
    sessions.take_readings(row, report.readings.entries)
    ends = report.phase is Phase.ENDED and not _ended_by_station(row)
    if ends:
        sessions.close(
            row,
            max(report.moment.at, row.started_at),
            by=sessions.BY_STATION,
            reason=report.stopped_reason or "Local",
        )
    row.save()
    if not was_placed:
        sessions.settle_rivals(row)
    if is_new:
        sessions.announce_start(row)
    _store_samples(station_id, row, report.readings.entries)
    if ends:
        sessions.announce_end(row)
    return Recorded(row.id, verdict)


@unit_of_work
def report_meter(
    station_id: str, connector: ConnectorRef, readings: Readings, uid: str | None
) -> None:
    """Record MeterValues: samples, the connector's newest reading, the session's energy."""
    row = _metered(station_id, connector, uid)
    if row is not None:
        sessions.take_readings(row, readings.entries)
        row.save()
    metering.store(station_id, connector, readings.entries, row.id if row else None)


@unit_of_work
def close(transaction_id: int, note: str, now: datetime) -> Transaction:
    """End a stuck transaction for an operator, whose reason is kept; again changes nothing."""
    row = Transaction.get_or_none(Transaction.id == transaction_id)
    if row is None:
        raise NotFound(f"no transaction {transaction_id}")
    if row.active:
        sessions.flag(row, Flag.CLOSED_BY_OPERATOR)
        row.note = note
        ends_at = max(now, row.started_at)
        sessions.close(row, ends_at, by=sessions.BY_OPERATOR, reason="Other")
        row.save()
        sessions.announce_end(row)
    return row


# --- starting -----------------------------------------------------------------------------------


def _judge_start(token: str, terms: Terms, besides: int | None) -> Authorization:
    if not terms.trusted:
        return rules.judge(token, None, terms.now)
    return authorization.authorize_start(
        token, terms.now, cleans=terms.cleans_tags, single=terms.single, besides=besides
    )


def _find_started(station_id: str, report: TransactionStart) -> Transaction | None:
    if report.moment.believed:
        return Transaction.get_or_none(Transaction.start_key == report.key(station_id))
    # A clock that stands still says the same of every session: only an open one can be meant.
    row = sessions.active_at(station_id, report.connector.evse_id)
    if row is None or row.start_key is not None or row.meter_start_wh != report.meter_wh:
        return None
    started_by = rules.clean(row.start_tag or "")
    return row if rules.same_token(started_by, rules.clean(report.token)) else None


def _find_stop_that_came_first(
    station_id: str, report: TransactionStart, token: str
) -> Transaction | None:
    """Return the earliest end without a start that this start explains."""
    orphans = (
        Transaction.select()
        .where(
            Transaction.station_id == station_id,
            Transaction.evse_id.is_null(),
            Transaction.stopped_at >= report.moment.at,
            Transaction.meter_last_wh >= report.meter_wh,
            Transaction.flags.contains(Flag.NO_START),
        )
        .order_by(Transaction.stopped_at, Transaction.id)
    )
    for row in orphans:
        if row.stop_tag is None or rules.same_token(row.stop_tag, token):
            return row
    return None


def _complete(row: Transaction, report: TransactionStart, verdict: Authorization) -> None:
    sessions.unflag(row, Flag.NO_START)
    sessions.set_start_tag(row, verdict.token)
    row.evse_id, row.connector_id = report.connector.evse_id, report.connector.connector_id
    row.started_at = report.moment.at
    row.meter_start_wh, row.meter_start_at = report.meter_wh, report.moment.at
    row.start_key = report.key(row.station_id) if report.moment.believed else None
    if not verdict.accepted:
        sessions.flag(row, Flag.REFUSED)
    row.save()
    sessions.announce_start(row)


def _begin(station_id: str, report: TransactionStart, verdict: Authorization) -> Transaction:
    at = report.moment.at
    row = sessions.add(
        station_id,
        report.connector,
        active=True,
        start_key=report.key(station_id) if report.moment.believed else None,
        start_tag=verdict.token,
        tag_folded=rules.fold(verdict.token),
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


def _find_stopped(station_id: str, report: TransactionStop, terms: Terms) -> Transaction | None:
    if report.number > 0:
        row = sessions.by_uid(station_id, str(report.number))
        if row is not None and not (has_no_start(row) and _differs(row, report)):
            return row
    return _find_same_orphan(station_id, report) or _match_open(station_id, report, terms)


def has_no_start(row: Transaction) -> bool:
    """Tell whether only the end of a session is known."""
    return sessions.has(row, Flag.NO_START)


def _differs(row: Transaction, report: TransactionStop) -> bool:
    return (row.stopped_at, row.meter_last_wh) != (report.moment.at, report.meter_wh)


def _find_same_orphan(station_id: str, report: TransactionStop) -> Transaction | None:
    if not report.moment.believed:
        return None
    return (
        Transaction.select()
        .where(
            Transaction.station_id == station_id,
            Transaction.stopped_at == report.moment.at,
            Transaction.meter_last_wh == report.meter_wh,
            Transaction.flags.contains(Flag.NO_START)
            | Transaction.flags.contains(Flag.MATCHED)
            | Transaction.uid.is_null(),
        )
        .first()
    )


def _match_open(station_id: str, report: TransactionStop, terms: Terms) -> Transaction | None:
    """Return the open session that a stop without a usable id must mean, if there is just one.

    Stations that never got the answer to their start report transactionId 0 or -1.
    """
    if report.number > 0:
        return None
    token = rules.clean(report.token) if report.token and terms.cleans_tags else report.token
    candidates = [
        row
        for row in Transaction.select().where(
            Transaction.station_id == station_id,
            Transaction.active,
            Transaction.started_at <= report.moment.at,
        )
        if (row.meter_start_wh is None or row.meter_start_wh <= report.meter_wh)
        and (not token or rules.same_token(row.start_tag, token))
    ]
    if len(candidates) != 1:
        return None
    sessions.flag(candidates[0], Flag.MATCHED)
    return candidates[0]


def _orphan(station_id: str, report: TransactionStop, terms: Terms) -> Transaction:
    uid = str(report.number) if report.number > 0 else None
    if uid is not None and sessions.by_uid(station_id, uid) is not None:
        uid = None
    return sessions.add(
        station_id,
        None,
        uid=uid,
        active=True,
        started_at=min(report.moment.at, terms.now) if report.moment.believed else terms.now,
        flags=str(Flag.NO_START),
    )


def _judge_stop(row: Transaction, token: str | None, terms: Terms) -> Authorization | None:
    if not token:
        return None
    stopper = authorization.authorize(token, terms.now, cleans=terms.cleans_tags)
    group = authorization.group_of(row.start_tag)
    answer = rules.may_stop(row.start_tag, group, stopper)
    return Authorization(answer, stopper.token, stopper.group, stopper.expires_at)


def _note_stopper(row: Transaction, token: str | None, stopper: Authorization | None) -> None:
    row.stop_tag = stopper.token if stopper else (token or None)
    if stopper is not None and not stopper.accepted:
        sessions.flag(row, Flag.STOPPED_BY_OTHER)


def _ended_by_station(row: Transaction) -> bool:
    return bool(not row.active and row.closed_by == sessions.BY_STATION)


# --- events of OCPP 2.x ------------------------------------------------------------------------


def _add_from_event(station_id: str, report: TransactionEvent) -> Transaction:
    row = sessions.add(
        station_id,
        report.connector,
        uid=report.uid,
        active=True,
        started_at=report.moment.at,
    )
    if report.phase is not Phase.STARTED:
        sessions.flag(row, Flag.NO_START)
    return row


def _take_event(row: Transaction, report: TransactionEvent) -> None:
    """Take what an event says besides token, meter and end."""
    is_newest = report.sequence > sequences.highest(row.sequence)
    row.sequence = sequences.add(row.sequence, report.sequence)
    gap = sequences.has_gap(row.sequence)
    (sessions.flag if gap else sessions.unflag)(row, Flag.GAP)
    if report.phase is Phase.STARTED and sessions.has(row, Flag.NO_START):
        sessions.unflag(row, Flag.NO_START)
        row.started_at = report.moment.at
    elif sessions.has(row, Flag.NO_START):
        row.started_at = min(row.started_at, report.moment.at)
    if report.connector is not None and row.evse_id is None:
        row.evse_id, row.connector_id = report.connector.evse_id, report.connector.connector_id
    if report.charging_state and is_newest:
        row.charging_state = report.charging_state
    if report.remote_start_id is not None:
        row.remote_start_id = report.remote_start_id
    if report.offline:
        sessions.flag(row, Flag.OFFLINE)
    if not report.moment.believed:
        sessions.flag(row, Flag.CLOCK)


def _take_token(row: Transaction, report: TransactionEvent, terms: Terms) -> Authorization | None:
    """Judge the token of an event: it starts the session, or stops it (E03, E07)."""
    if not report.token:
        return None
    if report.phase is Phase.ENDED:
        answer = _judge_stop(row, report.token, terms)
        if not _ended_by_station(row):
            _note_stopper(row, report.token, answer)
        return answer
    if row.start_tag is not None and not _is_starter(row, report.token, terms):
        return _judge_stop(row, report.token, terms)
    verdict = _judge_start(report.token, terms, besides=row.id)
    sessions.set_start_tag(row, verdict.token)
    (sessions.unflag if verdict.accepted else sessions.flag)(row, Flag.REFUSED)
    return verdict


def _is_starter(row: Transaction, token: str, terms: Terms) -> bool:
    if rules.same_token(row.start_tag, token):
        return True
    return terms.cleans_tags and rules.same_token(row.start_tag, rules.clean(token))


# --- meter values --------------------------------------------------------------------------------


def _metered(station_id: str, connector: ConnectorRef, uid: str | None) -> Transaction | None:
    row = sessions.by_uid(station_id, uid) if uid else None
    if row is not None or not connector.evse_id:
        return row
    return sessions.active_at(station_id, connector.evse_id)


def _store_samples(station_id: str, row: Transaction, readings: Iterable[Reading]) -> None:
    connector = sessions.connector_of(row)
    if connector is not None:
        metering.store(station_id, connector, readings, row.id)
    else:  # nobody said where: kept with the station, whose own meter they are not
        metering.store(station_id, STATION, readings, row.id, is_its_own=False)
