"""What a command is, and the list of all of them.

A command is a pydantic model: its fields are its parameters with limits and help, from which REST,
the old API, OpenAPI and forms are made. For each OCPP dialect it can speak it has a method that
builds the request: `v16`, `v201`, `v21`, or `v2` for 2.0.1 and 2.1 alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ..domain.roles import Role
from ..errors import CallRefused, InvalidInput, NotFound, NotSupportedByVersion, OcppCoreError


@dataclass(frozen=True, slots=True)
class Target:
    """The station that a command is for, as its builders see it."""

    id: str
    version: str
    dialects: Sequence[str]  # names of builders, the best first
    call: ModuleType  # the library's request classes of the station's version
    cleans_tags: bool
    now: datetime
    single: bool = False  # one active transaction per tag


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command: the station's own status, and whether it did what was asked."""

    status: str
    done: bool
    data: dict[str, Any] = field(default_factory=dict)
    refused: bool = False  # the station answered with a CALLERROR


class Command(BaseModel):
    """Base of all commands; its parameters are its fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    name: ClassVar[str]
    title: ClassVar[str]
    # OCPP.Core's path, for example "UnlockConnector/<station>/<connector=0>": with a value where
    # what is missing or no number stands for it.
    legacy: ClassVar[str | None] = None
    permission: ClassVar[Role] = Role.OPERATOR
    fails: ClassVar[tuple[type[OcppCoreError], ...]] = ()  # besides what may happen to all
    done_statuses: ClassVar[frozenset[str]] = frozenset({"Accepted"})

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Command:
        """Make the command of loose values; InvalidInput names each bad one."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            fields = {
                ".".join(map(str, part["loc"])) or "body": part["msg"].removeprefix("Value error, ")
                for part in error.errors()
            }
            raise InvalidInput(f"bad parameters of {cls.name}", fields) from error

    @classmethod
    def speaks(cls, dialects: Sequence[str]) -> bool:
        """Tell whether the command exists in a version with these dialects."""
        return any(hasattr(cls, dialect) for dialect in dialects)

    def prepare(self, target: Target) -> Outcome | None:
        """Look at the records before anything is sent; an outcome here ends the command."""
        return None

    def request_for(self, target: Target) -> Any:
        """Return the library's request object; NotSupportedByVersion when there is none."""
        for dialect in target.dialects:
            builder: Callable[[Target], Any] | None = getattr(self, dialect, None)
            if builder is not None:
                return builder(target)
        raise NotSupportedByVersion(f"OCPP {target.version} has no {self.name}")

    def outcome(self, reply: Mapping[str, Any]) -> Outcome:
        """Translate the station's answer (python names)."""
        status = str(reply.get("status", ""))
        data = {name: value for name, value in reply.items() if name != "status"}
        return Outcome(status, status in self.done_statuses, data)

    def refused(self, refusal: CallRefused) -> Outcome:
        """Translate a CALLERROR."""
        error = {
            "code": refusal.code,
            "description": refusal.description,
            "details": refusal.details,
        }
        return Outcome(refusal.code, done=False, data={"error": error}, refused=True)

    def conclude(self, target: Target, outcome: Outcome) -> None:
        """Keep what has to be kept once the station answered."""


C = TypeVar("C", bound=type[Command])
_commands: dict[str, type[Command]] = {}


def command(
    name: str, title: str, *, legacy: str | None = None, permission: Role = Role.OPERATOR
) -> Callable[[C], C]:
    """Declare a command under its public name."""

    def declare(cls: C) -> C:
        cls.name, cls.title, cls.legacy, cls.permission = name, title, legacy, permission
        _commands[name] = cls
        return cls

    return declare


def find(name: str) -> type[Command]:
    """Return a command by its public name; NotFound for any other."""
    try:
        return _commands[name]
    except KeyError:
        raise NotFound(f"no command {name[:50]}") from None


def all_commands() -> tuple[type[Command], ...]:
    """Return all declared commands by name."""
    return tuple(_commands[name] for name in sorted(_commands))
