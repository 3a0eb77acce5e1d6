"""Unknown stations that wait for somebody to look at them: adopting, ignoring, forgetting.

Who is ignored stays in quarantine and is answered Rejected; it is no longer listed as waiting.
"""

from __future__ import annotations

from datetime import datetime

from ..errors import NotFound
from ..models.stations import Station
from ..storage.writer import reading, unit_of_work
from . import station_records
from .paging import DEFAULT_LIMIT, HIGHEST_LIMIT, Page, check_limit, decode, encode, page_of
from .station_records import StationChanges
from .station_views import StationView, station_view

ACCEPTED, PENDING, REJECTED = "Accepted", "Pending", "Rejected"
WAITS = Station.in_quarantine & (Station.boot_status != REJECTED)


@reading
def waiting() -> tuple[StationView, ...]:
    """Return the stations that wait, the last that was heard of first; there are never many."""
    rows = Station.select().where(WAITS).limit(HIGHEST_LIMIT)
    views = [station_view(row) for row in rows]
    views.sort(key=lambda view: view.last_seen_at or view.created_at, reverse=True)
    return tuple(views)


@reading
def count() -> int:
    """Return how many stations wait."""
    number: int = Station.select().where(WAITS).count()
    return number


@reading
def ignored(limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> Page[StationView]:
    """Return the stations that are ignored, ordered by id."""
    query = Station.select().where(Station.in_quarantine, Station.boot_status == REJECTED)
    if cursor is not None:
        query = query.where(Station.id > decode(cursor, str)[0])
    rows = list(query.order_by(Station.id).limit(check_limit(limit) + 1))
    return page_of(rows, limit, station_view, lambda row: encode(row.id))


@unit_of_work
def adopt(station_id: str, now: datetime, name: str = "") -> StationView:
    """Let a station work, under a name if one is given; its next boot is answered Accepted.

    One that was adopted already stays as it is. Raises NotFound, or InvalidInput.
    """
    view = station_records.find(station_id)
    if not view.in_quarantine:
        return view
    changes = StationChanges(boot_status=ACCEPTED)
    if name.strip():
        changes = StationChanges(boot_status=ACCEPTED, name=name.strip())
    return station_records.edit(station_id, changes, now)


@unit_of_work
def ignore(station_id: str, now: datetime) -> StationView:
    """Let a station wait no longer: it is answered Rejected. Raises NotFound."""
    return _answer(station_id, REJECTED, now)


@unit_of_work
def take_back(station_id: str, now: datetime) -> StationView:
    """Let an ignored station wait again. Raises NotFound."""
    return _answer(station_id, PENDING, now)


def forget(station_id: str, now: datetime) -> StationView:
    """Remove a station from quarantine; if it comes again, it waits again. Raises NotFound."""
    view = _find(station_id)
    station_records.remove(station_id, now)
    return view


def _answer(station_id: str, boot_status: str, now: datetime) -> StationView:
    _find(station_id)
    return station_records.edit(station_id, StationChanges(boot_status=boot_status), now)


def _find(station_id: str) -> StationView:
    view = station_records.find(station_id)
    if not view.in_quarantine:
        raise NotFound(f"no station {station_id} in quarantine")
    return view
