"""Whether the database answers."""

from __future__ import annotations

from ..models.base import database
from ..storage.writer import reading


@reading
def check_database() -> None:
    """Ask the database for nothing. Raises StorageUnavailable when it cannot be reached."""
    database.execute_sql("SELECT 1")
