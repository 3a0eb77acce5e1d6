"""What the page of a station shows of it now: connectors, active transactions, limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ..domain.tile_states import is_measured
from ..storage.writer import reading
from . import labels, limits_in_force, station_records, transaction_list
from .limits_in_force import LimitView
from .station_views import ConnectorView, StationView
from .transaction_list import TransactionLine
from .transaction_records import ACTIVE

MOST_ACTIVE = 50  # transactions shown; a station has hardly more than connectors


@dataclass(frozen=True, slots=True)
class ConnectorPanel:
    """A connector; `is_measured` tells whether power and state of charge mean anything now."""

    connector: ConnectorView
    label: str
    transaction: TransactionLine | None
    is_measured: bool


@dataclass(frozen=True, slots=True)
class StationPanel:
    """A station; `whole` is what it reports of itself, `others` transactions of no connector."""

    station: StationView
    whole: ConnectorView | None
    connectors: tuple[ConnectorPanel, ...]
    others: tuple[TransactionLine, ...]
    limits: tuple[LimitView, ...]


@reading
def of_station(station_id: str, now: datetime) -> StationPanel:
    """Return what a station does now. Raises NotFound."""
    station = station_records.find(station_id)
    whole, connectors = None, []
    for each in station_records.connectors(station_id):
        if each.evse_id:
            connectors.append(each)
        else:
            whole = each
    active = transaction_list.page(MOST_ACTIVE, station_id=station_id, state=ACTIVE).items
    by_place = _by_place(active)
    panels = _panels(station, connectors, by_place)
    shown = {panel.transaction.transaction.id for panel in panels if panel.transaction}
    others = tuple(line for line in active if line.transaction.id not in shown)
    return StationPanel(station, whole, panels, others, limits_in_force.of_station(station_id, now))


def _by_place(active: Iterable[TransactionLine]) -> dict[tuple[int | None, int], TransactionLine]:
    """Return the newest transaction of each connector; one that names none has the first."""
    found: dict[tuple[int | None, int], TransactionLine] = {}
    for line in active:
        place = (line.transaction.evse_id, line.transaction.connector_id or 1)
        found.setdefault(place, line)
    return found


def _panels(
    station: StationView,
    connectors: list[ConnectorView],
    by_place: dict[tuple[int | None, int], TransactionLine],
) -> tuple[ConnectorPanel, ...]:
    keys = [(station.id, each.evse_id, each.connector_id) for each in connectors]
    names = labels.labels(keys) if keys else {}
    return tuple(
        _panel(station, each, names[key], by_place.get((each.evse_id, each.connector_id)))
        for key, each in zip(keys, connectors, strict=True)
    )


def _panel(
    station: StationView, connector: ConnectorView, label: str, line: TransactionLine | None
) -> ConnectorPanel:
    measured = is_measured(online=station.online, status=connector.status, charges=line is not None)
    return ConnectorPanel(connector, label, line, measured)
