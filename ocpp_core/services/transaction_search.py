"""Which transactions are wanted, and in which order: one query along an index for each choice."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from peewee import Tuple

from ..domain import authorization
from ..errors import InvalidInput
from ..models.transactions import Transaction
from ..wording import Wording
from .paging import decode

ACTIVE, ENDED = "active", "ended"


class Filters(TypedDict, total=False):
    """What narrows the list; an EVSE is one of a station, a connector one of an EVSE."""

    station_id: str | None
    evse_id: int | None
    connector_id: int | None
    tag: str | None
    state: str | None
    since: datetime | None  # those that began then or later
    until: datetime | None  # those that began before


def query(filters: Filters, cursor: str | None, *, oldest_first: bool) -> Any:
    """Return the ordered query that goes on after `cursor`. Raises InvalidInput."""
    at, number = Transaction.started_at, Transaction.id
    found = Transaction.select()
    for test in (*_bounds(filters, cursor, oldest_first), *_places(filters), *_others(filters)):
        found = found.where(test)
    return found.order_by(at, number) if oldest_first else found.order_by(at.desc(), number.desc())


def _bounds(filters: Filters, cursor: str | None, oldest_first: bool) -> list[Any]:
    """A bound that the cursor lies within is said already; said twice, SQLite takes a worse index.

    Both bounds stay where the cursor is not within them.
    """
    since, until = filters.get("since"), filters.get("until")
    tests: list[Any] = []
    if cursor is not None:
        position = decode(cursor, datetime, int)
        key = Tuple(Transaction.started_at, Transaction.id)
        if oldest_first:
            tests.append(key > Tuple(*position))
            since = since if since is not None and position[0] < since else None
        else:
            tests.append(key < Tuple(*position))
            until = until if until is not None and position[0] >= until else None
    if since is not None:
        tests.append(Transaction.started_at >= since)
    if until is not None:
        tests.append(Transaction.started_at < until)
    return tests


def _places(filters: Filters) -> list[Any]:
    station_id, evse_id = filters.get("station_id"), filters.get("evse_id")
    connector_id = filters.get("connector_id")
    tests: list[Any] = []
    if station_id is not None:
        tests.append(Transaction.station_id == station_id)
    if evse_id is not None:
        _demand(station_id, "evse_id", "station_id")
        tests.append(Transaction.evse_id == evse_id)
    if connector_id is not None:
        _demand(evse_id, "connector_id", "evse_id")
        tests.append(Transaction.connector_id == connector_id)
    return tests


def _others(filters: Filters) -> list[Any]:
    tag, state = filters.get("tag"), filters.get("state")
    tests: list[Any] = []
    if tag is not None:
        tests.append(Transaction.tag_folded == authorization.fold(tag))
    if state is not None:
        tests.append(_state(state))
    return tests


def _demand(given: object, name: str, needed: str) -> None:
    if given is None:
        problem = Wording("needs %(name)s", name=needed)
        raise InvalidInput(f"{name} {problem}", fields={name: problem})


def _state(state: str) -> Any:
    if state not in (ACTIVE, ENDED):
        problem = Wording("must be one of %(known)s", known=f"{ACTIVE}, {ENDED}")
        raise InvalidInput(f"state {problem}", fields={"state": problem})
    return Transaction.active if state == ACTIVE else ~Transaction.active
