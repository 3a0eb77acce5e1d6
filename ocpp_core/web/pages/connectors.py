"""Connectors: the list of all, and the name of one."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from ... import clock
from ...domain.roles import Role
from ...errors import NotFound
from ...services import connector_lists, labels, station_records
from ...services.station_views import ConnectorView, StationView
from .area import Area, done
from .station_forms import ConnectorFilter, ConnectorForm

area = Area("connectors")

PER_PAGE = 50
RULE = "/stations/<text:station_id>/connectors/<int:evse_id>/<int:connector_id>"


@area.shows("/connectors", Role.VIEWER)
def listing() -> Any:
    """List the connectors of all stations."""
    form = ConnectorFilter()
    page = connector_lists.page(PER_PAGE, request.args.get("cursor"), **form.wanted())
    return render_template("connectors/list.html", page=page, filters=form)


@area.shows(RULE, Role.VIEWER)
def edit(station_id: str, evse_id: int, connector_id: int) -> Any:
    """Show what is known of a connector, and the form of its name."""
    connector = _find(station_id, evse_id, connector_id)
    return _page(station_records.find(station_id), connector, ConnectorForm(obj=connector))


@area.does(RULE, Role.ADMINISTRATOR)
def rename(station_id: str, evse_id: int, connector_id: int) -> Any:
    """Name a connector."""
    connector = _find(station_id, evse_id, connector_id)
    form, now = ConnectorForm(), clock.utcnow()
    name = form.name.data or ""
    if not form.accepts(
        lambda: station_records.rename_connector(station_id, evse_id, connector_id, name, now)
    ):
        return _page(station_records.find(station_id), connector, form), 422
    label = labels.label(station_id, evse_id, connector_id)
    target = url_for("stations.show", station_id=station_id)
    return done(_("The connector is now called %(label)s.", label=label), target)


def _find(station_id: str, evse_id: int, connector_id: int) -> ConnectorView:
    """Return a connector; the station as a whole is none. Raises NotFound."""
    for each in station_records.connectors(station_id):
        if each.evse_id and (each.evse_id, each.connector_id) == (evse_id, connector_id):
            return each
    raise NotFound(f"station {station_id} has no connector {evse_id}/{connector_id}")


def _page(station: StationView, connector: ConnectorView, form: ConnectorForm) -> str:
    label = labels.label(station.id, connector.evse_id, connector.connector_id)
    return render_template(
        "connectors/edit.html", station=station, connector=connector, label=label, form=form
    )
