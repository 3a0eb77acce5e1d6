"""Databases for tests: a fresh one for each, SQLite and PostgreSQL, brought up to date once.

`store` and `database_url` come once per kind of database; `sqlite_store` and `sqlite_url` only
with SQLite. Without the service of OCPP_TEST_POSTGRESQL_URL its tests are skipped, with CI=true
they fail.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from ocpp_core.storage import database, writer
from ocpp_core.storage.database import Store
from ocpp_core.storage.writer import Writer

SERVER_URL = os.environ.get("OCPP_TEST_POSTGRESQL_URL", "postgresql://root@127.0.0.1:5432/test")
KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql))


@contextlib.contextmanager
def opened(url: str) -> Iterator[Store]:
    """Open a database with a writer in use, and close all of it."""
    store = database.connect(url)
    own_writer = Writer(store)
    writer.use(own_writer)
    try:
        yield store
    finally:
        own_writer.close()
        writer.use(None)
        store.close_all()


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """A fresh database with a writer in use, once per kind."""
    with opened(request.getfixturevalue(f"{request.param}_url")) as opened_store:
        yield opened_store


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """A fresh SQLite database with a writer in use."""
    with opened(sqlite_url) as opened_store:
        yield opened_store


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh database, once per kind, for tests that start processes."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """The URL of a fresh SQLite database."""
    file = tmp_path / "ocpp.db"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgresql_url(postgresql_database: str) -> str:
    """The URL of a PostgreSQL database without rows."""
    with psycopg.connect(postgresql_database, autocommit=True) as connection:
        connection.execute(EMPTY_ALL)
    return postgresql_database


@pytest.fixture
def empty_postgresql_url() -> Iterator[str]:
    """The URL of a PostgreSQL database without tables."""
    with new_postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied."""
    file = tmp_path_factory.mktemp("template") / "ocpp.db"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgresql_database() -> Iterator[str]:
    """The URL of a PostgreSQL database with all tables."""
    with new_postgresql() as url:
        migrate(url)
        yield url


@contextlib.contextmanager
def new_postgresql() -> Iterator[str]:
    """Create a PostgreSQL database of its own and drop it in the end."""
    name = f"ocpp_test_{uuid.uuid4().hex}"
    try:
        server = psycopg.connect(SERVER_URL, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        missing(f"no PostgreSQL at OCPP_TEST_POSTGRESQL_URL: {error}")
    with server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlunsplit(urlsplit(SERVER_URL)._replace(path=f"/{name}"))
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def missing(what: str) -> None:
    """Skip the test for want of a service, or fail where all services have to be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


def migrate(url: str) -> None:
    """Make all tables."""
    store = database.connect(url)
    database.upgrade(store)
    store.close_all()


# Small tables are emptied by DELETE ten times as fast as by TRUNCATE.
EMPTY_ALL = """
DO $$
DECLARE name text;
BEGIN
  SET session_replication_role = replica;
  FOR name IN SELECT tablename FROM pg_tables
    WHERE schemaname = current_schema() AND tablename <> 'schema_migration'
  LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
END $$
"""
