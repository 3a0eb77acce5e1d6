"""Stations: the list of all, and what one of them does now."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, current_app, render_template, request
from werkzeug.routing import ValidationError

from ... import clock, events
from ...commands.base import Command, all_commands
from ...domain.roles import Role
from ...services import (
    command_log,
    connector_records,
    message_log,
    quarantine,
    station_lists,
    station_panels,
    station_records,
)
from ...services.station_views import StationView
from .. import station_urls
from ..api import TextConverter
from ..api.commands import dispatcher
from ..feeds import feed
from ..live_events import names
from ..logins import visitor
from . import command_offers, command_results
from .area import Area
from .message_forms import OUTCOMES
from .station_forms import StationFilter


class OtherThanNew(TextConverter):
    """The id of a station, unless the form of a new one stands under its path."""

    def to_url(self, value: str) -> str:
        """Write the id into a path."""
        if value == "new":
            raise ValidationError
        return super().to_url(value)


def _know_converter(state: Any) -> None:
    state.app.url_map.converters["station"] = OtherThanNew


area = Area("stations")
area.record_once(_know_converter)

PER_PAGE = 50
LAST_COMMANDS, LAST_MESSAGES = 5, 10
LONG = 3600  # seconds a browser may keep a picture


@area.shows("/stations", Role.VIEWER)
def listing() -> Any:
    """List stations."""
    form = StationFilter()
    sort = request.args.get("sort") or "name"
    page = station_lists.page(PER_PAGE, request.args.get("cursor"), sort=sort, **form.wanted())
    return render_template(
        "stations/list.html",
        page=page,
        sort=sort,
        filters=form,
        connectors=connector_records.of_stations([station.id for station in page.items]),
        waiting=quarantine.count(),
        endpoint=station_urls.endpoint_url(),
    )


@area.shows("/stations/<station:station_id>", Role.VIEWER)
def show(station_id: str) -> Any:
    """Show a station with all that is known of it."""
    station = station_records.find(station_id)
    url = station_urls.websocket_url(station_id)
    return render_template(
        "stations/show.html",
        **_now(station_id),
        commands=[each for each in _offered(station) if _may_send(each)],
        url=url,
        has_qr=len(url) <= station_urls.LONGEST,
        events=sorted(names()),
    )


area.add_url_rule("/stations/<text:station_id>/station", "show")  # for the one called "new"


@area.shows("/stations/<text:station_id>/panel", Role.VIEWER)
def panel(station_id: str) -> Any:
    """Show what changes of a station's page while one looks at it."""
    return render_template("stations/panel.html", **_now(station_id))


@area.shows("/live/stations/<text:station_id>", Role.VIEWER)
def live(station_id: str) -> Any:
    """Tell whenever something happens at a station."""
    station_records.find(station_id)

    def wanted(event: events.Event) -> bool:
        return event.station_id == station_id

    return feed(wanted)


@area.shows("/stations/<text:station_id>/qr.svg", Role.VIEWER)
def qr(station_id: str) -> Any:
    """Draw the station's URL."""
    url = station_urls.websocket_url(station_id)
    if len(url) > station_urls.LONGEST:
        abort(404)
    response = Response(station_urls.qr_code(url), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = f"private, max-age={LONG}"
    return response


def _now(station_id: str) -> dict[str, Any]:
    now = clock.utcnow()
    current_app.extensions["ocpp_core"].message_log.flush()  # what was said a moment ago too
    entries = command_log.page(station_id, LAST_COMMANDS).items
    return {
        "panel": station_panels.of_station(station_id, now),
        "lines": command_results.lines(entries, now, dispatcher().timeout_s),
        "messages": message_log.page(station_id, LAST_MESSAGES).items,
        "outcomes": OUTCOMES,
        "now": now,
    }


def _offered(station: StationView) -> list[type[Command]]:
    dialects = command_offers.dialects_of(station)
    return [each for each in all_commands() if each.speaks(dialects)]


def _may_send(command: type[Command]) -> bool:
    known = visitor()
    return known is not None and known.may(command.permission)
