"""PostgreSQL, with pooled connections that only read until a writer takes one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import peewee
from playhouse.pool import MaxConnectionsExceeded, PooledPostgresqlDatabase

MIGRATION_LOCK = 0x0C99C02E  # key of an advisory lock

# A server that vanishes without a word is noticed within half a minute, not a quarter of an hour.
_NOTICE_LOSS = {
    "keepalives_idle": 10,  # seconds
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,  # milliseconds
}
# SQLSTATE that pass: connection, rollback, resources, locks, intervention, system.
_PASSING = ("08", "40", "53", "55P03", "57", "58")
# Those that another connection may mend: connection, intervention, and a server that became a
# standby, which goes on reading while the same name leads to the new primary.
_CONNECTION = ("08", "57", "25006")


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
        return state.startswith(_PASSING)

    @staticmethod
    def wants_connection(error: Exception) -> bool:
        """Tell whether writing may succeed on a new connection."""
        return _sqlstate(error).startswith(_CONNECTION)

    @contextmanager
    def migrating(self) -> Iterator[None]:
        """Open a writable connection to bring the tables up to date, one process at a time."""
        with self.connection_context():
            self.make_writable()
            self.execute_sql("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
            try:
                yield
            finally:
                self.execute_sql("SELECT pg_advisory_unlock(%s)", (MIGRATION_LOCK,))
                self.make_writable(False)


def open_postgresql(url: str) -> PostgresqlStore:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    options = ["-c timezone=UTC -c default_transaction_read_only=on", query.pop("options", "")]
    arguments: dict[str, Any] = {
        "host": parts.hostname,
        "port": parts.port,
        "user": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "connect_timeout": 10,
        **_NOTICE_LOSS,
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
