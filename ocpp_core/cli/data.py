"""`flask db` and `flask import-ocpp-core`."""

from __future__ import annotations

from pathlib import Path

import click

from .. import clock
from ..storage import database
from .base import command, group, migrations, opened, store_alone, table

db = group("db", "The tables of the database.")


@db.command("upgrade")
def upgrade() -> None:
    """Bring the tables up to date; the server does so itself when it starts."""
    with store_alone() as store:
        applied = database.upgrade(store)
        for name in applied:
            click.echo(f"applied {name}")
        if not applied:
            click.echo("the database is up to date")


@db.command("status")
def status() -> None:
    """Show which migrations are applied."""
    with store_alone() as store:
        rows = [(name, str(at)[:19] if at else "pending") for name, at in migrations(store)]
        table(rows, ("MIGRATION", "APPLIED"))


@command("import-ocpp-core")
@click.argument("file", type=click.Path(path_type=Path))
def import_ocpp_core(file: Path) -> None:
    """Take over stations, tags, connectors and transactions of OCPP.Core's SQLite FILE.

    The file is only read. What is there already stays as it is, so it can be run again.
    """
    from ..importing import take_over  # noqa: PLC0415 - this command alone needs it

    with opened():
        click.echo(str(take_over(file, clock.utcnow())))
