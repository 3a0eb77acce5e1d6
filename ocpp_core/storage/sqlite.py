"""SQLite in a file (WAL), with pooled connections that only read until the writer takes one."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import peewee
from playhouse.pool import MaxConnectionsExceeded, PooledSqliteDatabase

from .. import clock, green
from ..errors import ConfigurationError
from .failures import translated

BUSY_MS, WRITER_BUSY_MS = 200, 10  # SQLite waits for a lock in C and holds up everybody

# What SQLite says when trying again later may help; all else is a mistake of ours.
_PASSING = ("locked", "busy", "full", "disk i/o", "unable to open")


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
        return isinstance(error, peewee.OperationalError) and any(sign in text for sign in _PASSING)

    @staticmethod
    def wants_connection(error: Exception) -> bool:
        """Tell whether writing may succeed on a new connection: a file stays the same."""
        return False

    @contextmanager
    def migrating(self) -> Iterator[None]:
        """Open a writable connection to bring the tables up to date, one process at a time.

        The lock comes before the connection: the first one makes the file a WAL file, and has to
        be alone with it.
        """
        handle = os.open(f"{self.database}.lock", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            with self.connection_context():
                self.make_writable()
                try:
                    yield
                finally:
                    self.make_writable(False)
        finally:
            os.close(handle)


def open_sqlite(url: str) -> SqliteStore:
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
