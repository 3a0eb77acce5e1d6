"""The first start of all: somebody has to be able to log in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from ..domain.roles import Role
from ..models.people import User
from ..storage import writer
from ..storage.writer import reading, unit_of_work
from . import api_keys, passwords, people

USER, KEY = "admin", "first-start"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is told once at the first start."""

    user: str
    password: str
    api_key: str


def create_credentials(now: datetime) -> Credentials | None:
    """Create the first user and key when there is no user yet; None when there is one.

    Of two processes that start at once, one gets them.
    """
    if _has_users():
        return None
    made = Credentials(USER, secrets.token_urlsafe(12), api_keys.generate())
    return made if _store(made, passwords.hashed(made.password), now) else None


@reading
def _has_users() -> bool:
    return bool(User.select(User.id).exists())


@unit_of_work
def _store(made: Credentials, hashed: str, now: datetime) -> bool:
    writer.current().store.lock("first start")
    first = User.select().order_by(User.id).first()
    if first is not None:
        return bool(first.password_hash == hashed)  # ours: the unit ran before, unheard
    people.put(made.user, Role.ADMINISTRATOR, hashed, now)
    api_keys.put(KEY, made.api_key, Role.ADMINISTRATOR, now)
    return True
