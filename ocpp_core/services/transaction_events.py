"""Recording TransactionEvent (OCPP 2.x, E01 to E15), in whatever order events arrive."""

from __future__ import annotations

from ..domain import sequences
from ..domain.authorization import Authorization
from ..domain.metering import Reading
from ..domain.transactions import Flag, Phase, TransactionEvent
from ..models.transactions import Transaction
from ..storage.writer import unit_of_work
from . import rivals, sessions
from .authorization import Place
from .entitlement import Terms, judge_start, judge_stop, note_stopper
from .transactions import Recorded, store_samples

LONGEST_UID = 200  # leaves room for what tells two sessions of one id apart


@unit_of_work
def report(station_id: str, event: TransactionEvent, terms: Terms) -> Recorded:
    """Record one event; a repetition changes nothing."""
    row, is_new = _row_of(station_id, event)
    was_placed = not is_new and row.evse_id is not None
    formerly_at = row.started_at
    starts = event.phase is Phase.STARTED and (is_new or sessions.has(row, Flag.NO_START))
    ends = event.phase is Phase.ENDED and not sessions.ended_by_station(row)
    verdict = _take_token(row, event, terms, starts=starts)
    _take(row, event)
    if ends:
        _end(row, event)
    sessions.take_readings(row, event.readings.entries)
    _take_limits(row, event, starts=starts, ends=ends)
    sessions.judge_register(row)
    row.save()
    if starts and not is_new:
        rivals.estimate_again(row, formerly_at)
    if not was_placed:
        rivals.settle(row, terms.now)
    if is_new:
        sessions.announce_start(row)
    store_samples(row, event.readings.entries, terms.now)
    if ends:
        sessions.announce_end(row)
    return Recorded(row.id, verdict)


def _row_of(station_id: str, event: TransactionEvent) -> tuple[Transaction, bool]:
    """Return the row of the session, and whether it was made for this event."""
    row = sessions.by_uid(station_id, event.uid)
    if row is not None and _begins_anew(row, event):
        row.uid = f"{event.uid[:LONGEST_UID]}#{row.id}"  # its station counts from the start again
        row.save()
        row = None
    if row is not None:
        return row, False
    return _add(station_id, event), True


def _begins_anew(row: Transaction, event: TransactionEvent) -> bool:
    """Tell whether a station used the id of a finished session for another one."""
    if event.phase is not Phase.STARTED or sessions.has(row, Flag.NO_START):
        return False
    after_it = event.moment.believed and event.moment.at > (row.stopped_at or event.moment.at)
    return sessions.ended_by_station(row) and after_it


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


def _take_limits(row: Transaction, event: TransactionEvent, *, starts: bool, ends: bool) -> None:
    """Let Started and Ended say where the register began and ended, whatever the clock did."""
    told = [entry for entry in event.readings.entries if entry.register_wh is not None]
    if not told:
        return
    if starts:
        first = next((entry for entry in told if entry.begin_wh is not None), told[0])
        wh = first.register_wh if first.begin_wh is None else first.begin_wh
        row.meter_start_wh, row.meter_start_at = wh, first.at
    if ends:
        last = next((entry for entry in told if entry.end_wh is not None), told[-1])
        _take_begin_beside_end(row, told)
        sessions.end_register(row, last.register_wh or 0.0, last.at)


def _take_begin_beside_end(row: Transaction, told: list[Reading]) -> None:
    """Believe in a begin that Ended tells only when it tells an end as well."""
    begin = next((entry for entry in told if entry.begin_wh is not None), None)
    if begin is not None and any(entry.end_wh is not None for entry in told):
        row.meter_start_wh, row.meter_start_at = begin.begin_wh, begin.at


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


def _take_token(
    row: Transaction, event: TransactionEvent, terms: Terms, *, starts: bool
) -> Authorization | None:
    """Judge the token of an event: it starts the session, or stops it (E03, E07)."""
    if not event.token:
        return None
    if event.phase is Phase.ENDED:
        answer = judge_stop(row, event.token, terms)
        if not sessions.ended_by_station(row):
            note_stopper(row, event.token, answer)
        return answer
    if not (starts or row.start_tag is None or sessions.has(row, Flag.REFUSED)):
        return judge_stop(row, event.token, terms)
    verdict = judge_start(event.token, terms, Place(row.station_id, row.evse_id, row.id))
    sessions.set_start_tag(row, verdict.token)
    (sessions.unflag if verdict.accepted else sessions.flag)(row, Flag.REFUSED)
    return verdict
