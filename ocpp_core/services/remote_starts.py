"""Whether a tag may start a transaction from afar."""

from __future__ import annotations

from datetime import datetime

from ..domain.authorization import Authorization
from ..storage.writer import unit_of_work
from . import authorization
from .authorization import Place


@unit_of_work
def judge(
    station_id: str, tag: str, now: datetime, *, single: bool, evse_id: int | None = None
) -> Authorization:
    """Decide on the tag as if a transaction began at the station now; nothing is recorded.

    The tag is taken as it is given: only stations append something to tags. With `single` it may
    have one active transaction over all stations, besides one at `evse_id` that this start ends.
    """
    place = Place(station_id, evse_id)
    return authorization.authorize_start(tag, now, cleans=False, single=single, place=place)
