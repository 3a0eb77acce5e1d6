"""Who calls, and what he may: API keys, roles, and the limit on wrong keys.

Each view names who may use it, with `requires` or `public`; a test walks all routes for it.
"""

from __future__ import annotations

import functools
import hmac
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from flask import Flask, current_app, g, request
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ..domain.roles import Role
from ..errors import Busy, Forbidden, Unauthorized
from ..live.throttle import network
from ..services import api_keys

P = ParamSpec("P")
T = TypeVar("T")

WRONG_KEYS = RateLimitItemPerMinute(10)  # per address; right keys are never counted
LONGEST_KEY = 256
NAME_OF_SETTING = "OCPP_API_KEY"  # who calls with the key of the settings
_ACCESS = "_access"
_EXTENSION = "ocpp_core.keys"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the name of his key, and its role."""

    name: str
    role: Role


class Keys:
    """Judges API keys, and slows down who tries wrong ones."""

    def __init__(self, configured: str = "", limit: RateLimitItem = WRONG_KEYS) -> None:
        self._configured = configured.encode()
        self._limit = limit
        self._wrong = MovingWindowRateLimiter(MemoryStorage())

    def judge(self, key: str, address: str) -> Caller:
        """Return whose key it is. Raises Unauthorized, or Busy after many wrong ones."""
        if not key:
            raise Unauthorized("send an API key as X-API-Key or Authorization: Bearer")
        caller = self._find(key) if len(key) <= LONGEST_KEY else None
        if caller is None:
            self._count(network(address))
            log.warning("wrong API key", extra={"address": address})
            raise Unauthorized("the API key is unknown")
        return caller

    def _find(self, key: str) -> Caller | None:
        if self._configured and hmac.compare_digest(key.encode(), self._configured):
            return Caller(NAME_OF_SETTING, Role.ADMINISTRATOR)
        known = api_keys.find(key)
        return Caller(known.name, known.role) if known else None

    def _count(self, address: str) -> None:
        if not self._wrong.hit(self._limit, address):
            free_at = self._wrong.get_window_stats(self._limit, address).reset_time
            raise Busy("too many wrong API keys", max(1.0, free_at - time.time()))


def register(app: Flask, configured_key: str) -> None:
    """Let the views of `app` know callers by their keys; `configured_key` is the settings'."""
    app.extensions[_EXTENSION] = Keys(configured_key)


def requires(role: Role) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let a view serve only callers whose role includes `role`.

    Raises Unauthorized, Forbidden or Busy, which the blueprint of the view explains.
    """

    def decorate(view: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            demand(role)
            return view(*args, **kwargs)

        setattr(guarded, _ACCESS, role)
        return guarded

    return decorate


def public(view: Callable[P, T]) -> Callable[P, T]:
    """Declare that anybody may use a view, or that it looks after itself."""
    setattr(view, _ACCESS, None)
    return view


def is_declared(view: Callable[..., Any]) -> bool:
    """Tell whether a view names who may use it."""
    return hasattr(view, _ACCESS)


def is_public(view: Callable[..., Any]) -> bool:
    """Tell whether a view was declared public."""
    return is_declared(view) and getattr(view, _ACCESS) is None


def demand(role: Role) -> None:
    """Raise Unauthorized for an unknown caller, Forbidden for one whose role is too low."""
    known = authenticate()
    if not known.role.includes(role):
        raise Forbidden(f"role {role.value} is needed, the key has {known.role.value}")


def authenticate() -> Caller:
    """Return who calls, by the key of the request."""
    if "caller" not in g:
        keys: Keys = current_app.extensions[_EXTENSION]
        g.caller = keys.judge(_presented(), request.remote_addr or "")
    known: Caller = g.caller
    return known


def caller() -> str:
    """Return the name of who calls, for the history of commands."""
    return authenticate().name


def _presented() -> str:
    """Return the key of the request; headers come as one character per byte."""
    text = request.headers.get("X-API-Key", "").strip()
    if not text:
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        text = credentials.strip() if scheme.lower() == "bearer" else ""
    return text.encode("latin-1", "replace").decode("utf-8", "replace")
