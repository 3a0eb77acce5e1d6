"""What declarations say for forms: what a version lacks, what is asked, what is wrong."""

import pytest

from ocpp_core.commands.base import Command, all_commands, find
from ocpp_core.commands.refusals import TEMPLATES
from ocpp_core.errors import InvalidInput
from ocpp_core.protocol.versions import ALL, BY_VERSION
from ocpp_core.wording import Wording

ONLY_2 = {("reset", "evse"), ("reset", "on_idle"), ("unlock-connector", "evse_connector")}


def parameters():
    return [(each, name) for each in all_commands() for name in each.model_fields]


def test_parameters_that_a_version_lacks_are_declared(version):
    dialects = BY_VERSION[version].dialects
    missing = {(each.name, name) for each, name in parameters() if not each.has(name, dialects)}
    assert missing == (ONLY_2 if version == "1.6" else set())


def test_values_that_a_version_lacks_are_declared(version):
    lacks = find("trigger-message").lacks("message", BY_VERSION[version].dialects)
    expected = {
        "1.6": {"TransactionEvent", "LogStatusNotification"},
        "2.0.1": {"DiagnosticsStatusNotification"},
        "2.1": {"DiagnosticsStatusNotification"},
    }
    assert {each.value for each in lacks} == expected[version]


def test_what_is_required_exists_in_every_version_of_the_command():
    for each, name in parameters():
        for handlers in ALL:
            if each.speaks(handlers.dialects) and each.model_fields[name].is_required():
                assert each.has(name, handlers.dialects), (each.name, name)


@pytest.mark.parametrize(
    ("name", "values", "typed"),
    [
        ("reset", {}, False),
        ("reset", {"kind": "hard"}, True),
        ("reset", {"kind": "hard", "on_idle": True}, False),
        ("unlock-connector", {"connector": 1}, False),
        ("stop-transaction", {"connector": 1}, False),
    ],
)
def test_what_interrupts_is_asked_first(name, values, typed):
    question = find(name).from_values(values).question()
    assert question is not None
    assert question.typed is typed


def test_what_harms_nobody_is_not_asked():
    assert find("trigger-message").from_values({"message": "Heartbeat"}).question() is None
    assert Command().question() is None


@pytest.mark.parametrize(
    ("name", "values", "field", "text"),
    [
        ("unlock-connector", {}, "connector", "must not be empty"),
        ("unlock-connector", {"connector": "a"}, "connector", "must be a whole number"),
        ("unlock-connector", {"connector": "1.5"}, "connector", "must be a whole number"),
        ("unlock-connector", {"connector": "0"}, "connector", "must be at least 1"),
        ("unlock-connector", {"connector": "9" * 5000}, "connector", "must be a whole number"),
        ("set-charging-limit", {"value": "1e9", "unit": "W"}, "value", "must be at most 10000000"),
        (
            "set-charging-limit",
            {"value": "0.25", "unit": "W"},
            "value",
            "must be a multiple of 0.1",
        ),
        ("set-charging-limit", {"value": "nan", "unit": "W"}, "value", "must be a number"),
        ("set-charging-limit", {"value": "1", "unit": "V"}, "unit", "must be one of 'W', 'A'"),
        ("reset", {"kind": ""}, "kind", "must be one of 'soft', 'hard'"),
        ("reset", {"nonsense": ""}, "nonsense", "is no parameter of this command"),
        ("start-transaction", {"tag": " "}, "tag", "must not be empty"),
        ("start-transaction", {"tag": "a\0b"}, "tag", "has characters that are not allowed"),
        ("stop-transaction", {}, "body", "either transaction or connector is needed"),
        ("change-availability", {"operative": "perhaps"}, "operative", "must be true or false"),
    ],
)
def test_what_is_wrong_is_said_in_words_that_can_be_translated(name, values, field, text):
    with pytest.raises(InvalidInput) as refused:
        find(name).from_values(values)
    assert refused.value.fields == {field: text}
    worded = refused.value.fields[field]
    assert isinstance(worded, Wording)
    assert field == "body" or worded.template in TEMPLATES.values()
