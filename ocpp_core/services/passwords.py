"""Passwords of people: argon2, which takes a tenth of a second by intention.

It is computed outside of the green threads and outside of units of work.
"""

from __future__ import annotations

import functools
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from .. import green
from ..domain import texts
from ..wording import Wording

LONGEST = 1024

_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """Return what is stored of a password. Raises InvalidInput when it is empty or too long."""
    texts.refuse({"password": _problem(password)})
    return green.native(_hasher.hash, _bytes(password))


def is_right(stored: str, password: str) -> bool:
    """Tell whether this is the password behind what is stored."""
    return len(password) <= LONGEST and green.native(_verify, stored, password)


def is_outdated(stored: str) -> bool:
    """Tell whether a hash was made with weaker parameters than new ones have."""
    return _hasher.check_needs_rehash(stored)


@functools.cache
def of_nobody() -> str:
    """Return a hash that no password leads to, to take as long with an unknown name."""
    return hashed(secrets.token_urlsafe(12))


def _problem(password: str) -> str | None:
    if not password:
        return Wording("must not be empty")
    return Wording("is too long") if len(password) > LONGEST else None


def _verify(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, _bytes(password))
    except (Argon2Error, InvalidHashError):
        return False


def _bytes(password: str) -> bytes:
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
