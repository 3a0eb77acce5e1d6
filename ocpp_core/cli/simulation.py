"""`flask simulate`: stations that boot, charge and obey, registered here first."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from .. import clock
from ..domain import credentials
from ..services import station_records, tags
from ..services.station_records import StationChanges
from ..services.tags import TagChanges
from ..storage.writer import unit_of_work
from .base import command, opened, settings

if TYPE_CHECKING:
    from ..simulator import Options

LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
PATH = "/OCPP"
TAG = "SIMTAG"
BATCH = 200  # stations registered with one commit


@command("simulate")
@click.option("--stations", default=1, show_default=True, help="How many.")
@click.option("--version", default="1.6", show_default=True, help="1.6, 2.0.1 or 2.1.")
@click.option("--url", default="ws://127.0.0.1:8081/OCPP", show_default=True)
@click.option("--connectors", default=2, show_default=True, help="Per station.")
@click.option("--speed", default=1.0, show_default=True, help="60: an hour takes a minute.")
@click.option("--duration", type=float, help="Seconds; otherwise until Ctrl-C.")
@click.option("--prefix", default="SIM", show_default=True, help="Ids are <prefix>0001, ...")
@click.option("--tag", default=TAG, show_default=True, help="What drivers present.")
@click.option("--seed", type=int, help="Repeat a run's cars, curves and pauses.")
@click.option("--journal", type=click.Path(path_type=Path), help="File for answered starts, stops.")
@click.option(
    "--register/--no-register",
    default=None,
    help="Record stations with new passwords, and the tag; default: when the URL is local.",
)
def simulate(url: str, register: bool | None, tag: str, **options: Any) -> None:
    """Run stations that boot, charge and obey commands, until Ctrl-C."""
    from ..simulator import run  # noqa: PLC0415 - this command alone needs it

    url = url if urlsplit(url).path.strip("/") else url.rstrip("/") + PATH
    wanted = _options(url=url, tags=(tag,), **options)
    if register or (register is None and urlsplit(url).hostname in LOCAL):
        wanted = _registered(wanted)
    run(wanted)


def _options(*, duration: float | None, journal: Path | None, **options: Any) -> Options:
    from ..simulator import Options  # noqa: PLC0415 - this command alone needs it

    return Options(duration_s=duration, on_answered=journal, **options)


def _registered(wanted: Options) -> Options:
    """Record stations and tags; where a tag charges once at a time, each connector gets its own."""
    (tag,) = wanted.tags
    if settings().deny_concurrent_tx:
        count = wanted.stations * wanted.connectors
        wanted = dataclasses.replace(
            wanted, tags=tuple(f"{tag}{number:04d}" for number in range(1, count + 1))
        )
    passwords = {station_id: credentials.generate() for station_id in wanted.station_ids}
    with opened():
        for batch in _batches(list(passwords.items())):
            _add_stations(dict(batch))
        for batch in _batches(list(wanted.tags)):
            _add_tags(batch)
    click.echo(f"registered {len(passwords)} stations and {len(wanted.tags)} tags", err=True)
    return dataclasses.replace(wanted, credentials=passwords)


def _batches(items: list[Any]) -> list[list[Any]]:
    return [items[start : start + BATCH] for start in range(0, len(items), BATCH)]


@unit_of_work
def _add_stations(passwords: Mapping[str, str]) -> None:
    now = clock.utcnow()
    for station_id, password in passwords.items():  # random passwords: their hash is cheap
        changes = StationChanges(password=password, username=None)
        station_records.add_or_edit(station_id, changes, now)


@unit_of_work
def _add_tags(tag_ids: list[str]) -> None:
    now = clock.utcnow()
    for tag_id in tag_ids:
        changes = TagChanges(name="Simulator", blocked=False, expires_at=None)
        tags.add_or_edit(tag_id, changes, now)
