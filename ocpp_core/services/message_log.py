"""The message log: each exchange in one row, request beside reply, written in batches.

Rows wait up to a second in memory, so that logging costs a message next to nothing; `flush` writes
them at once. Secrets that travel in payloads are masked before they are kept.
"""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..errors import StorageUnavailable
from ..models.records import Message
from ..storage.statements import Statement
from ..storage.writer import reading, unit_of_work
from .paging import Page, decode, encode, page_of

log = logging.getLogger(__name__)

NONE, WITHOUT_ROUTINE, ALL = 0, 1, 2
ROUTINE = frozenset({"Heartbeat", "MeterValues"})
FLUSH_S = 1.0
FLUSH_ROWS = 500
MOST_WAITING = 50_000  # beyond it rows are dropped: the database has been away for long
PRUNE_ROWS, PRUNE_BITES = 1_000, 50  # deleted by one unit; units in a row
LONGEST_NAME = 255  # characters kept of an action or code: a station may invent any

_INSERT = Statement(
    "INSERT INTO messages (station_id, incoming, message_id, action, request, response,"
    " error_code, at, latency_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_HIDDEN = r'\1"********"'
_TEXT = r'\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\\?\Z)'  # to the end where a message was cut off
_PASSWORD = re.compile(r'("[a-z]*password"' + _TEXT, re.IGNORECASE)  # password, apnPassword, ...
# {"key":"AuthorizationKey","value":"..."} and {"variable":{"name":"BasicAuthPassword"}...}
_NAMED_SECRET = re.compile(r'"(?:AuthorizationKey|[a-z]*Password)"', re.IGNORECASE)
_VALUE = re.compile(r'("(?:value|attributeValue)"' + _TEXT)
_VPN_KEY = re.compile(r'("key"' + _TEXT)
# JSON inside of a text, as vendors put into DataTransfer: {"data":"{\"password\":\"...\"}"}
_INNER_SECRET = re.compile(
    r'(\\"(?:[a-z]*password|AuthorizationKey)\\"\s*:\s*\\")'
    r'(?:[^"\\]|\\\\(?:\\.|[^"\\])|\\[^"\\])*',
    re.IGNORECASE,
)
_URL_SECRET = re.compile(r"(://[^/\s:@\"]*:)[^/\s\"]+(?=@)")  # ftp://user:password@host


@dataclass(frozen=True, slots=True)
class Entry:
    """One exchange as it is kept."""

    station_id: str
    incoming: bool
    message_id: str
    action: str
    request: str
    response: str | None
    error_code: str | None
    at: datetime
    latency_ms: float | None


@dataclass(frozen=True, slots=True)
class MessageView:
    """One exchange as it is shown."""

    id: int
    station_id: str
    direction: str  # "in": the station asked; "out": we did
    message_id: str
    action: str
    request: str
    response: str | None
    error_code: str | None
    at: datetime
    latency_ms: float | None


class MessageLog:
    """Collects entries of one process and writes them from a thread of its own."""

    def __init__(self, level: int, keep_days: int) -> None:
        self._level = level
        self._keep = timedelta(days=keep_days)
        self._waiting: list[Entry] = []
        self._lock = threading.Lock()
        self.dropped = 0

    def wants(self, action: str) -> bool:
        """Tell whether the setting has this action kept."""
        return self._level == ALL or (self._level == WITHOUT_ROUTINE and action not in ROUTINE)

    def add(self, entry: Entry) -> None:
        """Keep an entry; it is written within a second."""
        if not self.wants(entry.action):
            return
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                self.dropped += 1
                return
            self._waiting.append(entry)

    def flush(self) -> None:
        """Write what waits; entries stay for the next time when the database is away."""
        with self._lock:
            entries, self._waiting = self._waiting, []
        for start in range(0, len(entries), FLUSH_ROWS):
            try:
                _insert(entries[start : start + FLUSH_ROWS])
            except StorageUnavailable as error:
                log.warning("message log not written", extra={"reason": str(error)})
                with self._lock:
                    self._waiting = (entries[start:] + self._waiting)[:MOST_WAITING]
                return

    def prune(self, now: datetime) -> bool:
        """Delete some of what is older than the retention; tells whether there may be more."""
        before = now - self._keep
        return all(_prune(before) == PRUNE_ROWS for _ in range(PRUNE_BITES))


def mask(payload: str) -> str:
    """Return the text with passwords and keys made unreadable."""
    if _NAMED_SECRET.search(payload):
        payload = _PASSWORD.sub(_HIDDEN, _VALUE.sub(_HIDDEN, payload))
    if '\\"' in payload:
        payload = _INNER_SECRET.sub(r"\1********", payload)
    if '"vpn"' in payload:  # SetNetworkProfile: its shared secret is called `key`
        payload = _VPN_KEY.sub(_HIDDEN, payload)
    return _URL_SECRET.sub(r"\1********", payload) if "://" in payload else payload


@reading
def page(
    station_id: str, limit: int, cursor: str | None = None, *, action: str | None = None
) -> Page[MessageView]:
    """Return the newest exchanges of a station first."""
    query = Message.select().where(Message.station_id == station_id)
    if action is not None:
        query = query.where(Message.action == action)
    if cursor is not None:
        (before,) = decode(cursor, int)
        query = query.where(Message.id < before)
    rows = list(query.order_by(Message.id.desc()).limit(limit + 1))
    return page_of(rows, limit, message_view, lambda row: encode(row.id))


def message_view(row: Any) -> MessageView:
    """Return a row as it is shown."""
    return MessageView(
        row.id,
        row.station_id,
        "in" if row.incoming else "out",
        row.message_id,
        row.action,
        row.request,
        row.response,
        row.error_code,
        row.at,
        row.latency_ms,
    )


@unit_of_work
def _insert(entries: list[Entry]) -> None:
    _INSERT.run_many(
        (
            entry.station_id,
            entry.incoming,
            entry.message_id,
            entry.action[:LONGEST_NAME],
            mask(entry.request),
            mask(entry.response) if entry.response else entry.response,
            entry.error_code[:LONGEST_NAME] if entry.error_code else entry.error_code,
            entry.at,
            entry.latency_ms,
        )
        for entry in entries
    )


@unit_of_work
def _prune(before: datetime) -> int:
    old = Message.select(Message.id).where(Message.at < before).order_by(Message.at)
    deleted: int = Message.delete().where(Message.id.in_(old.limit(PRUNE_ROWS))).execute()
    return deleted
