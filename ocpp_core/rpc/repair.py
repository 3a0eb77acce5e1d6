"""Make the best of a payload that breaks its schema, as far as the message's loss would cost.

A message that brings money (the end of a transaction) or many values (meter samples) is better
used without its broken parts than refused. What was left out or bent is told, to be logged.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ocpp_core.errors import Kind, Violation
from ocpp_core.rpc import explain
from ocpp_core.rpc.parsing import LARGEST_INTEGER
from ocpp_core.rpc.schemas import Fault, Node, Path, where

if TYPE_CHECKING:
    from ocpp_core.rpc.payloads import Schema

MOST_REPAIRS = 1000

READINGS = ("meterValue", "transactionData")  # top-level lists of moments with samples
SAMPLES = "sampledValue"
REGISTERS = (("meterStart",), ("meterStop",))  # integers in 1.6; meters count fractions of a Wh
_READING_PATHS = [(name,) for name in READINGS]

_NUMBER = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,300})?([eE][+-]?[0-9]{1,3})?", re.ASCII)


class Tolerance(enum.Enum):
    """How much of a broken message is worth saving."""

    STRICT = "strict"  # nothing: the first violation is raised
    SAMPLES = "samples"  # the good meter samples beside bad ones
    OPTIONAL = "optional"  # all but its required members; numbers may be text, text numbers
    LENIENT = "lenient"  # as OPTIONAL, and limits, choices and unknown members do not matter


def repair(
    schema: Schema,
    payload: dict[str, Any],
    tolerance: Tolerance,
    assumed: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any], list[str]]:
    """Return a payload as good as it can be made, and what was left out, bent or assumed.

    From OPTIONAL on, `assumed` has what stands in for required members that are missing or
    useless. A valid payload comes back itself, a repaired one is a copy. Raises Violation for what
    cannot be left out.
    """
    if tolerance is Tolerance.STRICT or not isinstance(payload, dict):
        schema.check(payload)
        return payload, []
    if schema.valid(payload):
        return payload, []
    notes = _Notes()
    try:
        if tolerance is Tolerance.SAMPLES:
            return _without_bad_samples(schema, payload, notes), notes.texts
        mender = _Mender(notes, assumed or {}, lenient=tolerance is Tolerance.LENIENT)
        return mender.mend_object(schema.node, payload, ()), notes.texts
    except _TooManyRepairs as end:
        raise Violation(Kind.OCCURRENCE, "too many parts of the message are wrong") from end


class _TooManyRepairs(Exception):
    """Ends the work on a message of which nothing much would be left."""


class _Notes:
    """What was done to a payload, in a bounded number of lines."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def add(self, text: str) -> None:
        if len(self.texts) >= MOST_REPAIRS:
            raise _TooManyRepairs
        self.texts.append(text)


def _violation(path: Path, fault: Fault) -> Violation:
    return Violation(fault[0], f"{where(path)} {fault[1]}")


class _Mender:
    """Removes the smallest optional part around each fault; follows the tree of the schema."""

    def __init__(self, notes: _Notes, assumed: Mapping[str, Any], *, lenient: bool) -> None:
        self._notes = notes
        self._assumed = assumed
        self._lenient = lenient

    def mend_object(self, node: Node, value: dict[str, Any], path: Path) -> dict[str, Any]:
        """Return a copy without what cannot be used; raise when a required member is lost."""
        mended: dict[str, Any] = {}
        for name, member in value.items():
            self._mend_member(node, name, member, path, mended)
        for name in node.required:
            if name in mended:
                continue
            if not self._has_assumed(name, path):
                raise _violation((*path, name), (Kind.MISSING, "is required"))
            self._notes.add(f"assumed: {name} is required")
            mended[name] = self._assumed[name]
        return mended

    def _has_assumed(self, name: str, path: Path) -> bool:
        return not path and name in self._assumed

    def _mend_member(
        self, node: Node, name: str, member: Any, path: Path, mended: dict[str, Any]
    ) -> None:
        child = node.properties.get(name)
        if child is None:
            if self._lenient or not node.closed:
                mended[name] = member
            else:
                self._notes.add(f"left out: {where((*path, name))} is not known here")
            return
        try:
            mended[name] = self._mend(child, member, (*path, name))
        except Violation as violation:
            if name in node.required and not self._has_assumed(name, path):
                raise
            self._notes.add(f"left out {where((*path, name))}: {violation.description}")

    def _mend(self, node: Node, value: Any, path: Path) -> Any:
        fault = node.fault(value)
        if fault is not None and fault[0] is Kind.TYPE:
            return self._bend(node, value, path, fault)
        if node.type == "object":
            return self.mend_object(node, value, path)
        if node.items is not None:
            return self._mend_list(node, node.items, value, path)
        if fault is None or self._lenient:
            return value
        if node.type != "string":
            raise _violation(path, fault)
        self._notes.add(f"kept although {where(path)} {fault[1]}")
        return value

    def _mend_list(self, node: Node, item_node: Node, value: list[Any], path: Path) -> list[Any]:
        mended = []
        for index, item in enumerate(value):
            try:
                mended.append(self._mend(item_node, item, (*path, index)))
            except Violation as violation:
                self._notes.add(f"left out {where((*path, index))}: {violation.description}")
        if self._lenient or (value and path in _READING_PATHS):
            return mended
        if value and not mended and path[-1] == SAMPLES:
            raise _violation(path, (Kind.OCCURRENCE, "has no usable item"))
        return self._mend_count(node, mended, path)

    def _mend_count(self, node: Node, items: list[Any], path: Path) -> list[Any]:
        fault = node.fault_of_count(len(items))
        if fault is None:
            return items
        if len(items) < node.min_items:
            raise _violation(path, fault)
        self._notes.add(f"left out the last items: {where(path)} {fault[1]}")
        return items[: node.max_items]

    def _bend(self, node: Node, value: Any, path: Path, fault: Fault) -> Any:
        bent = _as_type("number" if path in REGISTERS else node.type, value)
        if bent is None:
            raise _violation(path, fault)
        self._notes.add(f"bent: {where(path)} {fault[1]}")
        return bent


def _as_type(wanted: str | None, value: Any) -> Any:
    """Return a number as text, or text as a number, when nothing is lost; else None."""
    if isinstance(value, bool):
        return None
    if wanted == "string":
        return str(value) if isinstance(value, int | float) else None
    if wanted not in ("number", "integer"):
        return None
    number = _number(value)
    if number is not None and number == int(number):
        return int(number)
    return number if wanted == "number" else None


def _number(value: Any) -> int | float | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value) if set(value) & set(".eE") else int(value)
    if not isinstance(value, int | float) or abs(value) > LARGEST_INTEGER:
        return None
    return value


def _without_bad_samples(schema: Schema, payload: dict[str, Any], notes: _Notes) -> dict[str, Any]:
    mended = dict(payload)
    emptied = []
    for name in READINGS:
        node = schema.node.properties.get(name)
        readings = payload.get(name)
        if node is None or node.items is None or not isinstance(readings, list):
            continue
        mended[name] = _good_readings(node.items, readings, (name,), notes)
        if readings and not mended[name]:
            emptied.append((Kind.OCCURRENCE, (name,)))
    found = explain.violations(schema.node, mended)
    left = [violation for violation in found if (violation.kind, violation.path) not in emptied]
    if left:
        violation = explain.worst(left)
        raise Violation(violation.kind, violation.description)
    return mended


def _good_readings(node: Node, readings: list[Any], path: Path, notes: _Notes) -> list[Any]:
    """Leave out bad samples, readings without any left, and broken readings beside sound ones."""
    kept = []
    for index, reading in enumerate(readings):
        cleaned = _with_good_samples(node, reading, (*path, index), notes)
        if cleaned is not None:
            kept.append((index, cleaned, explain.violations(node, cleaned)))
    if not any(not found for _, _, found in kept):
        return [reading for _, reading, _ in kept]
    for index, _, found in kept:
        if found:
            notes.add(f"left out {where((*path, index))}: {explain.worst(found).description}")
    return [reading for _, reading, found in kept if not found]


def _with_good_samples(node: Node, reading: Any, path: Path, notes: _Notes) -> Any:
    """Return the reading without its bad samples, None when it had only such."""
    samples = reading.get(SAMPLES) if isinstance(reading, dict) else None
    samples_node = node.properties.get(SAMPLES)
    if not isinstance(samples, list) or not samples or samples_node is None:
        return reading
    good = []
    for index, sample in enumerate(samples):
        found = explain.violations(samples_node.items or Node(), sample)
        if not found:
            good.append(sample)
            continue
        place = where((*path, SAMPLES, index))
        notes.add(f"left out {place}: {explain.worst(found).description}")
    return {**reading, SAMPLES: good} if good else None
