"""Unknown stations that wait: adopting, ignoring, forgetting. For administrators."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template, request, url_for
from flask_babel import gettext as _

from ... import clock
from ...domain.roles import Role
from ...services import quarantine
from .area import Area, done
from .station_editing import note
from .station_forms import AdoptionForm

area = Area("quarantine")

PER_PAGE = 50


@area.shows("/quarantine", Role.ADMINISTRATOR)
def listing() -> Any:
    """List who waits, and who is ignored."""
    return _page()


@area.does("/quarantine/adopt", Role.ADMINISTRATOR)
def adopt() -> Any:
    """Let a station work."""
    form = AdoptionForm()
    station_id = form.station_id.data or ""
    if not form.accepts(lambda: quarantine.adopt(station_id, clock.utcnow(), form.name.data or "")):
        return _page(refused=form), 422
    note("station adopted", form.result)
    text = _("Charging station %(id)s is adopted; its next boot is accepted.", id=station_id)
    return done(text, url_for("stations.show", station_id=station_id))


@area.does("/quarantine/ignore", Role.ADMINISTRATOR)
def ignore() -> Any:
    """Let a station wait no longer."""
    note("station ignored", quarantine.ignore(_station_id(), clock.utcnow()))
    return done(_("Charging station %(id)s is ignored.", id=_station_id()), _target())


@area.does("/quarantine/take-back", Role.ADMINISTRATOR)
def take_back() -> Any:
    """Let an ignored station wait again."""
    note("station waits again", quarantine.take_back(_station_id(), clock.utcnow()))
    return done(_("Charging station %(id)s waits again.", id=_station_id()), _target())


@area.does("/quarantine/forget", Role.ADMINISTRATOR)
def forget() -> Any:
    """Remove what is known of a station in quarantine; if it comes again, it waits again."""
    note("station forgotten", quarantine.forget(_station_id(), clock.utcnow()))
    return done(_("Charging station %(id)s is forgotten.", id=_station_id()), _target())


def _station_id() -> str:
    return request.form.get("station_id", "")


def _target() -> str:
    return url_for("quarantine.listing")


def _page(refused: AdoptionForm | None = None) -> str:
    config = current_app.extensions["ocpp_core"].config
    return render_template(
        "quarantine/list.html",
        waiting=quarantine.waiting(),
        ignored=quarantine.ignored(PER_PAGE, request.args.get("cursor")),
        refuses=config.unknown_stations == "refuse",
        refused=refused,
    )
