"""What a form has to know of the parameters of a command, read from its declaration."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...commands.base import Command

# Keywords of JSON schema, and the attributes of an input that say the same.
LIMITS = {
    "minimum": "min",
    "maximum": "max",
    "multipleOf": "step",
    "minLength": "minlength",
    "maxLength": "maxlength",
    "pattern": "pattern",
}
WHOLE, NUMBER, TEXT, YES_OR_NO, CHOICE = "integer", "number", "string", "boolean", "choice"
KINDS = (WHOLE, NUMBER, TEXT, YES_OR_NO)


@dataclass(frozen=True)
class Parameter:
    """One parameter; `default` is text as a form has it."""

    name: str
    title: str
    help: str
    kind: str
    is_required: bool
    is_optional: bool  # None is a value
    default: str
    limits: Mapping[str, Any] = field(default_factory=dict)
    values: tuple[str, ...] = ()  # of a choice

    @property
    def takes_empty(self) -> bool:
        """Tell whether an empty text is a value of its own."""
        return self.kind == TEXT and self.is_required and not self.limits.get("minlength")


@functools.cache
def parameters(command: type[Command]) -> tuple[Parameter, ...]:
    """Return the parameters of a command. Raises TypeError for one that no form can show."""
    schema = command.model_json_schema()
    definitions = schema.get("$defs", {})
    required = schema.get("required", ())
    return tuple(
        _parameter(command, name, declared, definitions, name in required)
        for name, declared in schema.get("properties", {}).items()
    )


def label(value: str) -> str:
    """Return an allowed value as people read it: in OCPP's own words as they stand."""
    if value != value.lower():
        return value
    words = value.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def paragraphs(command: type[Command]) -> tuple[str, ...]:
    """Return the description of a command, each paragraph in one line."""
    text = inspect.getdoc(command) or ""
    return tuple(" ".join(part.split()) for part in text.split("\n\n"))


def words(command: type[Command]) -> Iterator[str]:
    """Yield all texts of a declaration that people see: each wants its translation."""
    yield command.title
    yield from paragraphs(command)
    yield from (question.text for question in command.questions)
    yield from command.answers.values()
    for parameter in parameters(command):
        yield parameter.title
        yield parameter.help
        yield from (label(value) for value in parameter.values)


def _parameter(
    command: type[Command],
    name: str,
    declared: Mapping[str, Any],
    definitions: Mapping[str, Any],
    is_required: bool,
) -> Parameter:
    kinds = declared.get("anyOf", [declared])
    given = [kind for kind in kinds if kind.get("type") != "null"]
    schema = {**_resolved(given[0], definitions), **_without(declared, "anyOf", "$ref")}
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    kind = CHOICE if values else schema.get("type")
    if len(given) > 1 or kind not in (*KINDS, CHOICE):
        raise TypeError(f"no form can show parameter {name} of {command.name}: {declared}")
    default = schema.get("default")
    return Parameter(
        name,
        schema.get("title", name),
        schema.get("description", ""),
        kind,
        is_required,
        len(given) < len(kinds),
        "" if default is None else written(default),
        {LIMITS[key]: value for key, value in schema.items() if key in LIMITS},
        tuple(map(str, values)),
    )


def written(value: Any) -> str:
    """Return a value of a parameter as the text of a form."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def as_texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Return values of parameters as a query that fills in their form."""
    return {name: written(value) for name, value in values.items() if value is not None}


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        found = definitions[schema["$ref"].rpartition("/")[2]]
        return _without(found, "title", "description")  # those of the enumeration's class
    return schema


def _without(mapping: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in mapping.items() if name not in names}
