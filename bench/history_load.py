"""Loads rows quickly into a fresh SQLite file or PostgreSQL database: indexes come afterwards."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import peewee
import psycopg
from psycopg import sql

from ocpp_core.models.base import MomentField
from ocpp_core.storage import database

from .history import Row, Table

AT_ONCE = 20_000  # rows
MEMORY = "1GB"  # for making an index


def prepare(url: str) -> None:
    """Make the tables of a fresh database."""
    store = database.connect(url)
    database.upgrade(store)
    store.close_all()  # type: ignore[no-untyped-call]  # in the stubs


def load(url: str, tables: Iterable[Table]) -> dict[str, int]:
    """Fill the tables of a prepared database; returns how many rows each got."""
    return (_into_sqlite if url.startswith("sqlite:") else _into_postgresql)(url, tables)


def _into_sqlite(url: str, tables: Iterable[Table]) -> dict[str, int]:
    counts = {}
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as db:
        for pragma in ("synchronous=OFF", "cache_size=-500000", "temp_store=MEMORY"):
            db.execute(f"PRAGMA {pragma}")
        for table in tables:
            name = _name(table)
            wanted = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ?"
            found = db.execute(wanted + " AND sql IS NOT NULL", (name,)).fetchall()
            _run(db, [f'DROP INDEX "{index}"' for index, _ in found])
            columns, rest = _columns(table)
            places = ", ".join("?" * len(columns))
            insert = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608
            db.execute("BEGIN")
            done = db.executemany(insert, (row + rest for row in table.rows))
            db.execute("COMMIT")
            counts[name] = done.rowcount
            _run(db, [made for _, made in found])
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return counts


def _run(db: sqlite3.Connection, statements: Sequence[str]) -> None:
    for statement in statements:
        db.execute(statement)


def _into_postgresql(url: str, tables: Iterable[Table]) -> dict[str, int]:
    counts = {}
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("SET synchronous_commit = off")
        db.execute(f"SET maintenance_work_mem = '{MEMORY}'")
        for table in tables:
            name = _name(table)
            found = db.execute(INDEXES, (name,)).fetchall()
            for index, _ in found:
                db.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index)))
            counts[name] = _copy(db, table)
            for _, made in found:
                db.execute(made)
            _move_sequence(db, name)
        db.execute("VACUUM ANALYZE")  # as autovacuum does in time
    return counts


INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s
AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""


def _copy(db: psycopg.Connection[Any], table: Table) -> int:
    columns, rest = _columns(table)
    moments = [n for n, each in enumerate(columns) if isinstance(_field(table, each), MomentField)]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(_name(table)), names)
    count = 0
    with db.cursor() as cursor, cursor.copy(statement) as copy:
        for lines in _bites(_line(row + rest, moments) for row in table.rows):
            copy.write("".join(lines))
            count += len(lines)
    return count


def _line(row: Row, moments: Sequence[int]) -> str:
    values = list(row)
    for place in moments:
        if values[place] is not None:
            values[place] = datetime.fromtimestamp(values[place] / 1000, UTC).isoformat()
    return "\t".join(["\\N" if value is None else str(value) for value in values]) + "\n"


def _bites(lines: Iterator[str]) -> Iterator[list[str]]:
    while bite := list(itertools.islice(lines, AT_ONCE)):
        yield bite


def _move_sequence(db: psycopg.Connection[Any], table: str) -> None:
    """Let new rows be numbered after those that were loaded."""
    found = db.execute(SEQUENCE, (table,)).fetchone()
    if found is not None and found[0] is not None:
        highest = sql.SQL("SELECT setval({}, (SELECT coalesce(max(id), 1) FROM {}))")
        db.execute(highest.format(sql.Literal(found[0]), sql.Identifier(table)))


SEQUENCE = """
SELECT pg_get_serial_sequence(table_name, 'id') FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = %s AND column_name = 'id'
"""


def _name(table: Table) -> str:
    return str(table.model._meta.table_name)


def _field(table: Table, column: str) -> peewee.Field:
    field: peewee.Field = table.model._meta.columns[column]
    return field


def _columns(table: Table) -> tuple[list[str], Row]:
    """Return all columns, those with a default last, and these defaults."""
    named = set(table.columns)
    others = [field for field in table.model._meta.sorted_fields if field.column_name not in named]
    rest = tuple(None if callable(field.default) else field.default for field in others)
    return [*table.columns, *(field.column_name for field in others)], rest
