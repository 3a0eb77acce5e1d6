"""Forms of all commands, for each version: they show what is declared, and read it back."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import urlencode

import pytest
from pydantic import Field

from ocpp_core import clock
from ocpp_core.commands.base import Command, all_commands
from ocpp_core.domain.connectors import ConnectorRef, StatusReport
from ocpp_core.domain.moments import Reported
from ocpp_core.errors import InvalidInput
from ocpp_core.protocol.versions import BY_VERSION
from ocpp_core.services import station_records, stations
from ocpp_core.services.station_records import StationChanges
from ocpp_core.web.pages import command_forms
from ocpp_core.web.pages.command_forms import Offers, form_for
from ocpp_core.web.pages.command_parameters import CHOICE, Parameter, paragraphs, parameters

NOW = clock.utcnow()
COMMANDS = {command.name: command for command in all_commands()}
OURS = {"csrf_token", "confirmed", "typed_id"}  # what the forms send besides
SAMPLES = {"integer": ["1", "7"], "number": ["0.1", "16"], "string": ["T1"], "boolean": ["true"]}


@pytest.fixture
def place(site):
    station_records.add("CP1", StationChanges(name="One"), NOW)
    return "/stations/CP1/commands"


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
def version(request, place):
    """Each version; the stations of the first two have told of connectors."""
    stations.connected("CP1", request.param, NOW)
    for evse in (1, 2) if request.param != "2.1" else ():
        report = StatusReport("Available", "Available")
        stations.report_status("CP1", ConnectorRef(evse), report, Reported(NOW), NOW)
    return request.param


def samples(command: type[Command], dialects: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Yield values that a command accepts: only what it needs, and each parameter with that."""
    known = [each for each in parameters(command) if command.has(each.name, dialects)]
    needed = {each.name: told(each, command, dialects)[0] for each in known if each.is_required}
    candidates = [needed]
    candidates += [{**needed, p.name: v} for p in known for v in told(p, command, dialects)]
    candidates.append({each.name: told(each, command, dialects)[-1] for each in known})
    yield from (values for values in candidates if is_accepted(command, values))


def told(parameter: Parameter, command: type[Command], dialects: tuple[str, ...]) -> list[str]:
    if parameter.kind != CHOICE:
        return SAMPLES[parameter.kind]
    absent = set(map(str, command.lacks(parameter.name, dialects)))
    return [value for value in parameter.values if value not in absent]


def is_accepted(command: type[Command], values: dict[str, Any]) -> bool:
    try:
        return bool(command.from_values(values))
    except InvalidInput:
        return False


@pytest.mark.parametrize("name", COMMANDS)
def test_a_form_reads_back_what_it_was_given(site, place, dispatcher, version, name):
    command, dialects = COMMANDS[name], BY_VERSION[version].dialects
    expected = [command.from_values(values) for values in samples(command, dialects)]
    for values in samples(command, dialects):
        page = site.get(f"{place}/{name}?{urlencode(values)}").submit({}, button="Send")
        if page.status == 200:
            typed = {"typed_id": "CP1"} if "typed_id" in page.html else {}
            page = page.submit(typed, button="Send")
        assert page.status == 303, page.text
    assert expected
    assert [sent for _, sent, _ in dispatcher.sent] == expected


def test_forms_show_what_is_declared(site, place, version):
    dialects = BY_VERSION[version].dialects
    for name, command in COMMANDS.items():
        page = site.get(f"{place}/{name}")
        known = {each.name for each in parameters(command) if command.has(each.name, dialects)}
        assert page.form(button="Send").names() - OURS == known
        for text in paragraphs(command):
            assert text in page.text


def test_no_parameter_is_called_like_what_forms_send_besides():
    assert [c.name for c in COMMANDS.values() if OURS & c.model_fields.keys()] == []


def test_every_command_has_its_page_in_german(site, place):
    site.headers = {"Accept-Language": "de"}
    for name, command in COMMANDS.items():
        page = site.get(f"{place}/{name}")
        assert "Senden" in dict(page.form(button="Senden").buttons())
        for text in (command.title, *paragraphs(command)):
            assert text not in page.text


class Colour(StrEnum):
    RED = "red"
    LIGHT_BLUE = "light-blue"


class Odd(Command):
    """Has everything.

    And more.
    """

    data: str = Field(title="Data", description="called like something of a form", max_length=9)
    errors: int | None = Field(default=None, title="Errors", description="", ge=0, le=5)
    process: Literal["A", "B"] | None = Field(default=None, title="Process", description="x")
    colour: Colour = Field(default=Colour.LIGHT_BLUE, title="Colour", description="x")
    share: float = Field(default=0.5, title="Share", description="x", gt=0, lt=1)
    told: bool | None = Field(default=None, title="Told", description="x")
    sure: bool = Field(default=True, title="Sure", description="x")


Odd.name, Odd.title = "odd", "Odd"


@pytest.fixture
def odd(site):
    """Return the form of that command, sent with these values."""

    def make(values: dict[str, str] | None = None, **offers):
        form = form_for(Odd, ("v16",), Offers(**offers))
        with site.app.test_request_context(
            method="POST" if values is not None else "GET", data=values
        ):
            site.app.config["WTF_CSRF_ENABLED"] = False
            made = form.preset({}) if values is None else form()
            return made, [str(field) for field in made.visible]

    return make


def test_all_kinds_of_parameters_become_inputs(odd):
    _, inputs = odd()
    data, errors, process, colour, share, said, sure = inputs
    assert_says(data, 'maxlength="9"', "required", 'type="text"')
    assert_says(errors, 'type="number"', 'min="0"', 'max="5"', 'value=""')
    assert "step" not in errors
    assert "required" not in process
    assert_says(process, "<select", ">A<", ">B<")
    assert_says(colour, '<option selected value="light-blue">Light blue</option>')
    assert_says(share, 'step="any"', 'value="0.5"')
    assert_says(said, ">Yes<", ">No<", "selected")
    assert_says(sure, 'type="checkbox"', "checked")


def assert_says(html, *parts):
    assert [part for part in parts if part not in html] == []


def test_what_is_empty_takes_its_default(odd):
    form, _ = odd(
        {"data": "", "errors": "", "process": "", "colour": "red", "share": "", "told": ""}
    )
    assert form.values() == {"data": "", "colour": "red", "sure": False}
    assert form.to_command() == Odd(data="", colour=Colour.RED, sure=False)


def test_yes_no_and_nothing_are_three_things(odd):
    told = [odd({"data": "x", "told": text})[0].to_command().told for text in ("true", "false", "")]
    assert told == [True, False, None]


class Unshown(Command):
    """Has what no form can show."""

    parts: list[int] = Field(title="Parts", description="x")


def test_what_no_form_can_show_is_said_at_once():
    Unshown.name = "unshown"
    with pytest.raises(TypeError, match="parameter parts of unshown"):
        parameters(Unshown)


def test_a_sentence_begins_with_a_capital_letter():
    assert command_forms.sentence("soft: x") == "Soft: x"
    assert command_forms.sentence("") == ""
