"""Who may start and stop a session: the rules applied to the records of tags and the session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..domain import authorization as rules
from ..domain.authorization import Authorization
from ..domain.transactions import Flag
from ..models.transactions import Transaction
from . import authorization, sessions
from .authorization import Place


@dataclass(frozen=True, slots=True)
class Terms:
    """How tokens of a station are judged."""

    now: datetime
    cleans_tags: bool = True
    single: bool = False  # one active transaction per tag
    trusted: bool = True  # False in quarantine: nobody may charge


def judge_start(token: str, terms: Terms, place: Place) -> Authorization:
    """Decide on a token that starts a session at a place."""
    if not terms.trusted:
        return rules.judge(token, None, terms.now)
    return authorization.authorize_start(
        token, terms.now, cleans=terms.cleans_tags, single=terms.single, place=place
    )


def judge_stop(row: Transaction, token: str | None, terms: Terms) -> Authorization | None:
    """Decide on a token that stops a session; None where none was presented."""
    if not token:
        return None
    stopper = authorization.authorize(token, terms.now, cleans=terms.cleans_tags)
    known, group = authorization.find_starter(row.start_tag)
    is_starters = rules.same_token(row.start_tag, stopper.token)
    starter = row.start_tag if known or is_starters else None  # deleted: any valid tag may stop
    answer = rules.may_stop(starter, group, stopper)
    return Authorization(answer, stopper.token, stopper.group, stopper.expires_at)


def note_stopper(row: Transaction, token: str | None, stopper: Authorization | None) -> None:
    """Note who stopped a session: it has ended, whether he was entitled to or not."""
    row.stop_tag = stopper.token if stopper else (token or None)
    if stopper is not None and not stopper.accepted:
        sessions.flag(row, Flag.STOPPED_BY_OTHER)
