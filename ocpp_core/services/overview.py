"""The tiles of the overview: what each connector does now, a page or a station at a time.

A page is found by walking over the connectors in their order (connector_states.py); sessions are
looked up for those that are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..domain.tile_states import STATES
from ..errors import InvalidInput
from ..wording import Wording
from . import connector_states, newest_sessions, searching
from .connector_states import MOST_WALKED, ConnectorState
from .newest_sessions import Session
from .paging import HIGHEST_LIMIT, Page, check_limit

MOST_IN_SNAPSHOT = 5_000  # tiles that a page keeps up to date


@dataclass(frozen=True, slots=True)
class Tile:
    """A connector, or a station without one, as it is shown; power only while it charges."""

    station_id: str
    station_name: str
    station_label: str
    sort_key: str
    evse_id: int
    connector_id: int
    label: str
    state: str
    online: bool
    status: str | None
    ocpp_status: str | None
    error_code: str | None
    station_status: str | None
    station_ocpp_status: str | None
    status_at: datetime | None
    transaction: Session | None
    last_energy_wh: float | None  # of the session that ended last, while none is active
    power_w: float | None
    soc_percent: float | None
    problem: str | None

    @property
    def key(self) -> tuple[str, int, int]:
        """Return what tells tiles apart."""
        return self.station_id, self.evse_id, self.connector_id


@dataclass(frozen=True, slots=True)
class Counts:
    """How many tiles are in each state; `are_all` unless there were too many to count."""

    by_state: dict[str, int]
    are_all: bool

    @property
    def total(self) -> int:
        """All that were counted."""
        return sum(self.by_state.values())


def tiles(
    limit: int = HIGHEST_LIMIT,
    cursor: str | None = None,
    *,
    state: str | None = None,
    search: str | None = None,
) -> Page[Tile]:
    """Return tiles in the order of their stations' names. Raises InvalidInput."""
    after, wanted = connector_states.position_of(cursor), _filter(state, search)
    found, reached = connector_states.collect(wanted, check_limit(limit), after)
    following = connector_states.cursor_of(reached) if reached else None
    return Page(tuple(_complete(found)), following)


def counts(search: str | None = None) -> Counts:
    """Count the tiles by state. Raises InvalidInput."""
    wanted = _filter(None, search)
    found, walked = dict.fromkeys(STATES, 0), 0
    for bite in connector_states.walk():
        for each in bite:
            if wanted(each):
                found[each.state] += 1
        walked += len(bite)
        if walked >= MOST_WALKED:
            return Counts(found, are_all=False)
    return Counts(found, are_all=True)


def snapshot(cursor: str | None = None) -> Iterator[tuple[Tile, ...]]:
    """Yield the tiles behind a cursor in bites, up to `MOST_IN_SNAPSHOT`. Raises InvalidInput."""
    sent = 0
    for bite in connector_states.walk(connector_states.position_of(cursor)):
        yield tuple(_complete(bite))
        sent += len(bite)
        if sent >= MOST_IN_SNAPSHOT:
            return


def of_station(station_id: str) -> tuple[Tile, ...]:
    """Return the tiles of one station, none for an unknown one."""
    return tuple(_complete(connector_states.of_station(station_id)))


def _filter(state: str | None, search: str | None) -> Callable[[ConnectorState], bool]:
    if state is not None and state not in STATES:
        problem = Wording("must be one of %(known)s", known=", ".join(STATES))
        raise InvalidInput(f"state {problem}", fields={"state": problem})
    folded = (searching.check(search) or "").casefold()
    return lambda each: (state is None or each.state == state) and each.matches(folded)


def _complete(states: Sequence[ConnectorState]) -> Iterator[Tile]:
    """Look up the sessions of connectors: the active one, else what the last one was."""
    active = newest_sessions.by_id([each.transaction_id for each in states if each.transaction_id])
    idle = [each for each in states if not each.charges]
    last = newest_sessions.of_connectors([each.row for each in idle if each.row])
    lone = newest_sessions.of_stations([each.station_id for each in idle if not each.row])
    for each in states:
        before = last.get(each.row) if each.row else lone.get(each.station_id)
        yield _tile(each, active.get(each.transaction_id or 0), before)


def _tile(each: ConnectorState, active: Session | None, last: Session | None) -> Tile:
    return Tile(
        station_id=each.station_id,
        station_name=each.station_name,
        station_label=each.station_label,
        sort_key=each.sort_key,
        evse_id=each.evse_id,
        connector_id=each.connector_id,
        label=each.label,
        state=each.state,
        online=each.online,
        status=each.status,
        ocpp_status=each.ocpp_status,
        error_code=each.error_code,
        station_status=each.whole_status,
        station_ocpp_status=each.whole_ocpp_status,
        status_at=each.status_at,
        transaction=active,
        last_energy_wh=last.energy_wh if last else None,
        power_w=each.power_w if each.is_measured else None,
        soc_percent=each.soc_percent if each.is_measured else None,
        problem=each.problem,
    )
