"""All connectors in the order of their stations' names, read in bites.

A station of which no connector is known yet stands there itself, as connector (0, 0). Stations in
quarantine are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .. import green
from ..domain import tile_states
from ..domain.connectors import ConnectorRef
from ..domain.labels import connector_label, station_label
from ..models.base import moment
from ..storage.statements import Statement
from ..storage.writer import reading
from .paging import decode, encode

BITE = 500  # rows of one query: some milliseconds
MOST_WALKED = 20_000  # connectors looked at for one page; what lies behind comes with the next

# As the index stations_label says it, literally.
_SORT = "lower(coalesce(nullif(s.name, ''), s.id))"
_SELECT = f"""\
SELECT {_SORT}, s.id, s.name, s.online, s.ocpp_version, s.online_changed_at,
  c.id, coalesce(c.evse_id, 0), coalesce(c.connector_id, 0), coalesce(c.name, ''),
  c.status, c.ocpp_status, c.error_code, c.info, c.vendor_error_code, c.status_at,
  c.meter_wh, c.power_w, c.soc_percent, c.meter_at,
  w.status, w.ocpp_status, w.error_code, w.info, w.status_at,
  (SELECT o.id FROM connectors o WHERE o.station_id = s.id AND o.evse_id > 0
     ORDER BY o.evse_id, o.connector_id LIMIT 1 OFFSET 1),
  CASE WHEN c.id IS NULL THEN
    (SELECT t.id FROM transactions t WHERE t.active AND t.station_id = s.id
       ORDER BY t.started_at DESC, t.id DESC LIMIT 1)
  ELSE
    (SELECT t.id FROM transactions t WHERE t.active AND t.station_id = s.id
       AND t.evse_id = c.evse_id AND coalesce(t.connector_id, 1) = c.connector_id
       ORDER BY t.started_at DESC, t.id DESC LIMIT 1)
  END
FROM stations s
LEFT JOIN connectors c ON c.station_id = s.id AND c.evse_id > 0
LEFT JOIN connectors w ON w.station_id = s.id AND w.evse_id = 0 AND w.connector_id = 0
WHERE NOT s.in_quarantine"""  # noqa: S608 - ours
_KEY = f"{_SORT}, s.id, coalesce(c.evse_id, 0), coalesce(c.connector_id, 0)"
_ORDER = f" ORDER BY {_SORT}, s.id, c.evse_id, c.connector_id LIMIT {BITE}"
_FIRST = Statement(_SELECT + _ORDER)
_NEXT = Statement(f"{_SELECT} AND {_SORT} >= ? AND ({_KEY}) > (?, ?, ?, ?){_ORDER}")
_OF_STATION = Statement(f"{_SELECT} AND s.id = ? ORDER BY c.evse_id, c.connector_id")

Position = tuple[str, str, int, int]


@dataclass(frozen=True, slots=True)
class ConnectorState:
    """What is known of a connector now; `whole_...` is what its station says of itself."""

    sort_key: str
    station_id: str
    station_name: str
    online: bool
    ocpp_version: str | None
    online_changed_at: datetime | None
    row: int | None  # None: a station without connectors
    evse_id: int
    connector_id: int
    name: str
    status: str | None
    ocpp_status: str | None
    error_code: str | None
    info: str | None
    vendor_error_code: str | None
    status_at: datetime | None
    meter_wh: float | None
    power_w: float | None
    soc_percent: float | None
    meter_at: datetime | None
    whole_status: str | None
    whole_ocpp_status: str | None
    whole_error_code: str | None
    whole_info: str | None
    whole_status_at: datetime | None
    is_only: bool
    transaction_id: int | None  # the active one

    @property
    def position(self) -> Position:
        """Return what the list is sorted by."""
        return self.sort_key, self.station_id, self.evse_id, self.connector_id

    @property
    def label(self) -> str:
        """Return what the connector is called."""
        ref = ConnectorRef(self.evse_id, self.connector_id)
        return connector_label(
            self.station_id, self.station_name, self.name, ref, is_only=self.is_only
        )

    @property
    def station_label(self) -> str:
        """Return what the station is called."""
        return station_label(self.station_id, self.station_name)

    @property
    def charges(self) -> bool:
        """Whether a transaction is active."""
        return self.transaction_id is not None

    @property
    def state(self) -> str:
        """Return what it is shown as."""
        return tile_states.state_of(
            online=self.online,
            status=self.status,
            station_status=self.whole_status,
            charges=self.charges,
        )

    @property
    def is_measured(self) -> bool:
        """Whether its power means anything now."""
        return tile_states.is_measured(online=self.online, status=self.status, charges=self.charges)

    @property
    def problem(self) -> str | None:
        """Return what is wrong with it."""
        return tile_states.problem_of(online=self.online, state=self.state, charges=self.charges)

    def matches(self, folded: str) -> bool:
        """Tell whether its id or a name contains a casefolded text."""
        texts = (self.station_id, self.station_name, self.label)
        return any(folded in text.casefold() for text in texts)


_PLACES = {name: place for place, name in enumerate(ConnectorState.__dataclass_fields__)}
_ONLINE, _IS_ONLY = _PLACES["online"], _PLACES["is_only"]
_MOMENTS = [_PLACES[name] for name in _PLACES if name.endswith("_at")]


def walk(after: Position | None = None) -> Iterator[list[ConnectorState]]:
    """Yield all connectors behind a position in bites, while others run in between."""
    while True:
        bite = _bite(after)
        if bite:
            yield bite
        if len(bite) < BITE:
            return
        after = bite[-1].position
        green.breathe()


def collect(
    wanted: Callable[[ConnectorState], bool], limit: int, after: Position | None = None
) -> tuple[list[ConnectorState], Position | None]:
    """Return up to `limit` connectors that are wanted, and where to go on if there may be more."""
    found: list[ConnectorState] = []
    walked = 0
    for bite in walk(after):
        for each in bite:
            if wanted(each):
                if len(found) == limit:
                    return found, found[-1].position
                found.append(each)
        walked += len(bite)
        if walked >= MOST_WALKED:
            return found, bite[-1].position
    return found, None


@reading
def of_station(station_id: str) -> list[ConnectorState]:
    """Return the connectors of one station; none where it is unknown or in quarantine."""
    return [_state(row) for row in _OF_STATION.run(station_id).fetchall()]


def cursor_of(position: Position) -> str:
    """Return the cursor that goes on behind a position."""
    return encode(*position)


def position_of(cursor: str | None) -> Position | None:
    """Return the position that a cursor stands for. Raises InvalidInput."""
    if cursor is None:
        return None
    sort_key, station_id, evse_id, connector_id = decode(cursor, str, str, int, int)
    return sort_key, station_id, evse_id, connector_id


@reading
def _bite(after: Position | None) -> list[ConnectorState]:
    rows = _FIRST.run() if after is None else _NEXT.run(after[0], *after)
    return [_state(row) for row in rows.fetchall()]


def _state(row: tuple[Any, ...]) -> ConnectorState:
    values = list(row)
    for place in _MOMENTS:
        values[place] = moment(values[place])
    values[_ONLINE] = bool(values[_ONLINE])
    values[_IS_ONLY] = values[_IS_ONLY] is None
    return ConnectorState(*values)
