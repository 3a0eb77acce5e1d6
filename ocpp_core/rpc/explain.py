"""What exactly is wrong with a payload: asked only after the fast validator said no."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from ocpp_core.errors import Kind
from ocpp_core.rpc.schemas import Node, Path, where

MOST_VIOLATIONS = 100

# Of several violations the one that says most about the sender is reported.
_RANK = {
    kind: rank
    for rank, kind in enumerate(
        (
            Kind.MISSING,
            Kind.TYPE,
            Kind.LENGTH,
            Kind.VALUE,
            Kind.OCCURRENCE,
            Kind.UNKNOWN_MEMBER,
        )
    )
}


class SchemaViolation(NamedTuple):
    """One place where a payload breaks its schema; the text never repeats the value."""

    kind: Kind
    path: Path
    text: str

    @property
    def description(self) -> str:
        """Return the place and what is wrong there."""
        return f"{where(self.path)} {self.text}"


def violations(node: Node, payload: Any) -> list[SchemaViolation]:
    """Return the first hundred violations, in the order of the payload."""
    return list(islice(_walk(node, payload, ()), MOST_VIOLATIONS))


def worst(found: list[SchemaViolation]) -> SchemaViolation:
    """Choose the violation to report: the same one for the same payload."""
    return min(found, key=lambda violation: _RANK[violation.kind])


def _walk(node: Node, value: Any, path: Path) -> Iterator[SchemaViolation]:
    fault = node.fault(value)
    if fault is not None:
        yield SchemaViolation(fault[0], path, fault[1])
        if fault[0] is Kind.TYPE:
            return
    if node.type == "object":
        yield from _walk_members(node, value, path)
    elif node.items is not None:
        for index, item in enumerate(value):
            yield from _walk(node.items, item, (*path, index))


def _walk_members(node: Node, value: dict[str, Any], path: Path) -> Iterator[SchemaViolation]:
    for name in node.required:
        if name not in value:
            yield SchemaViolation(Kind.MISSING, (*path, name), "is required")
    for name, member in value.items():
        child = node.properties.get(name)
        if child is not None:
            yield from _walk(child, member, (*path, name))
        elif node.closed:
            yield SchemaViolation(Kind.UNKNOWN_MEMBER, (*path, name), "is not known here")
