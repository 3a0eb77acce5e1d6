"""The connectors of all stations as a list, in the order of their stations' ids."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import peewee

from ..models.stations import Connector, Station
from ..storage.writer import reading
from . import labels, searching
from .paging import DEFAULT_LIMIT, Page, check_limit, decode, encode
from .station_views import ConnectorView, connector_view

_KEY = (Connector.station, Connector.evse_id, Connector.connector_id)


@dataclass(frozen=True, slots=True)
class ConnectorLine:
    """A connector with what is known of its station; `label` is what people call it."""

    station_id: str
    station_name: str
    online: bool
    label: str
    connector: ConnectorView


@reading
def page(
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    *,
    station_id: str | None = None,
    status: str | None = None,
    search: str | None = None,
) -> Page[ConnectorLine]:
    """Return connectors; `search` is part of a name, or of the id or name of the station.

    What stands for a station as a whole is left out. Raises InvalidInput.
    """
    text = searching.check(search)
    query = Connector.select(Connector.id).join(Station).where(Connector.evse_id > 0)
    if cursor is not None:
        query = query.where(peewee.Tuple(*_KEY) > peewee.Tuple(*decode(cursor, str, int, int)))
    if station_id is not None:
        query = query.where(Connector.station == station_id)
    query = query.order_by(*_KEY)
    if status is None and text is None:
        return _page(_ids(query.limit(check_limit(limit) + 1)), limit, None)
    window = _window(query)
    tests = _tests(window, status, text)
    matching = peewee.Select([window], [window.c.id]).where(*tests).order_by(*_key(window))
    ids = _ids(matching.limit(check_limit(limit) + 1).bind(Connector._meta.database))
    return _page(ids, limit, query)


def _window(query: Any) -> Any:
    """Return the rows that are searched for one page: so many, whatever is found in them."""
    columns = (Connector.id, *_KEY, Connector.name, Connector.status)
    names = (Station.name.alias("station_name"),)
    return query.select(*columns, *names).limit(searching.SEARCHED).alias("searched")


def _key(window: Any) -> list[Any]:
    return [window.c[field.column_name] for field in _KEY]


def _tests(window: Any, status: str | None, text: str | None) -> list[Any]:
    tests = [] if status is None else [window.c.status == status]
    if text is not None:
        columns = (window.c.name, window.c.station_id, window.c.station_name)
        found = [searching.contains(column, text) for column in columns]
        tests.append(functools.reduce(operator.or_, found))
    return tests


def _ids(query: Any) -> list[int]:
    return [row[0] for row in query.tuples()]


def _page(ids: Sequence[int], limit: int, searched: Any) -> Page[ConnectorLine]:
    """Make a page of up to `limit` + 1 rows; `searched` is what was searched for them, if so."""
    rows = _rows(ids)
    if len(rows) > limit:
        return Page(_lines(rows[:limit]), _cursor(rows[limit - 1]))
    last = None
    if searched is not None:
        found = _ids(searched.offset(searching.SEARCHED - 1).limit(1))
        last = next(iter(_rows(found)), None)
    return Page(_lines(rows), _cursor(last) if last else None)


def _rows(ids: Sequence[int]) -> list[Any]:
    """Return the rows with their stations, in the order of `ids`."""
    if not ids:
        return []
    query = Connector.select(Connector, Station.id, Station.name, Station.online).join(Station)
    found = {row.id: row for row in query.where(Connector.id.in_(ids))}
    return [found[number] for number in ids]


def _cursor(row: Any) -> str:
    return encode(row.station.id, row.evse_id, row.connector_id)


def _lines(rows: Sequence[Any]) -> tuple[ConnectorLine, ...]:
    keys = [(row.station.id, row.evse_id, row.connector_id) for row in rows]
    names = labels.labels(keys) if keys else {}
    return tuple(
        ConnectorLine(
            row.station.id, row.station.name, row.station.online, names[key], connector_view(row)
        )
        for key, row in zip(keys, rows, strict=True)
    )
