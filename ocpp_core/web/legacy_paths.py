"""The paths of OCPP.Core's commands, read into ours: each follows from a command's `legacy`."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from ..commands.base import Command, all_commands
from ..commands.parameters import ConnectorOrStation
from ..commands.remote_control import UnlockConnector
from ..errors import InvalidInput, NotFound

ALIASES = {
    "RemoteStartTransaction": "StartTransaction",
    "RemoteStopTransaction": "StopTransaction",
}

Values = dict[str, Any]


class UnlockAnyConnector(UnlockConnector):
    """Hands connector 0 on: OCPP.Core sent it where none was given, and the station decides."""

    connector: ConnectorOrStation = Field(default=0)


@dataclass(frozen=True, slots=True)
class Path:
    """The path of one command: its parameters, with what stands for one that cannot be used."""

    command: type[Command]
    parameters: tuple[tuple[str, str | None], ...]

    @classmethod
    def declared(cls, command: type[Command], text: str) -> Path:
        """Read a declaration such as `UnlockConnector/<station>/<connector=0>`."""
        pairs = (part.strip("<>").partition("=") for part in text.split("/")[2:])
        parameters = tuple((name, default if sign else None) for name, sign, default in pairs)
        return cls(UnlockAnyConnector if command is UnlockConnector else command, parameters)

    def read(self, segments: tuple[str, ...]) -> Command:
        """Make the command of the segments; those beyond its parameters are ignored."""
        given = itertools.chain(segments, itertools.repeat(""))
        values: Values = {}
        for (name, default), text in zip(self.parameters, given, strict=False):
            values |= _READERS[name](text, default)
        return self.command.from_values(values)


def find(name: str) -> Path:
    """Return the path that begins with `name`; NotFound for any other."""
    path = _paths().get(ALIASES.get(name, name))
    if path is None:
        raise NotFound(f"no command {name[:50]}")
    return path


@functools.cache
def _paths() -> Mapping[str, Path]:
    declared = [(command, command.legacy) for command in all_commands() if command.legacy]
    return {text.split("/")[0]: Path.declared(command, text) for command, text in declared}


def _connector(text: str, default: str | None) -> Values:
    if re.fullmatch(r"\s*[+-]?[0-9]{1,9}\s*", text, re.ASCII):
        return {"connector": int(text)}
    if default is None:
        raise InvalidInput("the connector is no number")
    return {"connector": int(default)}


def _limit(text: str, _default: str | None) -> Values:
    """Read a limit such as `2000W` or `16a`."""
    found = re.fullmatch(r"([0-9]{1,12})([AaWw])", text)
    if found is None:
        raise InvalidInput("the limit is no number followed by A or W")
    return {"value": float(found[1]), "unit": found[2].upper()}


def _tag(text: str, _default: str | None) -> Values:
    return {"tag": text}


_READERS: Mapping[str, Callable[[str, str | None], Values]] = {
    "connector": _connector,
    "limit": _limit,
    "tag": _tag,
}
