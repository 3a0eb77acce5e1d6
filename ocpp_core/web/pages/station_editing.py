"""Adding, changing and removing stations. For administrators."""

from __future__ import annotations

import logging
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _

from ... import clock
from ...domain.roles import Role
from ...services import station_losses
from ...services import station_records as records
from ...services.station_views import StationView
from .. import auth, station_urls
from .area import done
from .station_forms import NewStationForm, RemovalForm, StationForm
from .stations import area as stations_area

log = logging.getLogger(__name__)


@stations_area.shows("/stations/new", Role.ADMINISTRATOR)
def new() -> Any:
    """Show the form of a new station."""
    return _new_page(NewStationForm())


@stations_area.does("/stations/new", Role.ADMINISTRATOR)
def add() -> Any:
    """Add a station; one that waits in quarantine is adopted."""
    form = NewStationForm()
    if not form.validate_on_submit():
        return _new_page(form), 422
    changes, generated = form.changes()
    if not form.accepts(lambda: records.add(form.id.data, changes, clock.utcnow())):
        return _new_page(form), 422
    note("station added", form.result)
    if generated:
        return _password_page(form.result, generated), 201
    return done(_("Charging station %(id)s was added.", id=form.result.id), _page_of(form.result))


@stations_area.shows("/stations/<text:station_id>/edit", Role.ADMINISTRATOR)
def edit(station_id: str) -> Any:
    """Show the form of a station."""
    station = records.find(station_id)
    return _edit_page(station, StationForm.of(station))


@stations_area.does("/stations/<text:station_id>/edit", Role.ADMINISTRATOR)
def change(station_id: str) -> Any:
    """Change a station."""
    station = records.find(station_id)
    form = StationForm.of(station)
    if not form.validate_on_submit():
        return _edit_page(station, form), 422
    changes, generated = form.changes()
    if not form.accepts(lambda: records.edit(station.id, changes, clock.utcnow())):
        return _edit_page(station, form), 422
    note("station changed", station)
    if generated:
        return _password_page(station, generated)
    return done(_("Charging station %(id)s was changed.", id=station.id), _page_of(station))


@stations_area.shows("/stations/<text:station_id>/delete", Role.ADMINISTRATOR)
def ask_before_removal(station_id: str) -> Any:
    """Say what is lost with a station."""
    return _removal_page(records.find(station_id), RemovalForm(station_id))


@stations_area.does("/stations/<text:station_id>/delete", Role.ADMINISTRATOR)
def remove(station_id: str) -> Any:
    """Remove a station; its transactions stay."""
    station = records.find(station_id)
    form = RemovalForm(station_id)
    if not form.accepts(lambda: records.remove(station_id, clock.utcnow())):
        return _removal_page(station, form), 422
    note("station removed", station)
    return done(
        _("Charging station %(id)s was removed.", id=station.id), url_for("stations.listing")
    )


def note(what: str, station: StationView) -> None:
    """Write to the log who did what to which station."""
    log.info(what, extra={"station": station.id, "user": auth.caller()})


def _page_of(station: StationView) -> str:
    return url_for("stations.show", station_id=station.id)


def _new_page(form: NewStationForm) -> str:
    return render_template("stations/new.html", form=form, endpoint=station_urls.endpoint_url())


def _edit_page(station: StationView, form: StationForm) -> str:
    return render_template("stations/edit.html", station=station, form=form)


def _password_page(station: StationView, password: str) -> str:
    """Show a password, this once: only its hash is kept."""
    return render_template(
        "stations/password.html",
        station=station,
        password=password,
        url=station_urls.websocket_url(station.id),
    )


def _removal_page(station: StationView, form: RemovalForm) -> str:
    losses = station_losses.of_station(station.id)
    return render_template("stations/delete.html", station=station, form=form, losses=losses)
