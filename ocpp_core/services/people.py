"""People who log in: their names, roles and passwords, and how they like their pages.

One administrator is always left: the last one is neither removed nor given another role.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..domain import digests, preferences, texts
from ..domain.roles import Role
from ..errors import AlreadyExists, InvalidInput, NotFound
from ..models.people import LoginSession, User
from ..storage import writer
from ..storage.writer import reading, unit_of_work
from ..wording import Wording
from . import passwords, searching
from .changes import UNSET, Unset
from .paging import DEFAULT_LIMIT, Page, check_limit, decode, encode, page_of

_STAYS = Wording("must stay administrator: there is no other")
_LAST = Wording("the last administrator cannot be removed")


@dataclass(frozen=True, slots=True)
class UserView:
    """A person as he is shown; an empty preference leaves the choice to the browser."""

    name: str
    role: Role
    language: str
    time_zone: str
    theme: str
    created_at: datetime


@reading
def users(
    limit: int = DEFAULT_LIMIT, cursor: str | None = None, *, search: str | None = None
) -> Page[UserView]:
    """Return people ordered by name without regard to case; `search` is a part of the name."""
    query = User.select()
    if cursor is not None:
        query = query.where(User.folded > decode(cursor, str)[0])
    text = searching.check(search)
    if text is not None:
        return _search(query, fold(text), check_limit(limit))
    rows = list(query.order_by(User.folded).limit(check_limit(limit) + 1))
    return page_of(rows, limit, view_of, lambda row: encode(row.folded))


@reading
def find(name: str) -> UserView:
    """Return a user; upper and lower case are one. Raises NotFound."""
    return view_of(_row(name))


@reading
def has_user(name: str) -> bool:
    """Tell whether a user of this name exists."""
    return bool(User.select(User.id).where(User.folded == fold(name)).exists())


def add_user(name: str, role: Role, password: str, now: datetime) -> UserView:
    """Add a user. Raises AlreadyExists, or InvalidInput.

    Like all that takes a password it hashes it, so it is called outside of units.
    """
    name = _check_name(name)
    if has_user(name):  # before the work of hashing
        raise AlreadyExists(Wording("user %(name)s exists", name=name))
    return _add(name, role, passwords.hashed(password), now)


def add_or_edit_user(name: str, role: Role, password: str, now: datetime) -> tuple[UserView, bool]:
    """Add a user, or give the one of this name a role and password; tells whether he was added.

    Raises InvalidInput.
    """
    name = _check_name(name)
    return put(name, role, passwords.hashed(password), now)


@unit_of_work
def edit_user(name: str, role: Role) -> UserView:
    """Give a user another role. Raises NotFound, or InvalidInput for the last administrator."""
    row = _row(name)
    _keep_an_administrator(row, role)
    User.update(role=str(role)).where(User.id == row.id).execute()
    return view_of(_row(name))


def set_preferences(
    name: str,
    *,
    language: str | Unset = UNSET,
    time_zone: str | Unset = UNSET,
    theme: str | Unset = UNSET,
) -> UserView:
    """Set what is given; empty text leaves the choice to the browser.

    Raises NotFound, or InvalidInput.
    """
    wanted = {"language": language, "time_zone": time_zone, "theme": theme}
    values = {field: value for field, value in wanted.items() if not isinstance(value, Unset)}
    preferences.check(values)
    return _store_preferences(name, values)


@unit_of_work
def remove_user(name: str) -> None:
    """Remove a user with his log-ins. Raises NotFound, or InvalidInput for the last administrator.

    What he did stays in the history under his name.
    """
    row = _row(name)
    _keep_an_administrator(row, None)
    User.delete().where(User.id == row.id).execute()


def set_password(name: str, password: str, *, except_token: str | None = None) -> None:
    """Give a user another password and end his log-ins, but for the one with this token.

    Raises NotFound, or InvalidInput.
    """
    if not has_user(name):
        raise NotFound(f"no user {name}")
    _replace_hash(name, passwords.hashed(password), except_token)


def verify_user(name: str, password: str) -> UserView | None:
    """Return the user whose name and password these are, None when they are nobody's.

    An unknown name takes as long as a wrong password.
    """
    if len(password) > passwords.LONGEST:
        return None
    known = _known(name)
    stored = known.password_hash if known else passwords.of_nobody()
    if not passwords.is_right(stored, password) or known is None:
        return None
    if passwords.is_outdated(stored):
        _rehash(name, stored, passwords.hashed(password))
    return view_of(known)


def fold(name: str) -> str:
    """Return the form of a name by which users are told apart."""
    return unicodedata.normalize("NFC", name.strip()).casefold()


def view_of(row: Any) -> UserView:
    """Return a row of the table as it is shown."""
    return UserView(
        row.name, Role(row.role), row.language, row.time_zone, row.theme, row.created_at
    )


@unit_of_work
def put(name: str, role: Role, hashed: str, now: datetime) -> tuple[UserView, bool]:
    """Store a user with the hash of his password; tells whether he was added."""
    row = User.get_or_none(User.folded == fold(name))
    if row is None:
        return _add(name, role, hashed, now), True
    _keep_an_administrator(row, role)
    User.update(name=name, role=str(role)).where(User.id == row.id).execute()
    _replace_hash(name, hashed, None)
    return view_of(_row(name)), False


@unit_of_work
def _add(name: str, role: Role, hashed: str, now: datetime) -> UserView:
    known = User.get_or_none(User.folded == fold(name))
    if known is not None:
        if known.password_hash == hashed:  # ours: the unit ran before, unheard
            return view_of(known)
        raise AlreadyExists(Wording("user %(name)s exists", name=name))
    values = {"name": name, "role": str(role), "password_hash": hashed}
    return view_of(User.create(folded=fold(name), created_at=now, **values))


@unit_of_work
def _store_preferences(name: str, values: dict[str, str]) -> UserView:
    row = _row(name)
    if values:
        User.update(**values).where(User.id == row.id).execute()
    return find(name)


@unit_of_work
def _replace_hash(name: str, hashed: str, except_token: str | None) -> None:
    row = _row(name)
    User.update(password_hash=hashed).where(User.id == row.id).execute()
    others = LoginSession.delete().where(LoginSession.user == row.id)
    if except_token is not None:
        others = others.where(LoginSession.digest != digests.digest(except_token))
    others.execute()


@unit_of_work
def _rehash(name: str, old: str, new: str) -> None:
    """Store the same password with stronger parameters, unless it was changed meanwhile."""
    User.update(password_hash=new).where(
        User.folded == fold(name), User.password_hash == old
    ).execute()


def _keep_an_administrator(row: Any, role: Role | None) -> None:
    """Refuse to take the role from the last administrator; None stands for his removal."""
    if row.role != Role.ADMINISTRATOR or role is Role.ADMINISTRATOR:
        return
    writer.current().store.lock("administrators")  # two could take it from each other at once
    others = User.select(User.id).where(User.role == str(Role.ADMINISTRATOR), User.id != row.id)
    if others.exists():
        return
    if role is None:
        raise InvalidInput(_LAST)
    raise InvalidInput(f"{row.name} {_STAYS}", fields={"role": _STAYS})


def _check_name(text: str) -> str:
    name = unicodedata.normalize("NFC", text.strip())
    texts.refuse({"name": texts.id_problem(name)})
    return name


@reading
def _known(name: str) -> Any:
    return User.get_or_none(User.folded == fold(name))


def _row(name: str) -> Any:
    row = User.get_or_none(User.folded == fold(name))
    if row is None:
        raise NotFound(f"no user {name}")
    return row


def _search(query: Any, text: str, limit: int) -> Page[UserView]:
    found = searching.search(query, User.folded, [(User.folded, text)], limit)
    rows = User.select().where(User.folded.in_(found.keys)).order_by(User.folded)
    return Page(tuple(view_of(row) for row in rows), found.following)
