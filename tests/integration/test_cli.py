"""The command line: what each command does, says and refuses."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime

import pytest
from click.testing import Result
from flask import Flask

from ocpp_core import cli
from ocpp_core.cli import message_list as messages
from ocpp_core.commands.base import all_commands
from ocpp_core.config import Config
from ocpp_core.domain import credentials
from ocpp_core.domain.roles import Role
from ocpp_core.protocol.versions import ALL
from ocpp_core.services import (
    api_keys,
    people,
    station_records,
    stations,
    tags,
    transaction_records,
)
from ocpp_core.storage import database
from tests.conftest import opened
from tests.support.ocpp_core_database import EVERYTHING, create

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
BAD_INPUT, UNAVAILABLE = 2, 1


class Commands:
    """`flask ...` in this process."""

    def __init__(self, **settings: object) -> None:
        self.app = Flask("commands")
        cli.register(self.app, Config(**settings))

    def __call__(self, *arguments: str) -> Result:
        with self.app.app_context():
            return self.app.test_cli_runner().invoke(self.app.cli, arguments)

    def ok(self, *arguments: str) -> str:
        """Run a command that succeeds; returns what it printed."""
        result = self(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    def refused(self, *arguments: str, code: int = BAD_INPUT) -> str:
        """Run a command that is refused; returns its one line on standard error."""
        result = self(*arguments)
        assert result.exit_code == code, result.output
        assert result.stdout == ""
        assert result.stderr.startswith("Error: ")
        assert result.stderr.count("\n") == 1
        return result.stderr


@pytest.fixture
def flask(database_url):
    return Commands(database_url=database_url)


@pytest.fixture
def flask_on_sqlite(sqlite_url):
    return Commands(database_url=sqlite_url)


# --- people --------------------------------------------------------------------------------------


def test_a_user_is_added_then_updated(flask, database_url):
    assert "user Ann added: viewer" in flask.ok(
        "user", "add", "Ann", "--role", "viewer", "--password", "one"
    )
    assert "user Ann updated" in flask.ok(
        "user", "add", "Ann", "--role", "operator", "--password", "two"
    )
    with opened(database_url):
        assert people.verify_user("Ann", "one") is None
        assert people.verify_user("Ann", "two").role is Role.OPERATOR


def test_the_last_administrator_stays_one(flask_on_sqlite):
    add = ("user", "add", "Ann", "--password", "one", "--role")
    flask_on_sqlite.ok(*add, "administrator")
    assert "there is no other" in flask_on_sqlite.refused(*add, "viewer")


def test_a_key_is_printed_once_and_replaced_by_the_next(flask, database_url):
    first = flask("api-key", "add", "meter", "--role", "viewer")
    second = flask("api-key", "add", "meter", "--role", "operator")
    assert "meter added" in first.stderr
    assert "meter updated" in second.stderr
    with opened(database_url):
        assert api_keys.find(first.stdout.strip()) is None
        assert api_keys.find(second.stdout.strip()).role is Role.OPERATOR


# --- stations and tags ---------------------------------------------------------------------------


def test_a_station_is_added_then_updated(flask, database_url):
    printed = flask.ok("station", "add", "CP1", "--name", "Hall", "--password", "secret")
    assert printed == "station CP1 added\n"
    assert flask.ok("station", "add", "CP1", "--username", "cp") == "station CP1 updated\n"
    with opened(database_url):
        view = station_records.find("CP1")
        assert (view.name, view.username) == ("Hall", "cp")
        assert credentials.verify(stations.find_admission("CP1").password_hash, b"secret")


def test_a_station_that_anybody_may_claim_is_told(flask_on_sqlite):
    assert "no password" in flask_on_sqlite.ok("station", "add", "CP1")


def test_adding_a_station_that_waits_in_quarantine_adopts_it(flask_on_sqlite, sqlite_url):
    with opened(sqlite_url):
        stations.take_into_quarantine("CP1", NOW)
    assert "quarantine" in flask_on_sqlite.ok("station", "list")
    assert "added" in flask_on_sqlite.ok("station", "add", "CP1")
    assert "quarantine" not in flask_on_sqlite.ok("station", "list")


def test_stations_are_listed_and_removed(flask, database_url):
    with opened(database_url):
        for number in (2, 1):
            station_records.add(f"CP{number}", station_records.StationChanges(), NOW)
        stations.connected("CP1", "2.0.1", NOW)
    head, first, second = flask.ok("station", "list").splitlines()
    assert head.split()[:2] == ["ID", "NAME"]
    assert first.split() == ["CP1", "online", "2.0.1", "2026-05-01T12:00:00.000Z"]
    assert second.split() == ["CP2", "offline", "never"]
    assert flask.ok("station", "remove", "CP2") == "station CP2 removed\n"
    assert "CP2" not in flask.ok("station", "list")


def test_a_tag_is_added_then_updated(flask, database_url):
    options = ["--name", "Ann", "--group", "G", "--expires", "2027-01-31", "--blocked"]
    assert flask.ok("tag", "add", "Tag1", *options) == "tag Tag1 added\n"
    assert flask.ok("tag", "add", "TAG1", "--name", "Bob") == "tag Tag1 updated\n"
    with opened(database_url):
        view = tags.find("tag1")
        assert (view.name, view.group, view.blocked) == ("Bob", "G", True)
        assert view.expires_at == datetime(2027, 2, 1, tzinfo=UTC)
    flask.ok("tag", "add", "Tag1", "--expires", "never", "--no-blocked", "--group", "")
    with opened(database_url):
        assert tags.find("tag1") == tags.TagView("Tag1", None, "Bob", None, None, False)
    flask.ok("tag", "add", "Tag1", "--expires", "2027-01-31T12:00:00+02:00")
    with opened(database_url):
        assert tags.find("tag1").expires_at == datetime(2027, 1, 31, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ("user add Ann --role boss --password x", "boss"),
        ("user add Ann --password x", "--role"),
        ("user add Ann --role viewer", "--password"),
        ("api-key add", "NAME"),
        ("station add a/b", "slash"),
        ("station add CP1 --password=", "password"),
        ("station add CP1 --colour red", "--colour"),
        ("station add CP1 CP2", "CP2"),
        ("station remove CP9", "CP9"),
        ("station rename CP9", "rename"),
        ("tag add Tag1 --expires 2027-02-30", "2027-02-30"),
        ("tag add Tag1 --expires soon", "soon"),
        ("import-ocpp-core /nowhere.sqlite", "/nowhere.sqlite"),
        ("simulate --version 1.5", "1.6, 2.0.1, 2.1"),
        ("simulate --stations 0", "stations"),
        ("simulate --stations many", "many"),
        ("simulate --url http://127.0.0.1/", "ws"),
        ("messages --version 1.5", "1.5"),
    ],
)
def test_bad_input_is_refused_in_one_line(flask_on_sqlite, arguments, word):
    assert word in flask_on_sqlite.refused(*arguments.split())


def test_a_group_alone_shows_its_commands(flask_on_sqlite):
    result = flask_on_sqlite("station")
    assert result.exit_code == BAD_INPUT
    assert "remove" in result.output


# --- the database -----------------------------------------------------------------------------


def test_an_empty_database_is_made_ready_by_the_first_command(tmp_path):
    flask = Commands(database_url=f"sqlite:///{tmp_path}/new/ocpp.db")
    assert "pending" in flask.ok("db", "status")
    assert "added" in flask.ok("tag", "add", "Tag1")
    assert "pending" not in flask.ok("db", "status")
    assert flask.ok("db", "upgrade") == "the database is up to date\n"


def test_upgrade_tells_what_it_did(tmp_path):
    flask = Commands(database_url=f"sqlite:///{tmp_path}/ocpp.db")
    assert flask.ok("db", "upgrade").startswith("applied 0001_initial\n")


def test_an_older_database_is_not_changed_in_passing(flask_on_sqlite, tmp_path, monkeypatch):
    newer = tmp_path / "migrations"
    shutil.copytree(database.MIGRATIONS, newer)
    (newer / "9999_later.py").write_text("def up(migrator, db): raise RuntimeError\n")
    monkeypatch.setattr(database, "MIGRATIONS", newer)
    assert "flask db upgrade" in flask_on_sqlite.refused("station", "list")


def test_a_newer_database_is_refused(flask_on_sqlite, sqlite_url):
    store = database.connect(sqlite_url)
    with store.connection_context():
        store.make_writable()
        store.execute_sql(
            "INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2030-01-01')"
        )
    store.close_all()
    for arguments in ("db status", "db upgrade", "station list"):
        complaint = flask_on_sqlite.refused(*arguments.split())
        assert "the database is newer than this program: 9999_later" in complaint


def test_a_database_that_is_away_is_told(tmp_path):
    flask = Commands(database_url="postgresql://nobody@127.0.0.1:1/none")
    for arguments in ("station list", "db status", "db upgrade"):
        assert "database cannot be opened" in flask.refused(*arguments.split())
    (tmp_path / "text.db").write_text("no database" * 100)
    flask = Commands(database_url=f"sqlite:///{tmp_path}/text.db")
    assert "not a database" in flask.refused("station", "list")


def test_import_tells_what_it_took_and_left(flask, database_url, tmp_path):
    file = create(tmp_path / "old.sqlite", **EVERYTHING)
    lines = flask.ok("import-ocpp-core", str(file)).splitlines()
    assert "stations:     2 taken, 0 already there, 0 left" in lines
    assert "transactions: 3 taken, 0 already there, 0 left" in lines
    again = flask.ok("import-ocpp-core", str(file))
    assert "tags:         0 taken, 2 already there, 0 left" in again
    with opened(database_url):
        assert len(transaction_records.page().items) == 3


# --- overviews -----------------------------------------------------------------------------------


def test_every_message_is_listed_with_what_handles_it(flask_on_sqlite):
    printed = flask_on_sqlite.ok("messages").splitlines()
    rows = [tuple(line.split(maxsplit=4)) for line in printed[1:]]
    assert ("1.6", "from", "station", "StopTransaction", "protocol.v16.on_stop_transaction") in rows
    assert ("2.1", "to", "station", "UnlockConnector", "unlock-connector") in rows
    for handlers in ALL:
        known = {row[3] for row in rows if row[0] == handlers.version}
        assert known == handlers.messages.actions
    only = flask_on_sqlite.ok("messages", "--version", "2.0.1").splitlines()
    assert {line.split()[0] for line in only[1:]} == {"2.0.1"}


def test_the_directions_fit_the_handlers_and_commands():
    rows = list(messages.listing())
    handled = {(row[0], row[2]) for row in rows if row[1] == messages.FROM_STATION}
    for handlers in ALL:
        assert {(handlers.version, action) for action in handlers.routes} <= handled
        assert messages.STATIONS_SEND & handlers.messages.actions
    sent = {name for row in rows if row[1] == messages.TO_STATION for name in row[3].split(", ")}
    assert {command.name for command in all_commands()} <= sent
    every = frozenset().union(*(handlers.messages.actions for handlers in ALL))
    assert every >= messages.STATIONS_SEND


# --- simulation ----------------------------------------------------------------------------------


def test_simulated_drivers_share_a_tag_unless_each_may_charge_once(sqlite_url):
    nobody = ["simulate", "--stations", "2", "--duration", "0.1", "--url", "ws://127.0.0.1:1"]
    result = Commands(database_url=sqlite_url)(*nobody)
    assert "registered 2 stations and 1 tags" in result.stderr
    result = Commands(database_url=sqlite_url, deny_concurrent_tx=True)(*nobody)
    assert "registered 2 stations and 4 tags" in result.stderr
    with opened(sqlite_url):
        assert [view.id for view in tags.page().items][:2] == ["SIMTAG", "SIMTAG0001"]
        assert station_records.find("SIM0002").has_password


def test_stations_of_another_server_are_not_registered_here(sqlite_url):
    flask = Commands(database_url=sqlite_url)
    result = flask("simulate", "--duration", "0.1", "--url", "ws://127.0.0.1:1", "--no-register")
    assert "registered" not in result.output
    with opened(sqlite_url):
        assert station_records.page().items == ()
