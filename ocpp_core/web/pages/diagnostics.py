"""Diagnostics: all connectors, those first that somebody should look at."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_babel import lazy_gettext as _l

from ...domain import tile_states
from ...domain.connectors import ConnectorRef
from ...domain.labels import number_of
from ...domain.roles import Role
from ...services import diagnostics
from ...services.connector_states import ConnectorState
from ..pacing import paced
from .area import Area

area = Area("diagnostics")

PER_PAGE = 50
PROBLEMS = {
    tile_states.OFFLINE_WITH_TRANSACTION: _l("Station offline!"),
    tile_states.FAULT: _l("Faulted"),
    tile_states.FREE_WITH_TRANSACTION: _l("Status: Available"),
}


@area.shows("/diagnostics", Role.VIEWER)
def show() -> Any:
    """Show how many there are, and what is known of each."""
    page = diagnostics.page(PER_PAGE, request.args.get("cursor") or None)
    return render_template(
        "diagnostics/show.html",
        page=page,
        lines=paced(page.items),
        figures=diagnostics.figures(),
        problems=PROBLEMS,
        number=_number,
    )


def _number(connector: ConnectorState) -> str:
    """Return the number of a connector; none for a station without one."""
    if connector.row is None:
        return ""
    return number_of(ConnectorRef(connector.evse_id, connector.connector_id))
