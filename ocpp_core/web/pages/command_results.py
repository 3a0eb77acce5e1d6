"""What became of a command, in words: the station's answer, or why there is none."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...commands.base import Command, find
from ...errors import NotFound
from ...services.command_log import CommandView
from ..localization import say
from ..pacing import paced
from ..payloads import set_out
from . import command_forms as forms
from . import command_parameters as declared

LATE = timedelta(seconds=10)  # what a command may take beyond the station's time

# Why there is no answer, by what the history calls it (live/dispatch.py).
FAILURES = {
    "offline": _l("The station is offline. Nothing was sent."),
    "not-supported": _l("The OCPP version of the station has no such command. Nothing was sent."),
    "nothing-to-stop": _l("There is no active transaction to stop. Nothing was sent."),
    "disconnected": _l("The connection was lost before the station answered."),
    "timeout": _l("The station did not answer in time. It may still do what was asked."),
    "unusable": _l("The station's answer breaks the rules of OCPP."),
    "failed": _l("The command could not be sent."),
}
# What stations answer; a command may say more of a status (Command.answers).
ANSWERS = {
    "Accepted": _l("The station accepted the request."),
    "Scheduled": _l("The station will do it later."),
    "Rejected": _l("The station rejected the request."),
    "Unlocked": _l("The connector is unlocked."),
    "UnlockFailed": _l("The connector could not be unlocked."),
    "OngoingAuthorizedTransaction": _l(
        "The connector could not be unlocked: an authorized transaction is running."
    ),
    "UnknownConnector": _l("The station does not know this connector."),
    "NotSupported": _l("The station does not support this."),
    "NotImplemented": _l("The station does not support this."),
    "Unknown": _l("The station does not know what was meant."),
}
UNSUPPORTED = ("NotSupported", "NotImplemented")  # of CALLERRORs


class Kind(enum.StrEnum):
    """How a command ended, as far as a page tells such ends apart."""

    WAITING = "waiting"
    DONE = "done"
    NOT_DONE = "not-done"  # the station said no
    ERROR = "error"  # it answered with a CALLERROR
    FAILED = "failed"  # there is no answer
    LOST = "lost"  # the server ended while it waited


@dataclass(frozen=True, slots=True)
class Result:
    """What a page says of a command."""

    kind: Kind
    text: str
    answer: str = ""  # the station's own, as JSON
    detail: str = ""  # what the server noted, in English

    @property
    def is_waiting(self) -> bool:
        """Tell whether the outcome is still to come."""
        return self.kind is Kind.WAITING


@dataclass(frozen=True, slots=True)
class Line:
    """One command of the history as it is listed."""

    entry: CommandView
    title: str
    command: type[Command] | None  # None: a raw CALL, or one that is declared no more
    parameters: list[tuple[str, str]]
    preset: dict[str, str]  # the same, to fill in the form once more
    result: Result
    seconds: float | None


def lines(entries: Iterable[CommandView], now: datetime, timeout_s: float) -> list[Line]:
    """Return commands of the history in words."""
    return [
        Line(
            entry,
            title_of(entry.name),
            _declared(entry.name),
            told(entry.name, entry.parameters),
            declared.as_texts(entry.parameters),
            result_of(entry, now, timeout_s),
            (entry.finished_at - entry.at).total_seconds() if entry.finished_at else None,
        )
        for entry in paced(entries)
    ]


def result_of(entry: CommandView, now: datetime, timeout_s: float) -> Result:
    """Return what became of a command of the history."""
    if entry.finished_at is None or entry.status is None:
        if now - entry.at < timedelta(seconds=timeout_s) + LATE:
            return Result(Kind.WAITING, _("Waiting for the station's answer."))
        return Result(Kind.LOST, _("The server stopped before the outcome was known."))
    if entry.detail or entry.status in FAILURES:
        text = FAILURES.get(entry.status, FAILURES["failed"])
        return Result(Kind.FAILED, str(text), detail=say(entry.detail))
    if entry.refused:
        return Result(Kind.ERROR, _refused(entry.status), _pretty(entry))
    kind = Kind.DONE if entry.done else Kind.NOT_DONE
    return Result(kind, _answered(entry), _pretty(entry))


def title_of(name: str) -> str:
    """Return what a command of the history is called; a raw CALL by its action."""
    command = _declared(name)
    return say(command.title) if command else name


def told(name: str, values: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the parameters of a command as people read them; defaults are absent."""
    command = _declared(name)
    known = {each.name: each for each in declared.parameters(command)} if command else {}
    return [
        (say(known[key].title), forms.labelled(known[key], value))
        if key in known
        else (key, str(value))
        for key, value in values.items()
    ]


def _declared(name: str) -> type[Command] | None:
    try:
        return find(name)
    except NotFound:
        return None


def _refused(code: str) -> str:
    if code in UNSUPPORTED:
        return _("The station does not support this command (error %(code)s).", code=code)
    return _("The station answered with the error %(code)s.", code=code)


def _answered(entry: CommandView) -> str:
    status = entry.status or ""
    command = _declared(entry.name)
    reasoned = f"{status}+reason" if "reason" in (entry.data or {}) else status
    for key in (reasoned, status):
        if command is not None and key in command.answers:
            return say(command.answers[key])
    if status in ANSWERS:
        return str(ANSWERS[status])
    return _('The station answered "%(status)s".', status=status)


def _pretty(entry: CommandView) -> str:
    """Return the answer as JSON, over several lines unless it is nested too deeply."""
    if entry.refused and not entry.data:
        return ""
    data = {"data": None} if entry.data is None else entry.data
    shown = data if entry.refused else {"status": entry.status, **data}
    plain = json.dumps(shown, ensure_ascii=False)
    return (set_out(shown, len(plain)) or plain).encode("utf-8", "replace").decode()
