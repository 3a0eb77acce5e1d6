"""All connectors with what is known of them, those first that somebody should look at."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InvalidInput
from . import connector_states, newest_sessions
from .connector_states import MOST_WALKED, ConnectorState, Position
from .newest_sessions import Session
from .paging import DEFAULT_LIMIT, Page, check_limit, decode, encode

_PROBLEMS, _OTHERS = 0, 1  # the two stretches of the list


@dataclass(frozen=True, slots=True)
class Line:
    """A connector with its open transaction."""

    connector: ConnectorState
    transaction: Session | None

    @property
    def problem(self) -> str | None:
        """What is wrong with it (domain/tile_states.py)."""
        return self.connector.problem


@dataclass(frozen=True, slots=True)
class Figures:
    """How many there are; `are_all` unless there were too many to count."""

    connectors: int
    online: int
    open_transactions: int
    problems: int
    are_all: bool


def page(limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[Line]:
    """Return connectors, problems first, each kind in the order of the stations' names.

    Raises InvalidInput.
    """
    stretch, after = _place(cursor)
    found: list[ConnectorState] = []
    left = check_limit(limit)
    while True:
        some, reached = connector_states.collect(_TESTS[stretch], left, after)
        found += some
        left = limit - len(found)
        if reached is not None:
            return Page(_lines(found), encode(stretch, *reached))
        if stretch == _OTHERS:
            return Page(_lines(found), None)
        if not left:
            return Page(_lines(found), encode(_OTHERS, *_BEGINNING))
        stretch, after = _OTHERS, None


def figures() -> Figures:
    """Count connectors, those online, with an open transaction, and with a problem."""
    connectors = online = charging = problems = walked = 0
    for bite in connector_states.walk():
        connectors += sum(each.row is not None for each in bite)
        online += sum(each.row is not None and each.online for each in bite)
        charging += sum(each.charges for each in bite)
        problems += sum(each.problem is not None for each in bite)
        walked += len(bite)
        if walked >= MOST_WALKED:
            return Figures(connectors, online, charging, problems, are_all=False)
    return Figures(connectors, online, charging, problems, are_all=True)


_BEGINNING: Position = ("", "", 0, 0)  # no station has an empty id
_TESTS = {
    _PROBLEMS: lambda each: each.problem is not None,
    _OTHERS: lambda each: each.problem is None,
}


def _place(cursor: str | None) -> tuple[int, Position | None]:
    if cursor is None:
        return _PROBLEMS, None
    stretch, key, station_id, evse_id, connector_id = decode(cursor, int, str, str, int, int)
    if stretch not in _TESTS:
        raise InvalidInput("cursor is of another list", fields={"cursor": "is of another list"})
    return stretch, (key, station_id, evse_id, connector_id)


def _lines(found: list[ConnectorState]) -> tuple[Line, ...]:
    ids = [each.transaction_id for each in found if each.transaction_id is not None]
    sessions = newest_sessions.by_id(ids)
    return tuple(Line(each, sessions.get(each.transaction_id or 0)) for each in found)
