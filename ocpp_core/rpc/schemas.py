"""The JSON schemas of the `ocpp` package, as trees that can be walked without a validator.

They use a small part of draft 4 (a test tells when that changes): types, members, items, and
limits. Explaining, mending and renaming a payload all follow this one tree.
"""

from __future__ import annotations

import importlib.resources
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import orjson

from ocpp_core.errors import Kind

Path = tuple[str | int, ...]
Fault = tuple[Kind, str]

LONGEST_NAME = 40  # of a member in a description: the name may come from the station

_TYPES: dict[str, tuple[Any, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_ARTICLES = {"object": "an object", "array": "a list", "integer": "an integer"}


@dataclass(slots=True, eq=False)
class Node:
    """One place of a payload and what may stand there; without a type anything may."""

    type: str | None = None
    properties: dict[str, Node] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    closed: bool = False  # no members but `properties`
    items: Node | None = None
    min_items: int = 0
    max_items: int | None = None
    max_length: int | None = None
    choices: frozenset[str] | None = None
    minimum: float | None = None
    maximum: float | None = None
    multiple_of: Fraction | None = None

    @property
    def free(self) -> bool:
        """Tell whether the content belongs to the vendor: customData, and data of 2.x."""
        return self.type is None or (self.type == "object" and not self.closed)

    def fault(self, value: Any) -> Fault | None:
        """Judge a value by itself, without its members or items."""
        if self.type is None:
            return None
        if not isinstance(value, _TYPES[self.type]) or self._disguised(value):
            return Kind.TYPE, f"must be {_ARTICLES.get(self.type, 'a ' + self.type)}"
        if self.type == "string":
            return self._fault_of_text(value)
        if self.type == "array":
            return self.fault_of_count(len(value))
        if self.type in ("integer", "number"):
            return self._fault_of_number(value)
        return None

    def _disguised(self, value: Any) -> bool:
        return isinstance(value, bool) and self.type != "boolean"

    def _fault_of_text(self, value: str) -> Fault | None:
        if self.max_length is not None and len(value) > self.max_length:
            return Kind.LENGTH, f"has over {self.max_length} characters"
        if self.choices is not None and value not in self.choices:
            return Kind.VALUE, "is none of the values allowed"
        return None

    def fault_of_count(self, count: int) -> Fault | None:
        """Judge the number of a list's items."""
        if count < self.min_items:
            return Kind.OCCURRENCE, f"must have at least {self.min_items} item(s)"
        if self.max_items is not None and count > self.max_items:
            return Kind.OCCURRENCE, f"must have at most {self.max_items} item(s)"
        return None

    def _fault_of_number(self, value: float) -> Fault | None:
        if isinstance(value, float) and not math.isfinite(value):
            return Kind.VALUE, "must be a finite number"
        if self.minimum is not None and value < self.minimum:
            return Kind.VALUE, f"must be at least {self.minimum:g}"
        if self.maximum is not None and value > self.maximum:
            return Kind.VALUE, f"must be at most {self.maximum:g}"
        if self.multiple_of and (_exact(value) / self.multiple_of).denominator != 1:
            return Kind.VALUE, f"must be a multiple of {float(self.multiple_of):g}"
        return None


def _exact(value: float) -> Fraction:
    """Return the number that was written: 21.4 is a multiple of 0.1 although its float is not."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def build(schema: Mapping[str, Any]) -> Node:
    """Make the tree of one schema; equal definitions become the same node."""
    return _Builder(schema.get("definitions", {})).node(schema)


class _Builder:
    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._built: dict[str, Node] = {}

    def node(self, schema: Mapping[str, Any]) -> Node:
        if "$ref" in schema:
            return self._defined(schema["$ref"].rpartition("/")[2])
        return self._node(schema)

    def _defined(self, name: str) -> Node:
        if name not in self._built:
            self._built[name] = self._node(self._definitions[name])
        return self._built[name]

    def _node(self, schema: Mapping[str, Any]) -> Node:
        members = schema.get("properties", {})
        step = schema.get("multipleOf")
        return Node(
            type=schema.get("type"),
            properties={name: self.node(member) for name, member in members.items()},
            required=tuple(schema.get("required", ())),
            closed=schema.get("additionalProperties") is False,
            items=self.node(schema["items"]) if "items" in schema else None,
            min_items=schema.get("minItems", 0),
            max_items=schema.get("maxItems"),
            max_length=schema.get("maxLength"),
            choices=frozenset(schema["enum"]) if "enum" in schema else None,
            minimum=schema.get("minimum"),
            maximum=schema.get("maximum"),
            multiple_of=None if step is None else Fraction(str(step)),
        )


def where(path: Path) -> str:
    """Write a path as people read it; the root has no name of its own."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part[:LONGEST_NAME]}"
    return text.removeprefix(".") or "the payload"


def names_of_files(package: str) -> list[str]:
    """Return the names, without `.json`, of the schema files of one OCPP version."""
    folder = importlib.resources.files("ocpp") / package / "schemas"
    return sorted(
        entry.name.removesuffix(".json")
        for entry in folder.iterdir()
        if entry.name.endswith(".json")
    )


def load(package: str, name: str) -> dict[str, Any]:
    """Read one schema file; some begin with a byte order mark."""
    file = importlib.resources.files("ocpp") / package / "schemas" / f"{name}.json"
    schema: dict[str, Any] = orjson.loads(file.read_text(encoding="utf-8-sig"))
    return schema
