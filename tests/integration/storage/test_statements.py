"""Statements made once, which run on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import peewee
import pytest

from ocpp_core.storage import writer
from ocpp_core.storage.database import SqliteStore
from ocpp_core.storage.statements import Statement

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
INSERT = Statement(
    "INSERT INTO tags (id, folded, name, blocked, created_at) VALUES (?, ?, ?, ?, ?)"
)
NAME = Statement("SELECT name FROM tags WHERE id = ?")
COUNT = Statement("SELECT count(*) FROM tags")


def run(function):
    """Run something as a unit of work."""
    return writer.current().run(function)


def rows(number, name="N"):
    return [(f"T{n}", f"t{n}", name, False, NOW) for n in range(number)]


@writer.reading
def name_of(tag):
    return NAME.row(tag)


@writer.reading
def count():
    return COUNT.row()[0]


def test_a_statement_takes_its_parameters_on_both_databases(store):
    run(lambda: INSERT.run("T", "t", "50 % off? {}", False, NOW))
    assert name_of("T") == ("50 % off? {}",)
    assert name_of("nobody") is None


def test_many_rows_go_in_one_call(store):
    run(lambda: INSERT.run_many(iter(rows(300))))
    run(lambda: INSERT.run_many([]))
    assert count() == 300


def test_a_bad_row_fails_as_the_database_layer_fails_and_undoes_all(store):
    with pytest.raises(peewee.IntegrityError):
        run(lambda: INSERT.run_many([*rows(3), *rows(1)]))
    assert count() == 0


def test_nothing_runs_outside_of_a_unit(store):
    for use in (lambda: INSERT.run_many(rows(1)), lambda: INSERT.run(*rows(1)[0]), COUNT.row):
        with pytest.raises(peewee.InterfaceError):
            use()


def test_many_rows_wait_for_a_database_that_is_full(sqlite_store):
    runs = []

    def write_much():
        pages = sqlite_store.execute_sql
        (used,) = pages("PRAGMA page_count").fetchone()
        pages(f"PRAGMA max_page_count={1_000_000 if runs else used}")
        runs.append(True)
        INSERT.run_many(rows(500, name="x" * 200))

    run(write_much)
    assert (len(runs), count()) == (2, 500)


def test_many_rows_survive_a_lost_connection(postgresql_store):
    runs = []

    def write_much():
        runs.append(True)
        if len(runs) == 1:
            own = "SELECT pg_terminate_backend(pg_backend_pid())"
            with pytest.raises(peewee.OperationalError):
                postgresql_store.execute_sql(own)
        INSERT.run_many(rows(50))

    run(write_much)
    assert (len(runs), count()) == (2, 50)


def test_a_statement_is_prepared_by_the_drivers(store):
    def many():
        for row in rows(20):
            INSERT.run(*row)
        if isinstance(store, SqliteStore):
            return True
        sql = (
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO tags%%'"
        )
        return store.execute_sql(sql).fetchone()[0] == 1

    assert run(many)
