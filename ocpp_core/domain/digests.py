"""Secrets of programs and browsers: 256 random bits, of which only a digest is kept.

They cannot be guessed, so one fast hash without salt is enough, and an index finds it.
"""

from __future__ import annotations

import hashlib
import secrets

_BYTES = 32


def generate(prefix: str = "") -> str:
    """Return a new secret, 43 characters after the prefix, that fits headers and cookies."""
    return prefix + secrets.token_urlsafe(_BYTES)


def digest(secret: str) -> str:
    """Return what is stored of a secret, or of anything that is presented as one."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
