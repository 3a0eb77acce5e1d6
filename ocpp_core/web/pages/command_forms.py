"""Forms of commands, made of their declarations: nothing here knows a single command.

The browser checks limits as far as HTML can say them; the command's own model has the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from flask_babel import gettext as _
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.fields.core import UnboundField
from wtforms.widgets import NumberInput

from ...commands.base import Command
from ...errors import InvalidInput, OcppCoreError
from ..forms import Form
from ..localization import DASH, say
from . import command_parameters as declared
from .command_parameters import Parameter

YES = "true"
STATION = "0"  # the connector that stands for the whole station

Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Offers:
    """What a station has to choose from: values with their labels."""

    connectors: Choices = ()
    transactions: Choices = ()
    tags: Choices = ()

    def of(self, name: str) -> Choices:
        """Return what there is for a parameter, by its name."""
        known = {"connector": self.connectors, "evse": self.connectors}
        return known.get(name, self.transactions if name == "transaction" else ())

    def suggested(self, name: str) -> Choices:
        """Return what there is for a parameter that takes any other value too."""
        return self.tags if name == "tag" else ()


class Limits:
    """The limits of a parameter as attributes of its input; the command's model enforces them."""

    def __init__(self, parameter: Parameter) -> None:
        step = "any" if parameter.kind == declared.NUMBER else None
        flags = {"step": step, "required": parameter.is_required or None, **parameter.limits}
        self.field_flags = {name: value for name, value in flags.items() if value is not None}

    def __call__(self, form: Form, field: Any) -> None:
        """Check nothing here."""


class CommandForm(Form):
    """Base of the forms of commands; their fields are named as the parameters are."""

    command: ClassVar[type[Command]]
    names: ClassVar[Mapping[str, str]]  # attributes of the form by parameter
    suggestions: ClassVar[Mapping[str, Choices]]  # by the id of the list

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for field in self.visible:
            if isinstance(field, SelectField) and not _is_offered(field):
                field.choices = [*field.choices, SelectChoice(field.data)]

    @classmethod
    def preset(cls, given: Mapping[str, str]) -> CommandForm:
        """Return the form to fill in, with the values given."""
        known = {cls.names[name]: text for name, text in given.items() if name in cls.names}
        ticked = {name: text == YES for name, text in known.items() if _is_tick(cls, name)}
        return cls(formdata=None, data={**known, **ticked})

    def to_command(self) -> Command:
        """Return the command that was filled in. Raises InvalidInput."""
        return self.command.from_values(self.values())

    def values(self) -> dict[str, Any]:
        """Return what was filled in; what was left empty takes its default."""
        found = {}
        for parameter in declared.parameters(self.command):
            attribute = self.names.get(parameter.name)
            value = self[attribute].data if attribute else None
            if value not in (None, "") or (attribute and parameter.takes_empty):
                found[parameter.name] = value
        return found

    def explain(self, error: OcppCoreError, names: Mapping[str, str] | None = None) -> None:
        """Put what is wrong beside the fields, or on top where it concerns them together."""
        if isinstance(error, InvalidInput) and "body" in error.fields:
            self.general.append(sentence(say(error.fields["body"])))
        else:
            super().explain(error, names or self.names)

    @property
    def sent(self) -> list[tuple[str, str]]:
        """Return names and texts as they were sent, to be sent once more."""
        fields = [self[attribute] for attribute in self.names.values()]
        return [(field.name, field.raw_data[0]) for field in fields if field.raw_data]


def form_for(command: type[Command], dialects: Sequence[str], offers: Offers) -> type[CommandForm]:
    """Return the form class of a command for a station whose version has these dialects."""
    known = [each for each in declared.parameters(command) if command.has(each.name, dialects)]
    names = {each.name: f"parameter_{each.name}" for each in known}
    suggestions = {list_id(each.name): offers.suggested(each.name) for each in known}
    fields = {
        names[each.name]: _field(each, offers, set(map(str, command.lacks(each.name, dialects))))
        for each in known
    }
    return type(
        "FormOfCommand",
        (CommandForm,),
        {
            "command": command,
            "names": names,
            "suggestions": {name: choices for name, choices in suggestions.items() if choices},
            **fields,
        },
    )


def list_id(name: str) -> str:
    """Return the id of the list of suggestions for a parameter."""
    return f"suggested-{name}"


def sentence(text: str) -> str:
    """Return a text with a capital letter in front."""
    return text[:1].upper() + text[1:]


def labelled(parameter: Parameter, value: Any) -> str:
    """Return a value of a parameter as people read it."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return say(declared.label(str(value))) if parameter.values else str(value)


def _field(parameter: Parameter, offers: Offers, absent: set[str]) -> UnboundField:
    """Return the field of a parameter, without the values that the version does not have."""
    options: dict[str, Any] = {"default": parameter.default}
    kind: Callable[..., UnboundField] = StringField
    choices = _choices(parameter, offers, absent)
    if choices is not None:
        kind = SelectField
        offered = [SelectChoice(value, text) for value, text in choices]
        options |= {"choices": offered, "validate_choice": False}
        options["default"] = parameter.default or (parameter.is_required and _only(choices)) or ""
    elif parameter.kind == declared.YES_OR_NO:
        kind, options["default"] = BooleanField, parameter.default == YES
    elif parameter.kind in (declared.WHOLE, declared.NUMBER):
        options["widget"] = NumberInput()
    elif offers.suggested(parameter.name):
        options["render_kw"] = {"list": list_id(parameter.name), "autocomplete": "off"}
    return kind(
        say(parameter.title),
        [Limits(parameter)],
        id=f"parameter-{parameter.name}",
        name=parameter.name,
        description=sentence(say(parameter.help)),
        **options,
    )


def _choices(
    parameter: Parameter, offers: Offers, absent: set[str]
) -> list[tuple[str, str]] | None:
    """Return what can be chosen, None where anything can be filled in."""
    offered = list(offers.of(parameter.name))
    if parameter.kind == declared.CHOICE:
        values = [value for value in parameter.values if value not in absent]
        return [*_none(parameter), *((value, say(declared.label(value))) for value in values)]
    if parameter.kind == declared.YES_OR_NO and (parameter.is_required or parameter.is_optional):
        return [*_none(parameter), (YES, _("Yes")), ("false", _("No"))]
    if parameter.kind != declared.WHOLE or not offered:
        return None
    if parameter.limits.get("min") == 0 and not parameter.is_optional:
        offered = [(STATION, _("Whole station")), *offered]
    return [*_none(parameter), *offered]


def _only(choices: Choices) -> str:
    """Return the only value there is to choose, or nothing."""
    values = [value for value, _ in choices if value]
    return values[0] if len(values) == 1 else ""


def _none(parameter: Parameter) -> list[tuple[str, str]]:
    """Return the choice of nothing: none where there is a default."""
    if parameter.is_required:
        return [("", _("Please choose"))]
    return [] if parameter.default else [("", DASH)]


def _is_offered(field: SelectField) -> bool:
    return field.data in {choice.value for choice in field.choices}


def _is_tick(form: type[CommandForm], attribute: str) -> bool:
    return getattr(form, attribute).field_class is BooleanField
