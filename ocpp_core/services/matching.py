"""Bringing starts and ends of OCPP 1.6 together where no transaction id does.

A station that never got the answer to its StartTransaction stops with transactionId 0 or -1; one
that reorders its queue stops before it starts. Such an end is given to the session that, by
connector, time, tag and meter, it most likely closes. It stays provisional (flag `matched`): a
better candidate for the session takes its place, and the end looks for another session.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from ..domain import authorization as rules
from ..domain.authorization import Authorization
from ..domain.moments import Reported
from ..domain.transactions import Flag, TransactionStart, TransactionStop, register_wh
from ..models.transactions import Transaction
from . import sessions
from .entitlement import Terms

CONTENT_HOLDS = timedelta(days=1)


def find_end(station_id: str, report: TransactionStop, terms: Terms) -> Transaction | None:
    """Return the row that holds this very end already, without its id saying so.

    Without a clock to be believed, an end of the same content is the same for a day.
    """
    rows = Transaction.select().where(
        Transaction.station_id == station_id,
        Transaction.stop_key == report.key(station_id),
        Transaction.flags.contains(Flag.NO_START) | Transaction.flags.contains(Flag.MATCHED),
    )
    if not report.moment.believed:
        rows = rows.where(Transaction.stopped_at > terms.now - CONTENT_HOLDS)
    return rows.order_by(Transaction.stopped_at.desc()).first()


def find_session(station_id: str, report: TransactionStop, terms: Terms) -> Transaction | None:
    """Return the session that an end without a usable id closes; None if that is not certain."""
    token = rules.clean(report.token) if report.token and terms.cleans_tags else report.token
    latest: dict[int | None, Transaction] = {}
    for row in _open_for(station_id, report):
        fits = row.meter_start_wh is None or row.meter_start_wh <= report.meter_wh
        if fits and (not token or rules.same_token(row.start_tag, token)):
            latest[row.evse_id] = row
    return next(iter(latest.values())) if len(latest) == 1 else None


def find_earlier_end(station_id: str, report: TransactionStart, token: str) -> Transaction | None:
    """Return the earliest end without a start that this start explains."""
    rows = (
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
    return next((row for row in rows if _same_or_none(row.stop_tag, token)), None)


def complete(row: Transaction, report: TransactionStart, verdict: Authorization) -> None:
    """Give an end without a start its start."""
    sessions.unflag(row, Flag.NO_START)
    sessions.flag(row, Flag.MATCHED)
    row.uid = str(row.id)  # what the station is answered, and will use from now on
    sessions.set_start_tag(row, verdict.token)
    row.evse_id, row.connector_id = report.connector.evse_id, report.connector.connector_id
    row.started_at = report.moment.at
    row.meter_estimate_wh = row.meter_last_wh
    row.meter_start_wh, row.meter_start_at = report.meter_wh, report.moment.at
    row.meter_last_wh, row.meter_last_at = report.meter_wh, report.moment.at
    row.start_key = report.key(row.station_id) if report.moment.believed else None
    if not verdict.accepted:
        sessions.flag(row, Flag.REFUSED)
    row.save()


def take_back(row: Transaction) -> TransactionStop:
    """Reopen a session whose end was provisional, and return that end."""
    meter, reason = row.meter_estimate_wh or 0.0, row.stop_reason or "Local"
    end = TransactionStop(
        -1, meter, Reported(row.stopped_at), row.stop_tag, reason, former_key=row.stop_key
    )
    sessions.unflag(row, Flag.MATCHED, Flag.STOPPED_BY_OTHER)
    row.active, row.stopped_at, row.closed_by = True, None, None
    row.stop_tag = row.stop_reason = row.meter_estimate_wh = row.stop_key = None
    row.save()
    return end


def take_back_overlapped(row: Transaction) -> Sequence[TransactionStop]:
    """Take back provisional ends that a new session shows to be another's.

    Sessions of a connector do not overlap: an end after this start is not that of an older one.
    """
    overlapped: Iterable[Transaction] = Transaction.select().where(
        Transaction.station_id == row.station_id,
        Transaction.evse_id == row.evse_id,
        Transaction.id != row.id,
        Transaction.started_at < row.started_at,
        Transaction.stopped_at >= row.started_at,
        Transaction.flags.contains(Flag.MATCHED),
    )
    return [take_back(each) for each in list(overlapped)]


def add_orphan(station_id: str, report: TransactionStop, terms: Terms) -> Transaction:
    """Make a row for the end of a session of which nothing else is known."""
    uid = str(report.number) if report.number > 0 else None
    if uid is not None and sessions.by_uid(station_id, uid) is not None:
        uid = None
    return sessions.add(
        station_id,
        None,
        uid=uid,
        active=True,
        started_at=min(report.moment.at, terms.now),
        flags=str(Flag.NO_START),
    )


def differs(row: Transaction, report: TransactionStop) -> bool:
    """Tell whether a row holds another end than the reported one."""
    meter = register_wh(row.meter_last_wh, row.meter_estimate_wh)
    same_moment = row.stopped_at == report.moment.at or not report.moment.believed
    return not (same_moment and meter == report.meter_wh)


def _open_for(station_id: str, report: TransactionStop) -> Iterable[Transaction]:
    """Return the sessions that may still get an end at this moment, the latest start last."""
    at = report.moment.at
    lost_its_end = (Transaction.closed_by == sessions.BY_SERVER) & (
        Transaction.flags.contains(Flag.SUPERSEDED) & (Transaction.stopped_at >= at)
    )
    has_a_later_one = Transaction.flags.contains(Flag.MATCHED) & (Transaction.stopped_at > at)
    return list(
        Transaction.select()
        .where(
            Transaction.station_id == station_id,
            Transaction.started_at <= at,
            Transaction.active | lost_its_end | has_a_later_one,
        )
        .order_by(Transaction.started_at)
    )


def _same_or_none(tag: str | None, token: str) -> bool:
    return tag is None or rules.same_token(tag, token)
