"""The stream of events."""

from __future__ import annotations

from typing import Annotated

from flask import Response, current_app, request
from pydantic import AfterValidator, BeforeValidator, Field

from ... import events
from ...domain.roles import Role
from ..live_events import LiveEvents, names
from .endpoints import Routes
from .reading import Input, Line

routes = Routes("Events")
EXTENSION = "ocpp_core.live_events"


def _split(given: str | list[str]) -> list[str]:
    """Take names one by one, or separated by commas."""
    texts = [given] if isinstance(given, str) else given
    return [name.strip() for text in texts for name in text.split(",") if name.strip()]


def _known(wanted: list[str]) -> list[str]:
    unknown = sorted(set(wanted) - names())
    if unknown:
        raise ValueError(f"no event {unknown[0][:50]}; there are {', '.join(sorted(names()))}")
    return wanted


class EventQuery(Input):
    """Which events."""

    station_id: Line | None = Field(default=None, description="only those of this station")
    names: Annotated[list[str], BeforeValidator(_split), AfterValidator(_known)] = Field(
        default=[], description="only these, separated by commas, for example TransactionStarted"
    )


@routes.get("/events", Role.VIEWER, query=EventQuery, media_type="text/event-stream")
def stream_events(query: EventQuery) -> Response:
    """Listen to what happens, as server-sent events.

    Each has a name and one line of JSON with the same name as `event`, `station_id`, `at` and the
    fields of the event. The first is `hello`; `lagged` tells how many were `lost` because they
    were not read in time; a comment every 15 seconds keeps the stream open.
    """
    wanted_names = frozenset(query.names)

    def wanted(event: events.Event) -> bool:
        return (query.station_id in (None, event.station_id)) and (
            not wanted_names or event.name in wanted_names
        )

    live: LiveEvents = current_app.extensions[EXTENSION]
    content = live.stream(wanted) if request.method == "GET" else None
    response = Response(content, mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"  # nginx would wait until its buffer is full
    return response
