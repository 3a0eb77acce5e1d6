"""What a command is, and the list of all of them.

A command is a pydantic model: its fields are its parameters with limits and help, from which REST,
the old API, OpenAPI and forms are made. For each OCPP dialect it can speak it has a method that
builds the request: `v16`, `v201`, `v21`, or `v2` for 2.0.1 and 2.1 alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ..domain.roles import Role
from ..errors import CallRefused, InvalidInput, NotFound, NotSupportedByVersion, OcppCoreError
from . import refusals
from .parameters import Only


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


@dataclass(frozen=True, slots=True)
class Question:
    """What a page asks before it sends a command."""

    text: str
    typed: bool = False  # the id of the station has to be typed


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
    # What pages say: before sending, and of a status that means more here than its word tells;
    # "<status>+reason" is one with a reason of the server, who then asked no station.
    questions: ClassVar[tuple[Question, ...]] = ()
    answers: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Command:
        """Make the command of loose values; InvalidInput names each bad one."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            fields = refusals.by_field(error)
            raise InvalidInput(f"bad parameters of {cls.name}", fields) from error

    @classmethod
    def speaks(cls, dialects: Sequence[str]) -> bool:
        """Tell whether the command exists in a version with these dialects."""
        return any(hasattr(cls, dialect) for dialect in dialects)

    @classmethod
    def has(cls, name: str, dialects: Sequence[str]) -> bool:
        """Tell whether a parameter exists in a version with these dialects."""
        return not any(only.excludes(dialects) for only in cls._only(name) if not only.values)

    @classmethod
    def lacks(cls, name: str, dialects: Sequence[str]) -> frozenset[Any]:
        """Return the values of a parameter that do not exist in a version with these dialects."""
        absent = [only.values for only in cls._only(name) if only.excludes(dialects)]
        return frozenset[Any]().union(*absent)

    @classmethod
    def _only(cls, name: str) -> Iterator[Only]:
        return (mark for mark in cls.model_fields[name].metadata if isinstance(mark, Only))

    def question(self) -> Question | None:
        """Return what to ask before the command is sent, None where nothing is to be asked."""
        return self.questions[0] if self.questions else None

    def prepare(self, target: Target) -> Outcome | None:
        """Look at the records before anything is sent; an outcome here ends the command."""
        return None

    def request_for(self, target: Target) -> Any:
        """Return the library's request object; NotSupportedByVersion when there is none."""
        self._check_version(target)
        for dialect in target.dialects:
            builder: Callable[[Target], Any] | None = getattr(self, dialect, None)
            if builder is not None:
                return builder(target)
        raise NotSupportedByVersion(f"OCPP {target.version} has no {self.name}")

    def _check_version(self, target: Target) -> None:
        """Refuse parameters, and values of them, that the station's version does not have."""
        for name, field_info in type(self).model_fields.items():
            value = getattr(self, name)
            if value == field_info.get_default():
                continue
            if not self.has(name, target.dialects):
                raise NotSupportedByVersion(f"OCPP {target.version} has no {name} of {self.name}")
            absent = self.lacks(name, target.dialects)
            if absent and value in absent:
                raise NotSupportedByVersion(f"OCPP {target.version} has no {value}")

    def outcome(self, reply: Mapping[str, Any]) -> Outcome:
        """Translate the station's answer (python names)."""
        status = str(reply.get("status", ""))
        data = {name: value for name, value in reply.items() if name != "status"}
        return Outcome(status, status in self.done_statuses, data)

    def refused(self, refusal: CallRefused) -> Outcome:
        """Translate a CALLERROR."""
        return Outcome(refusal.code, done=False, data={"error": refusal.as_sent()}, refused=True)

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
