"""Stations and their connectors, and what was said and done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import quote

import orjson
from flask import current_app
from pydantic import BaseModel, Field, field_validator

from ... import clock, green
from ...domain.roles import Role
from ...errors import AlreadyExists, NotFound
from ...services import connector_records, message_log, station_records
from ...services.paging import Page
from ...services.station_records import StationChanges, StationView
from .endpoints import Created, Listing, Routes
from .reading import Input, Line, Paging
from .values import Moment

routes = Routes("Stations")
BootStatus = Literal["Accepted", "Pending", "Rejected"]
Version = Literal["1.6", "2.0.1", "2.1"]


class StationEdit(Input):
    """What may be said of a station; what is absent stays as it is."""

    name: Line = Field(default="", description="for people")
    comment: str = Field(default="", max_length=10_000, description="may have several lines")
    username: Line | None = Field(
        default=None, description="user name of Basic authentication; null: the station's id"
    )
    password: str | None = Field(
        default=None,
        min_length=1,
        max_length=255,
        description="of Basic authentication, write only; null: no authentication",
        json_schema_extra={"writeOnly": True},
    )
    boot_status: BootStatus = Field(
        default="Accepted",
        description="what the next BootNotification is answered;"
        " Accepted also adopts a station from quarantine",
    )
    default_version: Version | None = Field(
        default=None, description="OCPP version of a station that offers no subprotocol"
    )
    cleans_tags: bool = Field(
        default=True, description="cut presented tags at their first underscore"
    )


class NewStation(StationEdit):
    """A station to be."""

    id: str = Field(description="what the station ends its URL with", min_length=1, max_length=255)


class Connector(BaseModel):
    """A connector as it was last reported; evse_id 0 is the station as a whole."""

    evse_id: int
    connector_id: int
    name: str
    status: str | None = Field(
        description="Available, Occupied, Reserved, Unavailable or Faulted; null: never reported"
    )
    ocpp_status: str | None = Field(description="as the station spelled it")
    error_code: str | None
    info: str | None
    vendor_id: str | None
    vendor_error_code: str | None
    status_at: Moment | None
    meter_wh: float | None
    power_w: float | None
    soc_percent: float | None
    meter_at: Moment | None


class Connectors(Listing[Connector]):
    """All connectors of a station."""


class Station(BaseModel):
    """A station: its record, and what it last said of itself."""

    id: str
    name: str
    comment: str
    username: str | None
    has_password: bool
    boot_status: BootStatus
    default_version: str | None
    cleans_tags: bool
    in_quarantine: bool
    created_at: Moment
    online: bool
    online_changed_at: Moment | None
    last_seen_at: Moment | None
    ocpp_version: str | None
    last_boot_at: Moment | None
    boot_reason: str | None
    vendor: str | None
    model: str | None
    serial_number: str | None
    box_serial_number: str | None
    firmware_version: str | None
    iccid: str | None
    imsi: str | None
    meter_type: str | None
    meter_serial_number: str | None
    firmware_status: str | None
    log_status: str | None
    connectors: list[Connector]


class Stations(Listing[Station]):
    """A page of stations, ordered by id."""


class StationQuery(Paging):
    """Which stations."""

    online: bool | None = Field(default=None, description="only those that are, or are not")
    in_quarantine: bool | None = Field(default=None, description="only those that wait, or do not")
    search: Line | None = Field(
        default=None, description="part of id, name, comment or serial number"
    )


class Message(BaseModel):
    """A CALL with its answer, or a text that was none."""

    id: int
    station_id: str
    direction: Literal["in", "out"] = Field(description="in: the station asked; out: we did")
    message_id: str
    action: str
    request: Any = Field(description="the payload; a string where it is no JSON")
    response: Any = Field(description="the payload of the answer, null without one")
    error_code: str | None = Field(description="of a CALLERROR, or why there was no answer")
    at: Moment
    latency_ms: float | None

    @field_validator("request", "response", mode="before")
    @classmethod
    def _content(cls, text: str | None) -> Any:
        """Show JSON as such; what a station sent may be anything."""
        if text is None:
            return None
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text


class Messages(Listing[Message]):
    """A page of messages, the newest first."""


class MessageQuery(Paging):
    """Which messages."""

    action: Line | None = Field(default=None, description="only those of this action")


@routes.get("/stations", Role.VIEWER, query=StationQuery, answer=Stations)
def list_stations(query: StationQuery) -> Page[Any]:
    """List stations."""
    found = station_records.page(**dict(query))
    return Page(tuple(_shown(found.items)), found.next)


@routes.post(
    "/stations",
    Role.ADMINISTRATOR,
    body=NewStation,
    answer=Station,
    status=201,
    fails=(AlreadyExists,),
)
def add_station(body: NewStation) -> Created:
    """Add a station."""
    values = body.given()
    station = station_records.add(values.pop("id"), StationChanges(**values), clock.utcnow())
    return Created(_shown([station])[0], f"/api/v1/stations/{quote(station.id, safe='')}")


@routes.get("/stations/{station_id}", Role.VIEWER, answer=Station, fails=(NotFound,))
def get_station(station_id: str) -> dict[str, Any]:
    """Show a station."""
    return _shown([station_records.find(station_id)])[0]


@routes.patch(
    "/stations/{station_id}",
    Role.ADMINISTRATOR,
    body=StationEdit,
    answer=Station,
    fails=(NotFound,),
)
def edit_station(station_id: str, body: StationEdit) -> dict[str, Any]:
    """Change a station."""
    changes = StationChanges(**body.given())
    return _shown([station_records.edit(station_id, changes, clock.utcnow())])[0]


@routes.delete("/stations/{station_id}", Role.ADMINISTRATOR, fails=(NotFound,))
def remove_station(station_id: str) -> None:
    """Remove a station.

    Its transactions and their meter values are kept.
    """
    station_records.remove(station_id, clock.utcnow())


@routes.get("/stations/{station_id}/connectors", Role.VIEWER, answer=Connectors, fails=(NotFound,))
def list_connectors(station_id: str) -> Page[Any]:
    """List the connectors of a station, all on one page."""
    return Page(station_records.connectors(station_id), None)


@routes.get(
    "/stations/{station_id}/messages",
    Role.VIEWER,
    query=MessageQuery,
    answer=Messages,
    fails=(NotFound,),
)
def list_messages(station_id: str, query: MessageQuery) -> Page[Any]:
    """List what a station and the server said, the newest first.

    How much is kept, and for how long, are settings of the server.
    """
    station_records.find(station_id)
    current_app.extensions["ocpp_core"].message_log.flush()  # what was said a moment ago too
    return message_log.page(station_id, **dict(query))


def _shown(stations: Sequence[StationView]) -> list[dict[str, Any]]:
    """Return stations with their connectors."""
    green.breathe()  # a thousand of them took their time
    connectors = connector_records.of_stations([station.id for station in stations])
    return [
        {name: getattr(station, name) for name in StationView.__dataclass_fields__}
        | {"connectors": connectors[station.id]}
        for station in stations
    ]
