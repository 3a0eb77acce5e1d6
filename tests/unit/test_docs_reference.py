"""The documents for looking up repeat what the code declares: nothing more, nothing less."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

import click
import pytest
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from ocpp_core import cli
from ocpp_core.cli.message_list import FROM_STATION, NOT_HANDLED, RAW_ONLY, TO_STATION, listing
from ocpp_core.commands.base import all_commands
from ocpp_core.config import PREFIX, Config
from ocpp_core.domain.transactions import Flag
from ocpp_core.errors import Kind
from ocpp_core.events import Event
from ocpp_core.models.base import Model
from ocpp_core.observability import metrics
from ocpp_core.protocol.versions import BY_VERSION
from ocpp_core.web import api
from tests.support.pages import names, reference, rows, section

YES, NO, ABSENT = "yes", "no", "–"  # noqa: RUF001 - the dash of a table


def shown(value: object) -> str:
    """Return a default as the documents write it."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None:
        return "none"
    if value == "":
        return "empty"
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_settings_are_those_of_the_code():
    expected = [
        [
            f"`{PREFIX}{name.upper()}`",
            "empty" if shown(field.default) == "empty" else f"`{shown(field.default)}`",
            field.description,
        ]
        for name, field in Config.model_fields.items()
    ]
    assert rows(reference("settings"), "Variable") == expected


def handling(version: str, action: str) -> str:
    """Return how a message of stations is handled."""
    handlers = BY_VERSION[version]
    if not handlers.messages.knows(action):
        return ABSENT
    return YES if action in handlers.routes else NO


def test_messages_of_stations_are_those_that_are_handled():
    table = rows(reference("messages"), "Message")
    handled = {action for handlers in BY_VERSION.values() for action in handlers.routes}
    assert [names(row[0])[0] for row in table] == sorted(handled)
    for row in table:
        (action,) = names(row[0])
        assert row[1:4] == [handling(version, action) for version in ("1.6", "2.0.1", "2.1")]


@pytest.mark.parametrize("version", BY_VERSION)
def test_messages_that_are_not_handled_are_told(version):
    told = re.search(
        rf"^\* OCPP {re.escape(version)}:(.*?)(?=^\*|\n\n)",
        reference("messages"),
        re.MULTILINE | re.DOTALL,
    )
    expected = [
        row[2] for row in listing() if row[:2] == (version, FROM_STATION) and row[3] == NOT_HANDLED
    ]
    assert told
    assert names(told[1]) == expected


def test_commands_send_the_messages_that_are_told():
    told = {
        (version, message, names(row[0])[0])
        for row in rows(reference("messages"), "Command")
        for version, cell in zip(("1.6", "2.0.1", "2.1"), row[1:], strict=True)
        for message in names(cell)
    }
    sent = {
        (version, message, name)
        for version, direction, message, by in listing()
        if direction == TO_STATION and by != RAW_ONLY
        for name in by.split(", ")
    }
    assert told == sent


@pytest.mark.parametrize("command", all_commands(), ids=lambda command: command.name)
def test_commands_and_their_parameters_are_described(command):
    described = section(reference("commands"), command.name)
    told = [(names(row[0])[0], row[1].strip("`")) for row in rows(described, "Parameter")]
    declared = []
    for name, field in command.model_fields.items():
        is_required = field.default is PydanticUndefined
        declared.append((name, "required" if is_required else shown(field.default)))
    assert told == declared
    done = re.search(r"Done: (.*?),? which|Done: (.*?)\.", described.replace("\n", " "))
    assert done
    assert set(names(done[0])) == command.done_statuses


def test_no_command_is_described_that_is_not_there():
    titles = re.findall(r"^## (.+)$", reference("commands"), re.MULTILINE)
    assert titles == [command.name for command in all_commands()]


def test_paths_of_the_old_api_are_those_of_the_commands():
    told = {names(row[0])[0] for row in rows(reference("legacy-api"), "Path")}
    assert told == {"Status"} | {command.legacy for command in all_commands() if command.legacy}


def test_operations_of_the_api_are_those_it_serves():
    told = [(row[0], *names(row[1]), row[2]) for row in rows(reference("rest"), "Method")]
    served = [(each.method, each.path, each.role.value) for each in api.endpoints()]
    assert sorted(told) == sorted(served)


def test_flags_are_those_of_sessions():
    assert [names(row[0])[0] for row in rows(reference("transactions"), "Flag")] == list(Flag)


def event_kinds() -> dict[str, list[str]]:
    common = {field.name for field in dataclasses.fields(Event)}
    return {
        kind.__name__: [
            field.name for field in dataclasses.fields(kind) if field.name not in common
        ]
        for kind in Event.__subclasses__()
    }


def test_events_and_their_fields_are_those_that_are_published():
    table = rows(reference("events"), "Event")
    told = {names(row[0])[0]: row[1].split(", ") if row[1] else [] for row in table}
    assert told == event_kinds()


def test_error_codes_are_those_of_the_versions():
    told = [
        (names(kind)[0], *names(of_16), *names(of_2))
        for kind, _, of_16, of_2 in rows(reference("error-codes"), "Kind")
    ]
    codes_16, codes_201, codes_21 = (handlers.codes for handlers in BY_VERSION.values())
    assert codes_201 == codes_21
    assert told == [(kind.value, codes_16[kind], codes_201[kind]) for kind in Kind]


def test_tables_of_the_database_are_those_of_the_models():
    told = {name for row in rows(reference("database"), "Table") for name in names(row[0])}
    assert told - {"schema_migration"} == {
        model._meta.table_name for model in Model.__subclasses__()
    }


def test_metrics_are_those_that_are_counted():
    told = {name for row in rows(reference("metrics"), "Metric") for name in names(row[0])}
    families = {family.name for family in metrics.registry.collect()}
    counted = {name for name in families if name.startswith("ocpp_")} - watched_names()
    assert {name for name in told if name.startswith("ocpp_")} == {
        *(f"{name}_total" for name in counted),
        *(f"ocpp_{name}" for name in metrics.WATCHED),
    }


def watched_names() -> set[str]:
    """Return the names of what is read from its owner, as collectors tell them."""
    return {f"ocpp_{name}".removesuffix("_total") for name in metrics.WATCHED}


def leaves(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Yield the commands that do something, with what is typed to run each."""
    if isinstance(command, click.Group):
        for name, sub in command.commands.items():
            yield from leaves(sub, f"{path} {name}")
    else:
        yield path, command


ALL_LEAVES = [leaf for command in cli.COMMANDS for leaf in leaves(command, f"flask {command.name}")]


@pytest.mark.parametrize(("path", "command"), ALL_LEAVES, ids=[path for path, _ in ALL_LEAVES])
def test_commands_of_the_command_line_are_described_with_their_options(path, command):
    arguments = [
        part.make_metavar(click.Context(command)) for part in command.params if is_argument(part)
    ]
    described = section(reference("command-line"), " ".join([path, *arguments]))
    told = {name.split()[0] for name in names(described) if name.startswith("--")}
    options = {name for part in command.params for name in (*part.opts, *part.secondary_opts)}
    assert told == {name for name in options if name.startswith("--")}


def is_argument(part: click.Parameter) -> bool:
    return isinstance(part, click.Argument)


def test_no_command_is_described_that_cannot_be_typed():
    titles = re.findall(r"^### (flask [a-z -]+[a-z])", reference("command-line"), re.MULTILINE)
    assert sorted(titles) == sorted(path for path, _ in ALL_LEAVES)
