"""`flask settings` and `flask messages`."""

from __future__ import annotations

import click

from .. import config
from .base import command, table


@command("settings")
def settings() -> None:
    """List all settings with value, source and help; secrets are masked."""
    rows = [
        (each.variable, each.value or "(empty)", each.source, each.help)
        for each in config.listing()
    ]
    table(rows, ("SETTING", "VALUE", "SOURCE", "MEANING"))


@command("messages")
@click.option("--version", type=click.Choice(["1.6", "2.0.1", "2.1"]), help="Only this one.")
def messages(version: str | None) -> None:
    """List every OCPP message: version, direction, and what handles or sends it."""
    from .message_list import listing  # noqa: PLC0415 - loads all versions, which takes a while

    rows = [row for row in listing() if version in (None, row[0])]
    table(rows, ("OCPP", "DIRECTION", "MESSAGE", "HANDLED BY"))
