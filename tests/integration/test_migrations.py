"""Migrations: they make what the models say, once, whoever runs them, and lose no row."""

from __future__ import annotations

import importlib
import pkgutil
import re
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime

import peewee
import pytest
from playhouse.migrations import Runner

from ocpp_core import models
from ocpp_core.errors import ConfigurationError
from ocpp_core.models.base import Model
from ocpp_core.models.people import User
from ocpp_core.models.stations import Station
from ocpp_core.storage import database

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
FILES = sorted(database.MIGRATIONS.glob("[0-9]*.py"))


def all_models() -> list[type[peewee.Model]]:
    for module in pkgutil.iter_modules(models.__path__):
        if module.name != "migrations":
            importlib.import_module(f"{models.__name__}.{module.name}")
    return sorted(Model.__subclasses__(), key=lambda model: model._meta.table_name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty_url(request, tmp_path):
    """The URL of a database without tables, once per kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    return request.getfixturevalue("empty_postgresql_url")


@pytest.fixture
def empty_store(empty_url):
    store = database.connect(empty_url)
    yield store
    store.close_all()


def columns(store, table):
    primary = store.get_primary_keys(table)
    return {
        column.name: (column.data_type.upper(), column.null, primary.index(column.name))
        if column.name in primary
        else (column.data_type.upper(), column.null, None)
        for column in store.get_columns(table)
    }


def indexes(store, table):
    """Return the indexes as (columns, unique), those that only SQL can say by their names."""
    plain, special = set(), set()
    for index in store.get_indexes(table):
        if index.name.startswith("sqlite_autoindex_") or index.name.endswith("_pkey"):
            continue  # of the primary key
        if re.search(r"\)\s+WHERE\s|\(.*\(", index.sql or ""):  # of some rows, of expressions
            special.add(index.name)
        else:
            plain.add((tuple(index.columns), bool(index.unique)))
    return plain, special


def foreign_keys(store, table):
    keys = store.get_foreign_keys(table)
    return {(key.column, key.dest_table, key.dest_column) for key in keys}


def describe(store, tables):
    with store.connection_context():
        return {
            table: (columns(store, table), indexes(store, table)[0], foreign_keys(store, table))
            for table in tables
        }


def test_migrations_make_what_the_models_say(empty_store, request, tmp_path):
    tables = [model._meta.table_name for model in all_models()]
    database.upgrade(empty_store)
    migrated = describe(empty_store, tables)
    with empty_store.connection_context():
        assert set(empty_store.get_tables()) == {*tables, "schema_migration"}
        empty_store.make_writable()
        empty_store.drop_tables(all_models())
        empty_store.create_tables(all_models())
    assert describe(empty_store, tables) == migrated


def test_indexes_that_the_models_cannot_say_are_there(store):
    with store.connection_context():
        special = {name for model in all_models() for name in indexes_of(store, model)}
    assert {
        "meter_samples_transaction",
        "stations_label",
        "stations_quarantine",
        "tags_blocked",
        "transactions_active",
    } <= special


def indexes_of(store, model):
    return indexes(store, model._meta.table_name)[1]


def test_a_second_upgrade_changes_nothing(empty_store):
    assert database.upgrade(empty_store) == [file.stem for file in FILES]
    before = database.status(empty_store)
    assert all(applied for _, applied in before)
    assert database.upgrade(empty_store) == []
    assert database.status(empty_store) == before


def test_before_the_upgrade_all_are_pending(empty_store):
    assert database.status(empty_store) == [(file.stem, None) for file in FILES]


UPGRADE = """
import sys
from ocpp_core.storage import database
store = database.connect(sys.argv[1])
sys.stdin.readline()
print(len(database.upgrade(store)))
store.close_all()
"""


def test_processes_that_upgrade_at_once_do_it_once(empty_url):
    command = [sys.executable, "-c", UPGRADE, empty_url]
    processes = [
        subprocess.Popen(
            command,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=60) for process in processes]
    assert [error for _, error in outputs] == ["", ""]
    assert sorted(int(count) for count, _ in outputs) == [0, len(FILES)]


def test_threads_that_upgrade_at_once_do_it_once(empty_store):
    done = []
    threads = [
        threading.Thread(target=lambda: done.append(database.upgrade(empty_store)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(map(len, done)) == [0, 0, len(FILES)]


# --- old rows --------------------------------------------------------------------------------

ANN = {
    "name": "Ann",
    "folded": "ann",
    "password_hash": "h",
    "role": "viewer",
    "created_at": NOW,
}
MOMENTS = {"began_at": NOW, "last_seen_at": NOW, "expires_at": NOW}

# What a database of the version before a migration may hold: table, and values by column.
ROWS_BEFORE = {
    1: [
        ("stations", {"id": "CP1", "name": "Hall", "comment": "", "created_at": NOW}),
        ("tags", {"id": "T1", "folded": "t1", "name": "Ann", "created_at": NOW}),
        ("users", {"id": 1, **ANN}),
    ],
    2: [
        ("users", {"id": 1, **ANN, "language": "de", "time_zone": "Europe/Berlin"}),
        ("login_sessions", {"id": 1, "user_id": 1, "digest": "d", **MOMENTS}),
    ],
}
DEFAULTS = {
    "stations": {
        "cleans_tags": True,
        "boot_status": "Accepted",
        "in_quarantine": False,
        "online": False,
    },
    "tags": {"blocked": False},
    "login_sessions": {"address": "", "agent": ""},
}


def insert(store, table, values):
    values = {**DEFAULTS.get(table, {}), **values}
    names = ", ".join(values)
    marks = ", ".join([store.placeholder] * len(values))
    store.execute_sql(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(values.values()))  # noqa: S608


@pytest.mark.parametrize("number", range(1, len(FILES) + 1))
def test_rows_survive_each_later_migration(empty_store, number):
    with empty_store.connection_context():
        empty_store.make_writable()
        Runner(empty_store, str(database.MIGRATIONS)).up(FILES[number - 1].stem)
        for table, values in ROWS_BEFORE.get(number, []):
            insert(empty_store, table, values)
    database.upgrade(empty_store)
    with empty_store.connection_context():
        for table, values in ROWS_BEFORE.get(number, []):
            model = next(m for m in all_models() if m._meta.table_name == table)
            row = model.get_by_id(values["id"])
            assert {name: getattr(row, name) for name in values} == values


def test_users_of_before_leave_language_zone_and_theme_to_their_browser(empty_store):
    with empty_store.connection_context():
        empty_store.make_writable()
        Runner(empty_store, str(database.MIGRATIONS)).up(FILES[0].stem)
        insert(empty_store, "users", ANN)
    database.upgrade(empty_store)
    with empty_store.connection_context():
        known = User.get()
        assert (known.language, known.time_zone, known.theme) == ("", "", "")


def test_every_migration_has_rows_for_the_next_one_to_keep():
    assert set(ROWS_BEFORE) == set(range(1, len(FILES) + 1))


def test_a_migration_that_fails_leaves_all_as_it_was(empty_store, tmp_path):
    database.upgrade(empty_store)
    folder = tmp_path / "migrations"
    shutil.copytree(database.MIGRATIONS, folder)
    broken = (
        "def up(migrator, db):\n    db.execute_sql('CREATE TABLE extra (id INTEGER)')\n    1 / 0\n"
    )
    (folder / "9999_broken.py").write_text(broken)
    with empty_store.connection_context():
        empty_store.make_writable()
        with pytest.raises(ZeroDivisionError):
            Runner(empty_store, str(folder)).up()
        assert "extra" not in empty_store.get_tables()
    assert database.upgrade(empty_store) == []


def test_a_database_that_is_newer_is_refused(empty_store):
    database.upgrade(empty_store)
    with empty_store.connection_context():
        empty_store.make_writable()
        for name in ("9998_later", "9999_last"):
            Runner(empty_store, str(database.MIGRATIONS)).History.create(name=name, applied=NOW)
        empty_store.make_writable(False)
    for look in (database.upgrade, database.status):
        with pytest.raises(ConfigurationError, match="newer than this program: 9999_last"):
            look(empty_store)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////proc/none/ocpp.db",
        "postgresql://nobody@127.0.0.1:1/none",
    ],
)
def test_a_database_that_cannot_be_opened_is_said_in_one_line(url):
    with pytest.raises(ConfigurationError) as refusal:
        database.upgrade(database.connect(url))
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_no_database_is_said_in_one_line(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("this is no database" * 100)
    store = database.connect(f"sqlite:///{file}")
    with pytest.raises(ConfigurationError) as refusal:
        database.upgrade(store)
    assert "\n" not in str(refusal.value)
    assert file.read_text().startswith("this is no database")


def test_connections_outside_of_units_are_read_only(store):
    with store.connection_context(), pytest.raises(peewee.PeeweeException, match=r"read-?only"):
        Station.create(id="CP1", created_at=NOW)
