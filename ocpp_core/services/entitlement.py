"""Who may start and stop a session: the rules applied to the records of tags and the session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from .. import events
from ..domain import authorization as rules
from ..domain import texts
from ..domain.authorization import Authorization
from ..domain.transactions import Flag
from ..models.transactions import Transaction
from ..storage import writer
from . import authorization, sessions
from .authorization import Place


@dataclass(frozen=True, slots=True)
class Terms:
    """How tokens of a station are judged."""

    now: datetime
    cleans_tags: bool = True
    single: bool = False  # one active transaction per tag
    trusted: bool = True  # False in quarantine: nobody may charge


def judge(station_id: str, token: str, terms: Terms) -> Authorization:
    """Decide on a token that is presented at a station (OCPP 1.6, 4.1; 2.x, C01)."""
    answer = authorization.authorize(token, terms.now, cleans=terms.cleans_tags)
    for event in _presented(station_id, answer, terms):
        events.publish(event)
    return answer


def judge_start(token: str, terms: Terms, place: Place) -> Authorization:
    """Decide on a token that starts a session at a place, inside the unit of work."""
    if terms.trusted:
        answer = authorization.authorize_start(
            token, terms.now, cleans=terms.cleans_tags, single=terms.single, place=place
        )
    else:
        answer = rules.judge(token, None, terms.now)
    for event in _presented(place.station_id, answer, terms):
        writer.record(event)
    return answer


def judge_stop(row: Transaction, token: str | None, terms: Terms) -> Authorization | None:
    """Decide on a token that stops a session, inside the unit of work; None for no token."""
    if not token:
        return None
    stopper = authorization.authorize(token, terms.now, cleans=terms.cleans_tags)
    known, group = authorization.find_starter(row.start_tag)
    is_starters = rules.same_token(row.start_tag, stopper.token)
    starter = row.start_tag if known or is_starters else None  # deleted: any valid tag may stop
    verdict = rules.may_stop(starter, group, stopper)
    answer = Authorization(verdict, stopper.token, stopper.group, stopper.expires_at)
    for event in _presented(row.station_id, answer, terms):
        writer.record(event)
    return answer


def note_stopper(row: Transaction, token: str | None, stopper: Authorization | None) -> None:
    """Note who stopped a session: it has ended, whether he was entitled to or not."""
    row.stop_tag = stopper.token if stopper else (token or None)
    if stopper is not None and not stopper.accepted:
        sessions.flag(row, Flag.STOPPED_BY_OTHER)


def _presented(
    station_id: str, answer: Authorization, terms: Terms
) -> Iterator[events.TokenPresented]:
    """Yield the event, none where a station says that nobody identified himself."""
    token = answer.token.strip()[: texts.SHORT]
    if token:
        yield events.TokenPresented(station_id, terms.now, token, answer.verdict.value)
