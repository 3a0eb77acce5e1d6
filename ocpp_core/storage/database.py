"""Opening the database that the URL names, and bringing its tables up to date.

Connections are read-only; the writer alone makes its own writable. So a query that changes rows
outside a unit of work fails instead of slipping past the writer.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import peewee
from playhouse.migrations import Runner

from ..errors import ConfigurationError
from ..models.base import database as proxy
from .failures import first_line
from .postgresql import PostgresqlStore, open_postgresql
from .sqlite import SqliteStore, open_sqlite

MIGRATIONS = Path(__file__).parent.parent / "models" / "migrations"

Store = SqliteStore | PostgresqlStore


def connect(url: str) -> Store:
    """Make the store that `url` names and bind the models to it; opens no connection yet."""
    store = open_sqlite(url) if url.startswith("sqlite:") else open_postgresql(url)
    proxy.initialize(store)
    return store


def upgrade(store: Store) -> list[str]:
    """Run the missing migrations in order under a lock; returns their names.

    Raises ConfigurationError when the database cannot be opened at all, or is newer than this.
    """
    try:
        with store.migrating():
            return list(_migrations(store).up())
    except (peewee.OperationalError, peewee.InterfaceError, OSError) as error:
        raise ConfigurationError(f"database cannot be opened: {first_line(error)}") from error
    except peewee.DatabaseError as error:
        if type(error) is not peewee.DatabaseError:
            raise  # a mistake in a migration
        raise ConfigurationError(f"database cannot be opened: {first_line(error)}") from error


def status(store: Store) -> list[tuple[str, datetime | None]]:
    """Return all migrations in order with the moment each was applied (None: pending).

    Raises ConfigurationError when the database is newer than this program.
    """
    with store.connection_context():
        return [(m.name, m.applied) for m in _migrations(store).status()]


def disconnect(store: Store) -> None:
    """Close all connections, those of other threads too."""
    store.close_all()


def _migrations(store: Store) -> Runner:
    """Return what runs the migrations, unless some were applied that are unknown here."""
    runner = Runner(store, str(MIGRATIONS))
    unknown = [each.name for each in runner.status() if each.path is None]
    if unknown:
        raise ConfigurationError(f"the database is newer than this program: {unknown[-1]}")
    return runner
