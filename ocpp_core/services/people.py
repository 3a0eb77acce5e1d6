"""People who log in, and the API keys of programs."""

from __future__ import annotations

import functools
import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from .. import green
from ..domain import texts
from ..domain.roles import Role
from ..errors import NotFound
from ..models.people import ApiKey, User
from ..storage import writer
from ..storage.writer import reading, unit_of_work

KEY_PREFIX = "ocpp_"
FIRST_USER, FIRST_KEY = "admin", "first-start"
LONGEST_PASSWORD = 1024

_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class UserView:
    """A person as it is shown."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class KeyView:
    """An API key as it is shown."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is told once at the first start."""

    user: str
    password: str
    api_key: str


def add_or_edit_user(name: str, role: Role, password: str, now: datetime) -> tuple[UserView, bool]:
    """Add a user, or give the one of this name a role and password; tells whether he was added.

    Raises InvalidInput. Hashes the password, so it is called outside of units.
    """
    name = _check_name(name)
    return _put_user(name, role, _hash(password), now)


def set_password(name: str, password: str) -> None:
    """Give a user another password. Raises NotFound, or InvalidInput."""
    if not has_user(name):
        raise NotFound(f"no user {name}")
    _store_hash(name, _hash(password))


def verify_user(name: str, password: str) -> UserView | None:
    """Return the user whose name and password these are, None when they are nobody's.

    An unknown name takes as long as a wrong password.
    """
    if len(password) > LONGEST_PASSWORD:
        return None
    known = _user_of(name)
    stored = known.password_hash if known else _hash_of_nobody()
    is_right = green.native(_verify, stored, password)
    if known is None or not is_right:
        return None
    if _hasher.check_needs_rehash(stored):
        _store_hash(name, _hash(password))
    return UserView(known.name, Role(known.role))


@reading
def has_user(name: str) -> bool:
    """Tell whether a user of this name exists."""
    return bool(User.select(User.id).where(User.folded == _fold(name)).exists())


def add_api_key(name: str, role: Role, now: datetime) -> str:
    """Return a new key; of an older one of this name nothing is left. Only its digest is stored."""
    name = _check_name(name)
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    _store_key(name, _digest(key), role, now)
    return key


@reading
def has_api_key(name: str) -> bool:
    """Tell whether a key of this name exists."""
    return bool(ApiKey.select(ApiKey.id).where(ApiKey.name == name).exists())


@reading
def find_api_key(key: str) -> KeyView | None:
    """Return whose key this is, None when it is nobody's."""
    # Who can guess digests cannot guess keys: the index may compare in its own time.
    row = ApiKey.get_or_none(ApiKey.digest == _digest(key))
    return KeyView(row.name, Role(row.role)) if row else None


def first_start(now: datetime) -> Credentials | None:
    """Create the first user and key when there is no user yet; None when there is one.

    Of two processes that start at once, one gets them.
    """
    if _has_users():
        return None
    made = Credentials(
        FIRST_USER, secrets.token_urlsafe(12), KEY_PREFIX + secrets.token_urlsafe(32)
    )
    return made if _create_first(made, _hash(made.password), now) else None


def _check_name(text: str) -> str:
    name = unicodedata.normalize("NFC", text.strip())
    texts.refuse({"name": texts.id_problem(name)})
    return name


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip()).casefold()


def _hash(password: str) -> str:
    too_long = len(password) > LONGEST_PASSWORD
    texts.refuse(
        {"password": "must not be empty" if not password else "is too long" if too_long else None}
    )
    return green.native(_hasher.hash, _bytes(password))


@functools.cache
def _hash_of_nobody() -> str:
    return _hash(secrets.token_urlsafe(12))


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, _bytes(password))
    except (Argon2Error, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


@reading
def _user_of(name: str) -> User | None:
    return User.get_or_none(User.folded == _fold(name))


@reading
def _has_users() -> bool:
    return bool(User.select(User.id).exists())


@unit_of_work
def _put_user(name: str, role: Role, hashed: str, now: datetime) -> tuple[UserView, bool]:
    values = {"name": name, "role": str(role), "password_hash": hashed}
    known = User.update(**values).where(User.folded == _fold(name)).execute()
    if not known:
        User.create(folded=_fold(name), created_at=now, **values)
    return UserView(name, role), not known


@unit_of_work
def _store_hash(name: str, hashed: str) -> None:
    User.update(password_hash=hashed).where(User.folded == _fold(name)).execute()


@unit_of_work
def _store_key(name: str, digest: str, role: Role, now: datetime) -> None:
    values = {"digest": digest, "role": str(role), "created_at": now}
    ApiKey.insert(name=name, **values).on_conflict(
        conflict_target=[ApiKey.name], update=values
    ).execute()


@unit_of_work
def _create_first(made: Credentials, hashed: str, now: datetime) -> bool:
    writer.current().store.lock("first start")
    first = User.select().order_by(User.id).first()
    if first is not None:
        return bool(first.password_hash == hashed)  # ours: the unit ran before, unheard
    _put_user(made.user, Role.ADMINISTRATOR, hashed, now)
    _store_key(FIRST_KEY, _digest(made.api_key), Role.ADMINISTRATOR, now)
    return True
