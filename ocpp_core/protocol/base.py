"""What the OCPP versions share: finding the handler, checking, renaming, refusing.

A handler is a method marked with the library's `@on`; it gets a payload's members under their
python names and returns the library's response class, or a mapping. It decides nothing: it calls
a service and translates what comes back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Any, ClassVar

from .. import clock
from ..domain import moments
from ..domain.metering import Readings
from ..domain.moments import Reported
from ..errors import Kind, Violation
from ..rpc import payloads
from ..rpc.payloads import Messages, Tolerance, repair
from ..services.entitlement import Terms
from ..services.stations import Profile

log = logging.getLogger(__name__)

Payload = Mapping[str, Any]
ACCEPTED = "Accepted"
LONGEST_TEXT = 255  # of an identifier or enumeration, in any version and in the tables
BOOT = "BootNotification"
NO_MOMENT = ""  # stands in for a timestamp that was not told: as good as an absurd one
PER_CONNECTOR = frozenset({"StatusNotification", "MeterValues", "TransactionEvent"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What of the configuration matters to handlers."""

    heartbeat_interval_s: int = 300
    pending_interval_s: int = 10
    validate: bool = True
    single_transaction_per_tag: bool = False


def _nothing() -> None:
    """Do nothing after a boot: the default where no automation is wired."""


class Handlers:
    """The messages of one station's connection; a subclass is one OCPP version."""

    version: ClassVar[str]
    subprotocol: ClassVar[str]
    types: ClassVar[frozenset[int]]
    codes: ClassVar[Mapping[Kind, str]]
    dialects: ClassVar[tuple[str, ...]]  # names of request builders, the best first
    call: ClassVar[ModuleType]
    call_result: ClassVar[ModuleType]
    messages: ClassVar[Messages]
    routes: ClassVar[Mapping[str, str]]
    # What is worth saving of a message that breaks its schema.
    tolerances: ClassVar[Mapping[str, Tolerance]] = {"MeterValues": Tolerance.SAMPLES}
    # What stands in for required members of such a message that are missing or useless.
    assumed: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    # Answers that depend on the moment are never repeated from memory; these change nothing twice.
    repeatable: ClassVar[frozenset[str]] = frozenset(
        {BOOT, "Heartbeat", "Authorize", "StatusNotification"}
    )
    # What a station keeps until it is answered, and nobody else knows: refused, it would be lost.
    keeps: ClassVar[frozenset[str]] = frozenset(
        {
            "StartTransaction",
            "StopTransaction",
            "MeterValues",
            "TransactionEvent",
            "StatusNotification",
        }
    )
    guards_pending: ClassVar[bool] = False  # a Pending or Rejected station may only boot

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.routes = _routes(cls)
        if "version" in cls.__dict__:
            cls.messages = payloads.for_version(cls.version)

    def __init__(
        self, profile: Profile, settings: Settings, on_boot: Callable[[], None] = _nothing
    ) -> None:
        self.profile = profile
        self.settings = settings
        # Messages that we asked a Pending station for, and whether each may come several times.
        self.triggered: dict[str, bool] = {}
        self._told = profile.boot_answer or profile.boot_status
        self._on_boot = on_boot
        self._later: list[Callable[[], None]] = []

    @property
    def station_id(self) -> str:
        """The id under which the station is registered."""
        return self.profile.id

    def answer(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Handle a CALL and return the payload of its CALLRESULT.

        Raises Violation for what becomes a CALLERROR.
        """
        handler = self._find(action)
        self._admit(action)
        schema = self.messages.request(action)
        tolerance, assumed = self._tolerance(action, payload), self._assumed(action, payload)
        values, notes = repair(schema, payload, tolerance, assumed)
        for note in notes[:10]:
            log.warning("message mended", extra={"action": action, "mended": note})
        known = schema.to_python(values)
        if not self.settings.validate:  # members of any name may be there, even `self`
            names = schema.names.python.values()
            known = {name: known[name] for name in names if name in known}
        reply = handler(**known)
        return self._checked(action, self.messages.response(action).to_wire(reply))

    def expect(self, action: str, payload: Payload) -> None:
        """Note what a CALL of ours asks for: allowed even while Pending (2.x, B02.FR.08)."""
        if action == "TriggerMessage":
            message = str(payload.get("requestedMessage", ""))
            self.triggered[message] = message in PER_CONNECTOR and "evse" not in payload

    def take_later(self) -> list[Callable[[], None]]:
        """Return and forget what is to run after the reply is sent."""
        later, self._later = self._later, []
        return later

    def later(self, function: Callable[[], None]) -> None:
        """Run `function` after the reply, in a thread that may call the station."""
        self._later.append(function)

    def code(self, kind: Kind) -> str:
        """Return this version's CALLERROR code."""
        return self.codes[kind]

    # --- for the handlers ---------------------------------------------------------------------

    def terms(self) -> Terms:
        """Return how tokens of this station are judged now."""
        return Terms(
            clock.utcnow(),
            cleans_tags=self.profile.cleans_tags,
            single=self.settings.single_transaction_per_tag,
            trusted=not self.profile.in_quarantine,
        )

    def moment(self, text: str | None) -> Reported:
        """Return a reported moment, replaced by ours where it is absurd."""
        reported = moments.judge(text, clock.utcnow())
        if not reported.believed:
            log.warning("absurd moment replaced", extra={"reported": (text or "")[:40]})
        return reported

    def note_spoiled(self, readings: Readings) -> None:
        """Log the samples that could not be read; the others are stored."""
        for spoiled in readings.spoiled[:10]:
            log.warning("sample not readable", extra={"sample": spoiled})

    def boot_answer(self, status: str) -> dict[str, Any]:
        """Return the reply to BootNotification for a status."""
        self._told = status
        self.triggered.clear()
        if status == ACCEPTED:
            self.later(self._on_boot)
            interval = self.settings.heartbeat_interval_s
        else:
            interval = self.settings.pending_interval_s
        return {"current_time": self.now_text(), "interval": interval, "status": status}

    def now_text(self) -> str:
        """Return the present moment as it goes on the wire."""
        return clock.wire(clock.utcnow())

    # --- steps of answer ----------------------------------------------------------------------

    def _find(self, action: str) -> Callable[..., Any]:
        name = self.routes.get(action)
        if name is not None:
            found: Callable[..., Any] = getattr(self, name)
            return found
        if self.messages.knows(action):
            raise Violation(Kind.UNHANDLED_ACTION, "not supported here")
        raise Violation(Kind.UNKNOWN_ACTION, f"OCPP {self.version} has no such action")

    def _admit(self, action: str) -> None:
        if action == BOOT or not (self.guards_pending or self.profile.in_quarantine):
            return
        if self._told == ACCEPTED and not self.profile.in_quarantine:
            return
        if action in self.triggered and not self.profile.in_quarantine:
            if not self.triggered[action]:
                del self.triggered[action]
            return
        raise Violation(Kind.SECURITY, "the station is not accepted yet")  # 2.x: B02.FR.09

    def _tolerance(self, action: str, payload: Payload) -> Tolerance:
        if not self.settings.validate:
            return Tolerance.LENIENT
        return self.tolerances.get(action, Tolerance.STRICT)

    def _assumed(self, action: str, payload: Payload) -> Mapping[str, Any]:
        return self.assumed.get(action, {})

    def _checked(self, action: str, reply: dict[str, Any]) -> dict[str, Any]:
        if self.settings.validate:
            try:
                self.messages.response(action).check(reply)
            except Violation as violation:
                raise RuntimeError(f"our own reply is wrong: {violation}") from violation
        return reply


def _routes(cls: type) -> dict[str, str]:
    """Return the method's name for each action, looked up once per class."""
    found = {}
    for name in dir(cls):
        action = getattr(getattr(cls, name, None), "_on_action", None)
        if action is not None:
            found[str(getattr(action, "value", action))] = name
    return found


def short(text: str) -> str:
    """Cut text that was let through although it is longer than any OCPP version allows."""
    return text[:LONGEST_TEXT]


def optional_text(moment: datetime | None) -> str | None:
    """Return a moment as it goes on the wire, None for none."""
    return None if moment is None else clock.wire(moment)
