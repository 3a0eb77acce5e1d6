"""Passwords of stations: made, stored as salted hashes, compared in constant time.

A secret of 128 random bits cannot be guessed, so one fast salted hash keeps it safe and a
thousand stations can come back at once. What a person typed in may be guessed: scrypt makes
each guess cost. Each hash names its kind and parameters, separated by `$`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import unicodedata

from ..errors import InvalidInput
from ..wording import Wording

FAST, SLOW = "blake2b", "scrypt"

_SALT_BYTES = 16
_SCRYPT = (2**12, 8, 1)  # n, r, p: about 10 ms and 4 MiB
_HEX_KEY = re.compile(r"(?:[0-9A-Fa-f]{2}){16,}")
_DIGITS_OF_CHANCE = 8  # 16 random bytes show fewer different hex digits once in 28 million


def generate() -> str:
    """Return a new secret of 128 bits that every OCPP version can take: 32 hex digits."""
    return secrets.token_hex(16)


def hash_password(password: str) -> str:
    """Return what is stored of a password. Raises InvalidInput when it is empty."""
    if not password:
        raise InvalidInput(
            "the password is empty", fields={"password": Wording("must not be empty")}
        )
    salt = secrets.token_bytes(_SALT_BYTES)
    secret = _readings(password.encode("utf-8", "surrogatepass"))[-1]
    if _is_strong(password):
        return "$".join((FAST, salt.hex(), _fast(secret, salt).hex()))
    parameters = (str(number) for number in _SCRYPT)
    return "$".join((SLOW, *parameters, salt.hex(), _slow(secret, salt, *_SCRYPT).hex()))


def verify(stored: str, presented: bytes) -> bool:
    """Tell whether the bytes that a station presented are the password behind `stored`.

    AuthorizationKey of the 1.6 security extension is configured in hex; stations send the text
    in any case, or the bytes it stands for. Unreadable `stored` matches nothing.
    """
    kind, *rest = stored.split("$")
    try:
        if kind == FAST:
            salt, digest = (bytes.fromhex(part) for part in rest)
            hashes = [_fast(secret, salt) for secret in _readings(presented)]
        elif kind == SLOW:
            salt, digest = (bytes.fromhex(part) for part in rest[3:])
            n, r, p = (int(part) for part in rest[:3])
            hashes = [_slow(secret, salt, n, r, p) for secret in _readings(presented)]
        else:
            return False
    except ValueError:
        return False
    return True in [hmac.compare_digest(digest, found) for found in hashes]


def is_slow(stored: str) -> bool:
    """Tell whether `verify` takes long enough to need a native thread."""
    return stored.startswith(SLOW)


def parse_basic(header: str | None, username: str) -> bytes | None:
    """Return the password of a raw `Authorization` header, None unless it is `username`'s.

    The name is known, so both it and the password may contain colons. Never raises.
    """
    scheme, _, encoded = (header or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    decoded = _from_base64(encoded)
    # The same name in another Unicode form is the same name, as it is in the path.
    for form in ("NFC", "NFD"):
        start = unicodedata.normalize(form, username).encode("utf-8", "surrogatepass") + b":"
        if hmac.compare_digest(decoded[: len(start)], start):
            return decoded[len(start) :]
    return None


def _is_strong(password: str) -> bool:
    return bool(_HEX_KEY.fullmatch(password)) and len(set(password.lower())) >= _DIGITS_OF_CHANCE


def _readings(presented: bytes) -> list[bytes]:
    """Return what presented bytes may stand for: themselves, and what they spell in hex."""
    text = presented.decode("latin-1")
    return [presented, bytes.fromhex(text)] if _HEX_KEY.fullmatch(text) else [presented]


def _fast(secret: bytes, salt: bytes) -> bytes:
    return hashlib.blake2b(secret, salt=salt, person=b"ocpp station", digest_size=32).digest()


def _slow(secret: bytes, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, dklen=32)


def _from_base64(encoded: str) -> bytes:
    """Decode, forgiving blanks and padding; nothing (b"") for what is no base64."""
    compact = "".join(encoded.split()).rstrip("=")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
