"""What holds for all commands."""

import pytest

from ocpp_core.commands.base import all_commands, find
from ocpp_core.domain.roles import Role
from ocpp_core.errors import InvalidInput, NotFound
from ocpp_core.protocol.versions import ALL

COMMANDS = {command.name: command for command in all_commands()}
EXAMPLES = {
    "change-availability": {"operative": True},
    "clear-charging-limit": {},
    "reset": {},
    "set-charging-limit": {"value": 16, "unit": "A"},
    "start-transaction": {"tag": "T1"},
    "stop-transaction": {"connector": 1},
    "trigger-message": {"message": "Heartbeat"},
    "unlock-connector": {"connector": 1},
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_public_commands_exist_in_every_version(name):
    assert find(name) is COMMANDS[name]
    assert all(find(name).speaks(handlers.dialects) for handlers in ALL)
    assert find(name).from_values(EXAMPLES[name])


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_every_command_and_every_parameter_has_title_and_help(command):
    assert command.title
    assert command.__doc__
    assert Role.ADMINISTRATOR.includes(command.permission)
    for field in command.model_fields.values():
        assert field.title
        assert field.description


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_an_unknown_parameter_is_named(command):
    with pytest.raises(InvalidInput) as refused:
        command.from_values({**EXAMPLES.get(command.name, {}), "nonsense": 1})
    assert "nonsense" in refused.value.fields


def test_an_unknown_command_is_not_found():
    with pytest.raises(NotFound):
        find("explode")


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("reset", {"kind": "violent"}, "kind"),
        ("reset", {"evse": 0}, "evse"),
        ("unlock-connector", {}, "connector"),
        ("unlock-connector", {"connector": 0}, "connector"),
        ("unlock-connector", {"connector": 10**30}, "connector"),
        ("set-charging-limit", {"value": -1, "unit": "W"}, "value"),
        ("set-charging-limit", {"value": 10**9, "unit": "W"}, "value"),
        ("set-charging-limit", {"value": float("nan"), "unit": "W"}, "value"),
        ("set-charging-limit", {"value": float("inf"), "unit": "W"}, "value"),
        ("set-charging-limit", {"value": 16.25, "unit": "A"}, "value"),
        ("set-charging-limit", {"value": 16, "unit": "kW"}, "unit"),
        ("set-charging-limit", {"value": 16, "unit": "A", "connector": -1}, "connector"),
        ("start-transaction", {"connector": 1}, "tag"),
        ("start-transaction", {"tag": " "}, "tag"),
        ("start-transaction", {"tag": "a\x00b"}, "tag"),
        ("start-transaction", {"tag": "x" * 256}, "tag"),
        ("stop-transaction", {}, "body"),
        ("stop-transaction", {"transaction": 1, "connector": 1}, "body"),
        ("stop-transaction", {"transaction": 2**31}, "transaction"),
        ("change-availability", {}, "operative"),
        ("trigger-message", {"message": "Nonsense"}, "message"),
    ],
)
def test_bad_parameters_are_named(name, values, field):
    with pytest.raises(InvalidInput) as refused:
        find(name).from_values(values)
    assert list(refused.value.fields) == [field]
