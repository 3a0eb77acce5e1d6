"""Names on the wire and names in Python, from tables made of the schemas.

A member of a message is called as the library's dataclass calls its field: matched without case
and underscores, never by rules of conversion, which lose dozens of names of OCPP 2.1.
"""

from __future__ import annotations

import dataclasses
import decimal
import enum
import importlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ocpp_core.rpc.schemas import Node

CUSTOM_DATA = "customData"

_PLAIN = frozenset({str, int, float, bool})
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Namer:
    """Knows how the library calls the members of one OCPP version."""

    def __init__(self, package: str) -> None:
        modules = ("datatypes", "call_result", "call")
        self._modules = {
            name: importlib.import_module(f"ocpp.{package}.{name}") for name in modules
        }
        self._known: dict[str, str] = {}
        for module in self._modules.values():
            for name in _fields_of_module(module):
                self._known.setdefault(normalised(name), name)

    def python_name(self, wire: str) -> str:
        """Name a member of a nested object."""
        known = self._known.get(normalised(wire))
        return known or _HUMP.sub("_", wire).lower()

    def class_of(self, module: str, action: str) -> type | None:
        """Return the dataclass of a message, None when the library has none."""
        found = getattr(self._modules[module], action, None)
        return found if isinstance(found, type) and dataclasses.is_dataclass(found) else None


def normalised(name: str) -> str:
    """Return what a wire name and its Python name have in common."""
    return name.lower().replace("_", "")


def _fields_of_module(module: Any) -> Iterator[str]:
    for member in vars(module).values():
        if isinstance(member, type) and dataclasses.is_dataclass(member):
            yield from (field.name for field in dataclasses.fields(member))


class Names:
    """The names of one object of a message, and the order of its members on the wire."""

    def __init__(
        self, rows: list[tuple[str, str, Names | None]], *, free: bool, order: list[str]
    ) -> None:
        self.python = {wire: name for wire, name, _ in rows}
        self.children = {wire: child for wire, _, child in rows if child is not None}
        self._rows = sorted(rows, key=lambda row: order.index(row[0]))
        self._known = self.python.keys() | set(self.python.values())
        self._free = free
        self._renamed = {
            wire: child for wire, child in self.children.items() if not child.untouched
        }
        same = all(wire == name for wire, name in self.python.items())
        #: whether wire and Python agree here and below
        self.untouched: bool = free or (same and not self._renamed)

    def to_python(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Give the members their Python names; an unknown one keeps its own."""
        if self.untouched:
            return payload
        names, renamed = self.python, self._renamed
        named: dict[str, Any] = {}
        for wire, value in payload.items():
            child = renamed.get(wire)
            content = value if child is None else child._value_to_python(value)
            name = names.get(wire)
            if name is None:
                named.setdefault(wire, content)
            else:
                named[name] = content
        return named

    def _value_to_python(self, value: Any) -> Any:
        if type(value) is dict:
            return self.to_python(value)
        if type(value) is list:
            return [self.to_python(item) if type(item) is dict else item for item in value]
        return value

    def to_wire(self, values: Any) -> dict[str, Any]:
        """Give the members their wire names and order; None is dropped."""
        members = _members(values)
        wired: dict[str, Any] = {}
        for wire, name, child in self._rows:
            value = members.get(name)
            if value is None:
                value = members.get(wire)
                if value is None:
                    continue
            if child is not None:
                value = child._value_to_wire(value)
            elif type(value) not in _PLAIN:
                value = _plain(value)
            wired[wire] = value
        if len(wired) < len(members):
            self._keep_unknown(members, wired)
        return wired

    def _keep_unknown(self, members: Mapping[str, Any], wired: dict[str, Any]) -> None:
        for name, value in members.items():
            if value is not None and name not in self._known:
                wired[name] = _plain(value)

    def _value_to_wire(self, value: Any) -> Any:
        if dataclasses.is_dataclass(value):
            return self.to_wire(value)
        if self._free:
            return value
        if isinstance(value, Mapping):
            return self.to_wire(value)
        if isinstance(value, list | tuple):
            return [self._value_to_wire(item) for item in value if item is not None]
        return _plain(value)


def build(node: Node, namer: Namer, message: type | None, order: list[str]) -> Names:
    """Make the tables of a message whose top-level members are named by a dataclass."""
    own = {normalised(field.name): field.name for field in _fields(message)}
    nested = _Nested(namer)
    rows = [
        (wire, own.get(normalised(wire)) or namer.python_name(wire), nested.names(child))
        for wire, child in node.properties.items()
    ]
    return Names(rows, free=False, order=order)


class _Nested:
    """Makes the tables of nested objects, each definition once."""

    def __init__(self, namer: Namer) -> None:
        self._namer = namer
        self._made: dict[Node, Names] = {}

    def names(self, node: Node) -> Names | None:
        """Return the names of an object, or of a list's objects; None for plain values."""
        while node.items is not None:
            node = node.items
        if not node.free and node.type != "object":
            return None
        if node not in self._made:
            rows = [
                (wire, self._namer.python_name(wire), self.names(child))
                for wire, child in node.properties.items()
            ]
            self._made[node] = Names(rows, free=node.free, order=custom_data_last(node))
        return self._made[node]


def _fields(message: type | None) -> tuple[dataclasses.Field[Any], ...]:
    return () if message is None else dataclasses.fields(message)


def custom_data_last(node: Node) -> list[str]:
    """Order members as the tables of the OCPP text do, which end with the vendor's part."""
    return sorted(node.properties, key=CUSTOM_DATA.__eq__)


def _members(values: Any) -> Mapping[str, Any]:
    if isinstance(values, Mapping):
        return values
    members: dict[str, Any] = vars(values)
    return members


def _plain(value: Any) -> Any:
    """Turn enums and decimals into what JSON has; free-form content stays as it is."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value if item is not None]
    return value
