"""The messages of each OCPP version: their schemas, names and classes, compiled when first used."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from ocpp_core.errors import NotSupportedByVersion, Violation
from ocpp_core.rpc import explain, names, schemas
from ocpp_core.rpc.explain import SchemaViolation
from ocpp_core.rpc.names import Namer, Names, custom_data_last
from ocpp_core.rpc.repair import Tolerance, repair
from ocpp_core.rpc.schemas import Node

__all__ = ["Messages", "Schema", "SchemaViolation", "Tolerance", "for_version", "repair"]


class Schema:
    """One request or response of one version. Safe for many threads; keeps no payload."""

    def __init__(self, document: Mapping[str, Any], name: Callable[[Node], Names]) -> None:
        self.node = schemas.build(document)
        self.names = name(self.node)
        # Draft 4 as the library has it: 1.0 is no integer, formats are not looked at.
        self._validator = jsonschema_rs.Draft4Validator(dict(document), validate_formats=False)

    def valid(self, payload: Any) -> bool:
        """Tell whether the payload follows its schema."""
        try:
            return self._validator.is_valid(payload)
        except ValueError:  # nested too deeply for it, or names that are no text
            return not self._explain(payload)
        except BaseException as crash:
            if type(crash).__name__ != "PanicException":  # how Rust's failures arrive here
                raise
            return not self._explain(payload)

    def violations(self, payload: Any) -> list[SchemaViolation]:
        """Return what breaks the schema, nothing when the payload is valid."""
        return [] if self.valid(payload) else self._explain(payload)

    def check(self, payload: Any) -> None:
        """Raise Violation for the weightiest of the payload's violations."""
        found = self.violations(payload)
        if found:
            violation = explain.worst(found)
            raise Violation(violation.kind, violation.description)

    def to_python(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Give all members their Python names; free-form content stays untouched.

        Parts in which no name differs are shared with the payload, not copied.
        """
        return self.names.to_python(payload)

    def to_wire(self, values: Any) -> dict[str, Any]:
        """Give all members of a mapping or dataclass their wire names, in the text's order."""
        return self.names.to_wire(values)

    def _explain(self, payload: Any) -> list[SchemaViolation]:
        return explain.violations(self.node, payload)


@dataclass(frozen=True)
class _Version:
    """Where the library keeps a version, and where the order of its schemas is not the text's."""

    name: str
    package: str
    orders: Mapping[str, Callable[[Node], list[str]]]


class Messages:
    """All messages of one version. Safe for many threads."""

    def __init__(self, version: _Version) -> None:
        self.version = version.name
        self._orders = version.orders
        self._package = version.package
        self._namer = Namer(version.package)
        files = schemas.names_of_files(version.package)
        self._response_files = {
            name.removesuffix("Response"): name for name in files if name.endswith("Response")
        }
        self._request_files = {
            name.removesuffix("Request"): name for name in files if not name.endswith("Response")
        }
        self.actions = frozenset(self._request_files)
        self._requests: dict[str, Schema] = {}
        self._responses: dict[str, Schema] = {}
        self._compiling = threading.Lock()

    def knows(self, action: str) -> bool:
        """Tell whether this version has a request of this name, whoever may send it."""
        return action in self.actions

    def request(self, action: str) -> Schema:
        """Return the schema of a CALL or SEND; NotSupportedByVersion when there is none."""
        schema = self._requests.get(action)
        return schema or self._compiled(self._requests, self._request_files, "call", action)

    def response(self, action: str) -> Schema:
        """Return the schema of a CALLRESULT; NotSupportedByVersion when there is none."""
        schema = self._responses.get(action)
        return schema or self._compiled(
            self._responses, self._response_files, "call_result", action
        )

    def call_class(self, action: str) -> type:
        """Return the library's dataclass of a request."""
        return self._class("call", action)

    def result_class(self, action: str) -> type:
        """Return the library's dataclass of a response."""
        return self._class("call_result", action)

    def _class(self, module: str, action: str) -> type:
        found = self._namer.class_of(module, action) if self.knows(action) else None
        if found is None:
            raise self._absent(action)
        return found

    def _compiled(
        self, compiled: dict[str, Schema], files: dict[str, str], module: str, action: str
    ) -> Schema:
        file = files.get(action)
        if file is None:
            raise self._absent(action)
        with self._compiling:
            if action not in compiled:
                message = self._namer.class_of(module, action)
                order = self._orders.get(file, custom_data_last)
                compiled[action] = Schema(
                    schemas.load(self._package, file),
                    lambda node: names.build(node, self._namer, message, order(node)),
                )
            return compiled[action]

    def _absent(self, action: str) -> NotSupportedByVersion:
        return NotSupportedByVersion(f"OCPP {self.version} has no such message: {action[:50]}")


def _alphabetical(node: Node) -> list[str]:
    return sorted(node.properties)


_VERSIONS = {
    version.name: version
    for version in (
        # OCPP 1.6, 6.3 and 6.4: these tables are alphabetical, their schemas are not.
        _Version(
            "1.6",
            "v16",
            {"BootNotification": _alphabetical, "BootNotificationResponse": _alphabetical},
        ),
        _Version("2.0.1", "v201", {}),
        _Version("2.1", "v21", {}),
    )
}


@functools.cache
def for_version(version: str) -> Messages:
    """Return the messages of "1.6", "2.0.1" or "2.1"; KeyError for anything else."""
    return Messages(_VERSIONS[version])
