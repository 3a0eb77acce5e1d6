"""The API keys of programs: each has a name and a role, and is told once."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..domain import digests, texts
from ..domain.roles import Role
from ..errors import AlreadyExists, NotFound
from ..models.people import ApiKey
from ..storage.writer import reading, unit_of_work
from ..wording import Wording
from .paging import DEFAULT_LIMIT, Page, check_limit, decode, encode, page_of

PREFIX = "ocpp_"


@dataclass(frozen=True, slots=True)
class KeyView:
    """An API key as it is shown."""

    name: str
    role: Role
    created_at: datetime


@reading
def page(limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[KeyView]:
    """Return keys ordered by name."""
    query = ApiKey.select()
    if cursor is not None:
        query = query.where(ApiKey.name > decode(cursor, str)[0])
    rows = list(query.order_by(ApiKey.name).limit(check_limit(limit) + 1))
    return page_of(rows, limit, _view, lambda row: encode(row.name))


@reading
def exists(name: str) -> bool:
    """Tell whether a key of this name exists."""
    return bool(ApiKey.select(ApiKey.id).where(ApiKey.name == _clean(name)).exists())


@reading
def by_name(name: str) -> KeyView:
    """Return a key. Raises NotFound."""
    row = ApiKey.get_or_none(ApiKey.name == _clean(name))
    if row is None:
        raise NotFound(f"no API key {name}")
    return _view(row)


@reading
def find(key: str) -> KeyView | None:
    """Return whose key this is, None when it is nobody's."""
    # Who can guess digests cannot guess keys: the index may compare in its own time.
    row = ApiKey.get_or_none(ApiKey.digest == digests.digest(key))
    return _view(row) if row else None


def generate() -> str:
    """Return what may become a key."""
    return digests.generate(PREFIX)


def add(name: str, role: Role, now: datetime) -> str:
    """Return a new key; only its digest is stored. Raises AlreadyExists, or InvalidInput."""
    name, key = _check_name(name), generate()
    _add(name, digests.digest(key), role, now)
    return key


def add_or_replace(name: str, role: Role, now: datetime) -> str:
    """Return a new key; of an older one of this name nothing is left. Raises InvalidInput."""
    name, key = _check_name(name), generate()
    put(name, key, role, now)
    return key


@unit_of_work
def remove(name: str) -> None:
    """Remove a key, which is refused from now on. Raises NotFound."""
    if not ApiKey.delete().where(ApiKey.name == _clean(name)).execute():
        raise NotFound(f"no API key {name}")


@unit_of_work
def put(name: str, key: str, role: Role, now: datetime) -> None:
    """Store a key under a name, in place of an older one."""
    values = {"digest": digests.digest(key), "role": str(role), "created_at": now}
    ApiKey.insert(name=name, **values).on_conflict(
        conflict_target=[ApiKey.name], update=values
    ).execute()


@unit_of_work
def _add(name: str, digest: str, role: Role, now: datetime) -> None:
    known = ApiKey.get_or_none(ApiKey.name == name)
    if known is None:
        ApiKey.create(name=name, digest=digest, role=str(role), created_at=now)
    elif known.digest != digest:  # not ours: the unit may have run before, unheard
        raise AlreadyExists(Wording("API key %(name)s exists", name=name))


def _view(row: Any) -> KeyView:
    return KeyView(row.name, Role(row.role), row.created_at)


def _clean(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip())


def _check_name(text: str) -> str:
    name = _clean(text)
    texts.refuse({"name": texts.id_problem(name)})
    return name
