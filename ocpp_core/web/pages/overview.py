"""The overview: a tile for each connector, at a desk and on a wall."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import render_template, request

from ... import clock
from ...domain.roles import Role
from ...services import overview, quarantine
from ...services.paging import HIGHEST_LIMIT, Page
from .. import auth, station_urls, tiles
from ..localization import THEMES
from .area import Area

area = Area("overview")

BY_STATION = "station"


@area.shows("/", Role.VIEWER)
def show() -> Any:
    """Show the tiles, as a whole or by stations."""
    return render_template(
        "overview/show.html",
        **_board(),
        group=BY_STATION if request.args.get("group") == BY_STATION else "",
        waiting=quarantine.count(),
        endpoint=station_urls.endpoint_url(),
    )


@area.shows("/wall", Role.VIEWER)
def wall() -> Any:
    """Show the tiles for a screen on a wall: large, nothing else, dark unless told otherwise."""
    theme = request.args.get("theme", "dark")
    return render_template(
        "overview/wall.html", **_board(), theme=theme if theme in THEMES else "dark"
    )


def _board() -> dict[str, Any]:
    """Return what the query asks for, and all that tiles are made of."""
    state, search = request.args.get("state") or None, request.args.get("search") or None
    cursor = request.args.get("cursor") or None
    page: Page[overview.Tile] = overview.tiles(HIGHEST_LIMIT, cursor, state=state, search=search)
    words, links = tiles.words(), tiles.links()
    shown = tiles.shown(page.items, words, clock.utcnow())
    return {
        "page": page,
        "tiles": shown,
        "stations": groupby(shown, lambda one: _station(one.tile, links)),
        "counts": overview.counts(search),
        "words": words,
        "links": links,
        "fill": tiles.fill,
        "actions_of": tiles.actions,
        "may_command": auth.authenticate().role.includes(Role.OPERATOR),
        "blank": tiles.BLANK,
        "state": state or "",
        "search": search or "",
        "cursor": cursor or "",
        "is_all": cursor is None and page.next is None,
    }


def _station(tile: overview.Tile, links: dict[str, str]) -> tuple[str, str, str]:
    return tile.station_id, tile.station_label, tiles.fill(links["station"], tile)
