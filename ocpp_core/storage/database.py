"""Opening the database that the URL names: SQLite (WAL) or PostgreSQL, with pooled connections.

Connections are read-only; the writer alone makes its own writable. So a query that changes rows
outside a unit of work fails instead of slipping past the writer.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import peewee
from playhouse.migrations import Runner
from playhouse.pool import (
    MaxConnectionsExceeded,
    PooledPostgresqlDatabase,
    PooledSqliteDatabase,
)

from .. import clock, green
from ..errors import ConfigurationError
from ..models.base import database as proxy

MIGRATIONS = Path(__file__).parent.parent / "models" / "migrations"
MIGRATION_LOCK = 0x0C99C02E  # key of the advisory lock in PostgreSQL
TROUBLE = (peewee.PeeweeException, MaxConnectionsExceeded)  # what a database may raise
translated = peewee.__exception_wrapper__  # type: ignore[attr-defined] # drivers' errors, as peewee's

BUSY_MS, WRITER_BUSY_MS = 200, 10  # SQLite waits for a lock in C and holds up everybody

# What SQLite says when trying again later may help; all else is a mistake of ours.
_SQLITE_PASSING = ("locked", "busy", "full", "disk i/o", "unable to open")
# SQLSTATE of PostgreSQL that pass: connection, rollback, resources, locks, intervention, system.
_POSTGRESQL_PASSING = ("08", "40", "53", "55P03", "57", "58")
# Those that another connection may mend: connection, intervention, and a server that became a
# standby, which goes on reading while the same name leads to the new primary.
_POSTGRESQL_CONNECTION = ("08", "57", "25006")


def _to_sqlite(moment: datetime) -> int | str:
    """Aware moments are ours; naive ones stand in the history of migrations."""
    return clock.to_milliseconds(moment) if moment.tzinfo else moment.isoformat(" ")


sqlite3.register_adapter(datetime, _to_sqlite)


class SqliteStore(PooledSqliteDatabase):
    """SQLite in a file: one writer, many readers."""

    writers = 1
    placeholder = "?"

    def make_writable(self, writable: bool = True) -> None:
        """Allow or forbid writing on this thread's connection."""
        self.execute_sql(f"PRAGMA query_only={'OFF' if writable else 'ON'}")

    def open_writing(self) -> None:
        """Open this thread's connection for the writer, which waits for locks outside of C."""
        self.connect()
        self.make_writable()
        self.execute_sql(f"PRAGMA busy_timeout={WRITER_BUSY_MS}")

    def begin_writing(self) -> None:
        """Begin the transaction that a batch of units shares, taking the write lock at once."""
        self.execute_sql("BEGIN IMMEDIATE")

    def commit_writing(self) -> None:
        """Commit in a native thread, since it waits for the disk, while other threads run."""
        with translated:
            green.on_disk(self.connection().execute, "COMMIT")

    def roll_back(self) -> None:
        """Undo what was begun; some failures have done so already."""
        if self.connection().in_transaction:
            self.execute_sql("ROLLBACK")

    def lock(self, name: str) -> None:
        """Nothing to do: only one unit of work runs at a time."""

    @staticmethod
    def is_passing(error: Exception) -> bool:
        """Tell whether the same may succeed later."""
        if isinstance(error, MaxConnectionsExceeded):
            return True
        text = str(error).lower()
        return isinstance(error, peewee.OperationalError) and any(
            sign in text for sign in _SQLITE_PASSING
        )

    @staticmethod
    def wants_connection(error: Exception) -> bool:
        """Tell whether writing may succeed on a new connection: a file stays the same."""
        return False

    @contextmanager
    def migration_lock(self) -> Iterator[None]:
        """Let one process at a time bring the tables up to date."""
        handle = os.open(f"{self.database}.lock", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


class PostgresqlStore(PooledPostgresqlDatabase):
    """PostgreSQL: a few writers, each with the stations that hash to it."""

    writers = 4
    placeholder = "%s"

    def make_writable(self, writable: bool = True) -> None:
        """Allow or forbid writing on this thread's connection."""
        self.execute_sql(f"SET default_transaction_read_only = {'off' if writable else 'on'}")

    def open_writing(self) -> None:
        """Open this thread's connection for the writer."""
        self.connect()
        self.make_writable()

    def begin_writing(self) -> None:
        """Begin the transaction that a batch of units shares."""
        self.execute_sql("BEGIN")

    def commit_writing(self) -> None:
        """Commit; the wait for the server is a green one."""
        self.execute_sql("COMMIT")

    def roll_back(self) -> None:
        """Undo what was begun; without a transaction PostgreSQL only warns."""
        self.execute_sql("ROLLBACK")

    def lock(self, name: str) -> None:
        """Hold what `name` stands for until the transaction ends, over all nodes."""
        self.execute_sql("SELECT pg_advisory_xact_lock(hashtext(%s))", (name,))

    @staticmethod
    def is_passing(error: Exception) -> bool:
        """Tell whether the same may succeed later: connection lost, deadlock, restart."""
        if isinstance(error, peewee.InterfaceError | MaxConnectionsExceeded):
            return True
        state = _sqlstate(error)
        if isinstance(error, peewee.OperationalError) and not state:
            return True  # the connection broke: the server sent no state
        return state.startswith(_POSTGRESQL_PASSING)

    @staticmethod
    def wants_connection(error: Exception) -> bool:
        """Tell whether writing may succeed on a new connection."""
        return _sqlstate(error).startswith(_POSTGRESQL_CONNECTION)

    @contextmanager
    def migration_lock(self) -> Iterator[None]:
        """Let one process at a time bring the tables up to date."""
        self.execute_sql("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
        try:
            yield
        finally:
            self.execute_sql("SELECT pg_advisory_unlock(%s)", (MIGRATION_LOCK,))


Store = SqliteStore | PostgresqlStore


def connect(url: str) -> Store:
    """Make the store that `url` names and bind the models to it; opens no connection yet."""
    store = _sqlite(url) if url.startswith("sqlite:") else _postgresql(url)
    proxy.initialize(store)
    return store


def upgrade(store: Store) -> list[str]:
    """Run the missing migrations in order under a lock; returns their names.

    Raises ConfigurationError when the database cannot be opened at all, or is newer than this.
    """
    try:
        with store.connection_context():
            store.make_writable()
            try:
                with store.migration_lock():
                    return list(_migrations(store).up())
            finally:
                store.make_writable(False)
    except (peewee.OperationalError, peewee.InterfaceError, OSError) as error:
        raise ConfigurationError(f"database cannot be opened: {_first_line(error)}") from error
    except peewee.DatabaseError as error:
        if type(error) is not peewee.DatabaseError:
            raise  # a mistake in a migration
        raise ConfigurationError(f"database cannot be opened: {_first_line(error)}") from error


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


def _sqlite(url: str) -> SqliteStore:
    path = url.removeprefix("sqlite:///")
    try:
        Path(path).parent.mkdir(0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"database folder cannot be made: {error}") from error
    _make_private(path)
    return SqliteStore(
        path,
        max_connections=50,
        timeout=10,
        autoconnect=False,
        check_same_thread=False,  # a commit runs in a native thread
        cached_statements=512,
        pragmas=(
            ("busy_timeout", BUSY_MS),
            ("journal_mode", "WAL"),
            ("synchronous", "FULL"),  # an answered message survives a power cut
            ("wal_autocheckpoint", 0),  # checkpoints.py does it outside the event loop
            ("foreign_keys", "ON"),
            ("temp_store", "MEMORY"),
            ("cache_size", -16384),
            ("query_only", "ON"),
        ),
        field_types={"MOMENT": "INTEGER"},
    )


def _make_private(path: str) -> None:
    """Make a missing file that only its owner may read; SQLite gives `-wal` and `-shm` its mode."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return  # and not opened: closing it would drop the locks of this process
    except OSError as error:
        raise ConfigurationError(f"database cannot be opened: {error}") from error


def _postgresql(url: str) -> PostgresqlStore:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    options = ["-c timezone=UTC -c default_transaction_read_only=on", query.pop("options", "")]
    arguments: dict[str, Any] = {
        "host": parts.hostname,
        "port": parts.port,
        "user": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "connect_timeout": 10,
        "options": " ".join(options).strip(),
        **query,
    }
    return PostgresqlStore(
        unquote(parts.path.lstrip("/")) or "postgres",
        prefer_psycopg3=True,
        max_connections=40,
        timeout=10,
        stale_timeout=600,
        autoconnect=False,
        field_types={"MOMENT": "TIMESTAMPTZ"},
        **{name: value for name, value in arguments.items() if value is not None},
    )


def _sqlstate(error: Exception) -> str:
    origin = getattr(error, "orig", None)  # peewee wraps what the driver raised
    return getattr(origin, "sqlstate", None) or ""


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
