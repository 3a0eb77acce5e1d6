"""Recording TransactionEvent (OCPP 2.x, E01 to E15), in whatever order events arrive."""

from __future__ import annotations

from ..domain import sequences
from ..domain.authorization import Authorization
from ..domain.transactions import Flag, Phase, TransactionEvent
from ..models.transactions import Transaction
from ..storage.writer import unit_of_work
from . import sessions
from .entitlement import Terms, is_starter, judge_start, judge_stop, note_stopper
from .transactions import Recorded, store_samples


@unit_of_work
def report(station_id: str, event: TransactionEvent, terms: Terms) -> Recorded:
    """Record one event; a repetition changes nothing."""
    row = sessions.by_uid(station_id, event.uid)
    is_new = row is None
    if row is None:
        row = _add(station_id, event)
    was_placed = not is_new and row.evse_id is not None
    verdict = _take_token(row, event, terms)
    _take(row, event)
    ends = event.phase is Phase.ENDED and not sessions.ended_by_station(row)
    if ends:
        _end(row, event)
    sessions.take_readings(row, event.readings.entries)
    _take_ends(row, event, ends=ends)
    sessions.judge_register(row)
    row.save()
    if not was_placed:
        sessions.settle_rivals(row)
    if is_new:
        sessions.announce_start(row)
    store_samples(row, event.readings.entries, terms.now)
    if ends:
        sessions.announce_end(row)
    return Recorded(row.id, verdict)


def _add(station_id: str, event: TransactionEvent) -> Transaction:
    row = sessions.add(
        station_id, event.connector, uid=event.uid, active=True, started_at=event.moment.at
    )
    if event.phase is not Phase.STARTED:
        sessions.flag(row, Flag.NO_START)
    return row


def _end(row: Transaction, event: TransactionEvent) -> None:
    sessions.unflag(row, Flag.SUPERSEDED)
    sessions.close(
        row,
        max(event.moment.at, row.started_at),
        by=sessions.BY_STATION,
        reason=event.stopped_reason or "Local",  # the default (2.1, ReasonEnumType)
    )


def _take_ends(row: Transaction, event: TransactionEvent, *, ends: bool) -> None:
    """Let Started and Ended say where the register began and ended, whatever the clock did."""
    told = [entry for entry in event.readings.entries if entry.register_wh is not None]
    if told and event.phase is Phase.STARTED:
        row.meter_start_wh, row.meter_start_at = told[0].register_wh, told[0].at
    if told and ends:
        row.meter_last_wh, row.meter_last_at = told[-1].register_wh, told[-1].at


def _take(row: Transaction, event: TransactionEvent) -> None:
    """Take what an event says besides token, meter and end."""
    is_newest = event.sequence > sequences.highest(row.sequence)
    row.sequence = sequences.add(row.sequence, event.sequence)
    gap = sequences.has_gap(row.sequence)
    (sessions.flag if gap else sessions.unflag)(row, Flag.GAP)
    _take_start(row, event)
    if event.connector is not None and row.evse_id is None:
        row.evse_id, row.connector_id = event.connector.evse_id, event.connector.connector_id
    if event.charging_state and is_newest:
        row.charging_state = event.charging_state
    if event.remote_start_id is not None:
        row.remote_start_id = event.remote_start_id
    if event.offline:
        sessions.flag(row, Flag.OFFLINE)
    if not event.moment.believed:
        sessions.flag(row, Flag.CLOCK)


def _take_start(row: Transaction, event: TransactionEvent) -> None:
    """Let a late Started, or the earliest event so far, say when the session began."""
    if not sessions.has(row, Flag.NO_START):
        return
    if event.phase is Phase.STARTED:
        sessions.unflag(row, Flag.NO_START)
        row.started_at = event.moment.at
    else:
        row.started_at = min(row.started_at, event.moment.at)


def _take_token(row: Transaction, event: TransactionEvent, terms: Terms) -> Authorization | None:
    """Judge the token of an event: it starts the session, or stops it (E03, E07)."""
    if not event.token:
        return None
    if event.phase is Phase.ENDED:
        answer = judge_stop(row, event.token, terms)
        if not sessions.ended_by_station(row):
            note_stopper(row, event.token, answer)
        return answer
    if row.start_tag is not None and not is_starter(row, event.token, terms):
        return judge_stop(row, event.token, terms)
    verdict = judge_start(event.token, terms, besides=row.id)
    sessions.set_start_tag(row, verdict.token)
    (sessions.unflag if verdict.accepted else sessions.flag)(row, Flag.REFUSED)
    return verdict
