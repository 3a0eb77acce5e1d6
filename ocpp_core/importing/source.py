"""An OCPP.Core database in SQLite, opened so that nothing of it changes."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import InvalidInput

CHUNK = 1000
Row = dict[str, Any]

# Columns that older or laxer schemas may lack are read as null.
COLUMNS = {
    "ChargePoint": (
        "ChargePointId",
        "Name",
        "Comment",
        "Username",
        "Password",
        "ClientCertThumb",
    ),
    "ChargeTags": ("TagId", "TagName", "ParentTagId", "ExpiryDate", "Blocked"),
    "ConnectorStatus": (
        "ChargePointId",
        "ConnectorId",
        "ConnectorName",
        "LastStatus",
        "LastStatusTime",
        "LastMeter",
        "LastMeterTime",
    ),
    "Transactions": (
        "TransactionId",
        "Uid",
        "ChargePointId",
        "ConnectorId",
        "StartTagId",
        "StartTime",
        "MeterStart",
        "StopTagId",
        "StopTime",
        "MeterStop",
        "StopReason",
    ),
}
REQUIRED = {
    "ChargePoint": {"ChargePointId"},
    "ChargeTags": {"TagId"},
    "Transactions": {"TransactionId", "ChargePointId", "ConnectorId", "StartTime", "MeterStart"},
}
_HEADER = b"SQLite format 3\0"
_WAL = 2  # the file format's read version, byte 19


class Source:
    """The tables of an OCPP.Core database."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._columns = {table: self._columns_of(table) for table in COLUMNS}
        for table, needed in REQUIRED.items():
            if not needed <= self._columns[table]:
                raise InvalidInput(f"{name} is no database of OCPP.Core: it lacks {table}")

    def rows(self, table: str, order: str, more: str = "") -> Iterator[list[Row]]:
        """Yield the rows of a table, a thousand at a time; `more` are columns made by SQL."""
        known = self._columns[table]
        if not known:
            return
        names = [name if name in known else f"NULL AS {name}" for name in COLUMNS[table]]
        select = f"SELECT {', '.join(names)}{more} FROM {table} ORDER BY {order}"  # noqa: S608
        try:
            cursor = self._connection.execute(select)
            titles = [column[0] for column in cursor.description]
            while chunk := cursor.fetchmany(CHUNK):
                yield [dict(zip(titles, row, strict=True)) for row in chunk]
        except sqlite3.Error as error:
            raise InvalidInput(f"{self._name} cannot be read: {error}") from error

    def _columns_of(self, table: str) -> set[str]:
        try:
            found = self._connection.execute(f"PRAGMA table_info({table})").fetchall()
        except sqlite3.Error as error:
            raise InvalidInput(f"{self._name} cannot be read: {error}") from error
        present = {str(row[1]).lower() for row in found}
        return {name for name in COLUMNS[table] if name.lower() in present}


@contextlib.contextmanager
def opened(file: Path) -> Iterator[Source]:
    """Open the database. Raises InvalidInput when the file is none of OCPP.Core's."""
    with contextlib.ExitStack() as stack:
        connection = _connect(file, _header(file), stack)
        connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        yield Source(connection, str(file))


def _header(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            header = stream.read(20)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from error
    if not header.startswith(_HEADER):
        raise InvalidInput(f"{file} is no SQLite database")
    return header


def _connect(file: Path, header: bytes, stack: contextlib.ExitStack) -> sqlite3.Connection:
    """Open the file where it lies, or a copy where only writing beside it would help.

    A database in WAL mode wants to make files beside it, except while OCPP.Core has it open and
    they are there, or when it is declared immutable.
    """
    journal, wal, shm = (Path(f"{file}{end}") for end in ("-journal", "-wal", "-shm"))
    is_closed = not (_has_content(wal) or shm.exists())
    try:
        if _has_content(journal) or (_has_content(wal) and not shm.exists()):
            return _open_copy(file, stack)  # left behind by a crash
        mode = "immutable=1" if header[18] == _WAL and is_closed else "mode=ro"
        try:
            return _open(f"{file.resolve().as_uri()}?{mode}", stack)
        except sqlite3.OperationalError:
            return _open_copy(file, stack)
    except (sqlite3.Error, OSError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}") from error


def _open(uri: str, stack: contextlib.ExitStack) -> sqlite3.Connection:
    connection = stack.enter_context(contextlib.closing(sqlite3.connect(uri, uri=True, timeout=10)))
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return connection


def _open_copy(file: Path, stack: contextlib.ExitStack) -> sqlite3.Connection:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ocpp-core-")))
    for end in ("", "-wal", "-journal"):
        part = Path(f"{file}{end}")
        if part.exists():
            shutil.copyfile(part, folder / f"copy{end}")
    return _open((folder / "copy").as_uri(), stack)


def _has_content(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0
