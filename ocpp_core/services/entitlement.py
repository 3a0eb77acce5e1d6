"""Who may start and stop a session: the rules applied to the records of tags and the session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..domain import authorization as rules
from ..domain.authorization import Authorization
from ..domain.transactions import Flag
from ..models.transactions import Transaction
from . import authorization, sessions


@dataclass(frozen=True, slots=True)
class Terms:
    """How tokens of a station are judged."""

    now: datetime
    cleans_tags: bool = True
    single: bool = False  # one active transaction per tag
    trusted: bool = True  # False in quarantine: nobody may charge


def judge_start(token: str, terms: Terms, besides: int | None) -> Authorization:
    """Decide on a token that starts a session; `besides` is that session if it has a row."""
    if not terms.trusted:
        return rules.judge(token, None, terms.now)
    return authorization.authorize_start(
        token, terms.now, cleans=terms.cleans_tags, single=terms.single, besides=besides
    )


def judge_stop(row: Transaction, token: str | None, terms: Terms) -> Authorization | None:
    """Decide on a token that stops a session; None where none was presented."""
    if not token:
        return None
    stopper = authorization.authorize(token, terms.now, cleans=terms.cleans_tags)
    group = authorization.group_of(row.start_tag)
    answer = rules.may_stop(row.start_tag, group, stopper)
    return Authorization(answer, stopper.token, stopper.group, stopper.expires_at)


def note_stopper(row: Transaction, token: str | None, stopper: Authorization | None) -> None:
    """Note who stopped a session: it has ended, whether he was entitled to or not."""
    row.stop_tag = stopper.token if stopper else (token or None)
    if stopper is not None and not stopper.accepted:
        sessions.flag(row, Flag.STOPPED_BY_OTHER)


def is_starter(row: Transaction, token: str, terms: Terms) -> bool:
    """Tell whether a token is the one that started the session."""
    if rules.same_token(row.start_tag, token):
        return True
    return terms.cleans_tags and rules.same_token(row.start_tag, rules.clean(token))
