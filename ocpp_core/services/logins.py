"""Log-ins of people: a token in the browser's cookie, of which only the digest is kept.

A log-in ends by itself 72 hours after its last use. Each request looks it up, so one that was
ended is refused at once.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..domain import digests
from ..errors import NotFound, StorageUnavailable
from ..models.people import LoginSession, User
from ..storage.writer import reading, unit_of_work
from .paging import DEFAULT_LIMIT, HIGHEST_INTEGER, Page, check_limit, decode, encode, page_of
from .people import UserView, fold, view_of

LIFETIME = timedelta(hours=72)
SEEN_EVERY = timedelta(minutes=1)
PRUNE_ROWS = 500
_LONGEST_ADDRESS, _LONGEST_AGENT = 64, 255


@dataclass(frozen=True, slots=True)
class Login:
    """Who a token stands for."""

    id: int
    user: UserView
    began_at: datetime


@dataclass(frozen=True, slots=True)
class LoginView:
    """A log-in as it is shown."""

    id: int
    user_name: str
    began_at: datetime
    last_seen_at: datetime
    address: str
    agent: str


def begin(user_name: str, address: str, agent: str, now: datetime) -> str:
    """Return the token of a new log-in, which nobody can learn later. Raises NotFound."""
    token = digests.generate()
    _begin(user_name, digests.digest(token), _clean(address, _LONGEST_ADDRESS), agent, now)
    return token


def find(token: str, now: datetime) -> Login | None:
    """Return whose token this is, None when it is nobody's or its log-in has ended."""
    row = _find(digests.digest(token), now)
    if row is None:
        return None
    if now - row.last_seen_at >= SEEN_EVERY:
        _note_seen(row.digest, now)
    return Login(row.id, view_of(row.user), row.began_at)


def end(token: str) -> None:
    """Log out; a token that is nobody's changes nothing."""
    _end(digests.digest(token))


@unit_of_work
def revoke(login_id: int, user_name: str | None = None) -> None:
    """End a log-in, of this user if one is named. Raises NotFound."""
    query = LoginSession.delete().where(LoginSession.id == login_id)
    if user_name is not None:
        query = query.where(LoginSession.user == _user(user_name))
    if not query.execute():
        raise NotFound(f"no log-in {login_id}")


@unit_of_work
def revoke_all(user_name: str, except_token: str | None = None) -> int:
    """End all log-ins of a user but the one with this token; returns how many."""
    query = LoginSession.delete().where(LoginSession.user == _user(user_name))
    if except_token is not None:
        query = query.where(LoginSession.digest != digests.digest(except_token))
    ended: int = query.execute()
    return ended


@reading
def listing(
    user_name: str | None = None,
    *,
    now: datetime,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
) -> Page[LoginView]:
    """Return log-ins, the newest first: of one user, or of all."""
    query = LoginSession.select(LoginSession, User).join(User)
    query = query.where(LoginSession.expires_at > now)
    if user_name is not None:
        query = query.where(LoginSession.user == _user(user_name))
    (before,) = (HIGHEST_INTEGER,) if cursor is None else decode(cursor, int)
    query = query.where(LoginSession.id < before).order_by(LoginSession.id.desc())
    rows = list(query.limit(check_limit(limit) + 1))
    return page_of(rows, limit, _view, lambda row: encode(row.id))


def prune(now: datetime) -> bool:
    """Delete some of the log-ins that have ended by themselves; tells whether more are left."""
    return _prune(now) == PRUNE_ROWS


def _clean(text: str, longest: int) -> str:
    """Return what may be stored of a text that a browser sent."""
    readable = (c for c in text if unicodedata.category(c) not in ("Cc", "Cs"))
    return "".join(readable)[:longest]


def _note_seen(digest: str, now: datetime) -> None:
    """Keep the log-in alive; nobody waits for it, and without a database it is left out."""
    try:
        _seen.submit(digest, now)
    except StorageUnavailable:
        return


@reading
def _find(digest: str, now: datetime) -> Any:
    query = LoginSession.select(LoginSession, User).join(User)
    return query.where(LoginSession.digest == digest, LoginSession.expires_at > now).first()


def _user(name: str) -> Any:
    return User.select(User.id).where(User.folded == fold(name))


@unit_of_work
def _begin(user_name: str, digest: str, address: str, agent: str, now: datetime) -> None:
    user = _user(user_name).first()
    if user is None:
        raise NotFound(f"no user {user_name}")
    LoginSession.insert(
        digest=digest,
        user=user.id,
        began_at=now,
        last_seen_at=now,
        expires_at=now + LIFETIME,
        address=address,
        agent=_clean(agent, _LONGEST_AGENT),
    ).on_conflict_ignore().execute()  # ours: the unit ran before, unheard


@unit_of_work
def _seen(digest: str, now: datetime) -> None:
    LoginSession.update(last_seen_at=now, expires_at=now + LIFETIME).where(
        LoginSession.digest == digest, LoginSession.last_seen_at <= now - SEEN_EVERY
    ).execute()


@unit_of_work
def _end(digest: str) -> None:
    LoginSession.delete().where(LoginSession.digest == digest).execute()


@unit_of_work
def _prune(now: datetime) -> int:
    ended = LoginSession.select(LoginSession.id).where(LoginSession.expires_at <= now)
    ended = ended.order_by(LoginSession.expires_at).limit(PRUNE_ROWS)
    deleted: int = LoginSession.delete().where(LoginSession.id.in_(ended)).execute()
    return deleted


def _view(row: Any) -> LoginView:
    return LoginView(row.id, row.user.name, row.began_at, row.last_seen_at, row.address, row.agent)
