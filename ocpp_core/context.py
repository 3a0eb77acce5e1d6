"""Which station or request a thread works for: set at its start, read by the log."""

from __future__ import annotations

from contextvars import ContextVar

station: ContextVar[str] = ContextVar("station", default="")
request: ContextVar[str] = ContextVar("request", default="")
