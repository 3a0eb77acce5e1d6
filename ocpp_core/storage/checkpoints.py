"""SQLite checkpoints outside the event loop: a native thread copies the WAL into the file."""

from __future__ import annotations

import logging
import sqlite3
import threading

from .. import green
from .sqlite import SqliteStore

log = logging.getLogger(__name__)
INTERVAL_S = 1.0


class Checkpoints:
    """A passive checkpoint each second, on a connection of its own."""

    def __init__(self, store: SqliteStore) -> None:
        self._path = store.database
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="checkpoints", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread after a last checkpoint, which empties the WAL if nobody is using it."""
        self._stop.set()
        self._thread.join(10)

    def _serve(self) -> None:
        connection = green.on_disk(self._connect)
        while not self._stop.wait(INTERVAL_S):
            green.on_disk(_checkpoint, connection, "PASSIVE")
        green.on_disk(_checkpoint, connection, "TRUNCATE")
        green.on_disk(connection.close)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)


def _checkpoint(connection: sqlite3.Connection, mode: str) -> None:
    try:
        connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    except sqlite3.Error as error:
        log.warning("checkpoint failed", extra={"reason": str(error)})
