"""Tiles as pages show them: words, links, and the JSON from which scripts keep them up to date.

static/js/tiles.js makes the same texts of the same words; a test compares both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import orjson
from flask import url_for
from flask_babel import gettext as _

from ..domain import tile_states
from ..services.overview import Tile
from .localization import DASH, duration, kw, kwh, percent
from .pacing import paced

NO_ERROR, CHARGING = "NoError", "Charging"  # of OCPP, which tell no more than the title
_PLACE = re.compile(r"~([a-z])~")


@dataclass(frozen=True, slots=True)
class Shown:
    """A tile with its texts; what does not apply is empty."""

    tile: Tile
    title: str
    detail: str
    elapsed: str
    tag: str
    energy: str
    power: str


_NOTHING = Tile(
    station_id="",
    station_name="",
    station_label="",
    sort_key="",
    evse_id=0,
    connector_id=0,
    label=DASH,
    state=tile_states.IS_OFFLINE,
    online=False,
    status=None,
    ocpp_status=None,
    error_code=None,
    station_status=None,
    station_ocpp_status=None,
    status_at=None,
    transaction=None,
    last_energy_wh=None,
    power_w=None,
    soc_percent=None,
    problem=None,
)
BLANK = Shown(_NOTHING, "", "", "", "", "", "")  # what scripts make new tiles of


def words() -> dict[str, str]:
    """Return all words of tiles, in the language of the page."""
    return {
        "available": _("Available"),
        "occupied": _("Occupied"),
        "charging": _("Charging"),
        "faulted": _("Faulted"),
        "unavailable": _("Unavailable"),
        "offline": _("Offline"),
        "unknown": _("no status yet"),
        "whole": _("whole station"),
        "is_online": _("The charging station is online"),
        "is_offline": _("The charging station is offline"),
        "actions": _("Actions for %(label)s", label="{label}"),
        "start": _("Start transaction"),
        "stop": _("Stop transaction"),
        "unlock": _("Unlock connector"),
        "duration": _("%(hours)sh %(minutes)sm", hours="{h}", minutes="{m}"),
        "shown": _("%(shown)s of %(total)s shown", shown="{shown}", total="{total}"),
    }


def links() -> dict[str, str]:
    """Return patterns of links; `fill` puts in ~s~ station, ~e~ EVSE and ~t~ transaction."""
    return {
        "station": url_for("stations.show", station_id="~s~"),
        "connector": url_for("transactions.listing", station_id="~s~", evse_id="~e~"),
        "start": _command("start-transaction", connector="~e~"),
        "stop": _command("stop-transaction", transaction="~t~"),
        "unlock": _command("unlock-connector", connector="~e~"),
    }


def _command(name: str, **preset: str) -> str:
    return url_for("commands.form", station_id="~s~", name=name, **preset)  # type: ignore[arg-type]


def fill(pattern: str, tile: Tile) -> str:
    """Return the link of a tile."""
    number = tile.transaction.id if tile.transaction else ""
    values = {"s": tile.station_id, "e": str(tile.evse_id or ""), "t": str(number)}
    return _PLACE.sub(lambda found: quote(values[found[1]], safe=""), pattern)


def actions(tile: Tile) -> tuple[str, ...]:
    """Return which commands make sense for a tile, by the names of their links."""
    if not tile.online or not tile.evse_id:
        return ()
    return ("stop", "unlock") if tile.transaction else ("start", "unlock")


def shown(tiles: Iterable[Tile], known: dict[str, str], now: datetime) -> Iterator[Shown]:
    """Yield tiles with their texts; others get their turn in between."""
    return (show(tile, known, now) for tile in paced(tiles))


def show(tile: Tile, known: dict[str, str], now: datetime) -> Shown:
    """Return a tile with its texts."""
    session = tile.transaction
    energy_wh = session.energy_wh if session else tile.last_energy_wh
    measured = [
        kw(tile.power_w) if tile.power_w is not None else "",
        percent(tile.soc_percent) if tile.soc_percent is not None else "",
    ]
    return Shown(
        tile,
        title_of(tile, known),
        detail_of(tile, known),
        duration(now - session.started_at) if session else "",
        (session.tag_name or session.tag or "") if session else "",
        kwh(energy_wh) if energy_wh is not None else "",
        " | ".join(text for text in measured if text),
    )


def title_of(tile: Tile, known: dict[str, str]) -> str:
    """Return the word for the state of a tile."""
    charges = tile.state == tile_states.IS_OCCUPIED and tile.transaction is not None
    return known["charging" if charges else tile.state]


def detail_of(tile: Tile, known: dict[str, str]) -> str:
    """Return what the station itself says of the state, where that is more than the title."""
    own_state, whole_state = (
        text.lower() for text in (tile.status or "", tile.station_status or "")
    )
    if not tile.online:
        return ""
    if whole_state == tile.state != own_state:
        return known["whole"]
    if tile.state == tile_states.IS_FAULTED:
        return "" if tile.error_code in (None, NO_ERROR) else str(tile.error_code)
    if not tile.ocpp_status:
        return "" if tile.transaction else known["unknown"]
    said_already = tile.ocpp_status in (tile.status, CHARGING)
    return "" if said_already else tile.ocpp_status


def json_of(tiles: Iterable[Tile]) -> str:
    """Return tiles as JSON."""
    return orjson.dumps(list(tiles)).decode()
