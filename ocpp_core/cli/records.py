"""`flask station` and `flask tag`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import click

from .. import clock
from ..services import station_records, tags
from ..services.changes import UNSET
from ..services.paging import HIGHEST_LIMIT
from ..services.station_records import StationChanges, StationView
from ..services.tags import TagChanges
from .base import Refusal, group, opened, table

NEVER = "never"

stations = group("station", "Charging stations.")
charge_tags = group("tag", "Charge tags.")


@stations.command("add")
@click.argument("station_id", metavar="ID")
@click.option("--name", help="Shown beside the id.")
@click.option("--username", help="Of HTTP Basic; without it the id.")
@click.option("--password", help="Without one ever given, the id alone lets a station in.")
def add_station(station_id: str, **options: str | None) -> None:
    """Add a station, or change the one with this id; what is not given stays as it is."""
    with opened():
        changes = StationChanges(**_given(options))
        view, created = station_records.add_or_edit(station_id, changes, clock.utcnow())
        note = "" if view.has_password else " (no password: its id alone lets it in)"
        click.echo(f"station {view.id} {_what(created)}{note}")


@stations.command("list")
def list_stations() -> None:
    """List all stations."""
    with opened():
        head = ("ID", "NAME", "STATE", "OCPP", "LAST SEEN", "MODEL")
        table((_row(view) for view in _all_stations()), head)


@stations.command("remove")
@click.argument("station_id", metavar="ID")
def remove_station(station_id: str) -> None:
    """Remove a station; its transactions stay."""
    with opened():
        station_records.remove(station_id, clock.utcnow())
        click.echo(f"station {station_id} removed")


@charge_tags.command("add")
@click.argument("tag_id", metavar="TAG")
@click.option("--name", help="Whose it is.")
@click.option("--group", help="Tags of a group may stop each other's transactions.")
@click.option("--expires", metavar="DATE", help="Last valid day, as 2027-01-31, or `never`.")
@click.option("--blocked/--no-blocked", default=None, help="Refuse the tag, or accept it again.")
def add_tag(tag_id: str, expires: str | None, **options: Any) -> None:
    """Add a tag, or change the one with this id; what is not given stays as it is."""
    expires_at = UNSET if expires is None else _expiry(expires)
    with opened():
        changes = TagChanges(**_given(options), expires_at=expires_at)
        view, created = tags.add_or_edit(tag_id, changes, clock.utcnow())
        click.echo(f"tag {view.id} {_what(created)}")


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _what(created: bool) -> str:
    return "added" if created else "updated"


def _expiry(text: str) -> date | datetime | None:
    if text.strip().lower() == NEVER:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        pass
    try:
        return clock.parse(text)
    except ValueError as error:
        raise Refusal(f"--expires {text!r} is no date: write it as 2027-01-31") from error


def _all_stations() -> Iterator[StationView]:
    cursor: str | None = None
    while True:
        page = station_records.page(HIGHEST_LIMIT, cursor)
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def _row(view: StationView) -> tuple[str, ...]:
    state = "quarantine" if view.in_quarantine else "online" if view.online else "offline"
    seen = clock.wire(view.last_seen_at) if view.last_seen_at else "never"
    model = " ".join(part for part in (view.vendor, view.model) if part)
    return (view.id, view.name, state, view.ocpp_version or "", seen, model)
