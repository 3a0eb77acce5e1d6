"""What keeps the tiles of overview and wall up to date."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response, request

from ... import clock, events
from ...domain.roles import Role
from ...errors import InvalidInput
from ...services import connector_states, overview
from ..feeds import feed, frame
from ..tiles import json_of
from .area import Area

area = Area("live")

KINDS = (
    events.ConnectorChanged,
    events.MeterRead,
    events.TransactionStarted,
    events.TransactionEnded,
    events.StationConnected,
    events.StationDisconnected,
    events.StationReturned,
    events.StationEdited,
    events.StationRemoved,
)


@area.shows("/live/overview", Role.VIEWER)
def stream() -> Response:
    """Send all tiles behind a cursor, then what happens to any tile."""
    cursor = request.args.get("cursor") or None
    connector_states.position_of(cursor)  # refused before the stream begins
    return feed(_concerns_tiles, _snapshot(cursor))


@area.shows("/live/overview/tiles", Role.VIEWER)
def station_tiles() -> Any:
    """Send the tiles of one station as JSON, for what no event tells: names, meters, new ones."""
    station_id = request.args.get("station_id", "")
    if not station_id:
        raise InvalidInput("station_id is missing", fields={"station_id": "is missing"})
    return Response(json_of(overview.of_station(station_id)), mimetype="application/json")


def _concerns_tiles(event: events.Event) -> bool:
    return isinstance(event, KINDS)


def _snapshot(cursor: str | None) -> Iterator[bytes]:
    """Yield the tiles in bites, between a begin and an end."""
    yield frame("snapshot", {"is": "begin", "now": clock.utcnow()})
    sent = 0
    for bite in overview.snapshot(cursor):
        sent += len(bite)
        yield frame("tiles", bite)
    is_all = cursor is None and sent < overview.MOST_IN_SNAPSHOT
    yield frame("snapshot", {"is": "end", "all": is_all})
