"""What one would do at the station itself: reset, unlock, start, stop; and asking for messages."""

from __future__ import annotations

import enum
import secrets
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from ..domain.authorization import Authorization
from ..errors import NotFound, NothingToStop, OcppCoreError
from ..services import remote_starts, tags, transaction_records
from ..services.transaction_records import ACTIVE, TransactionView
from .base import Command, Outcome, Question, Target, command
from .parameters import Connector, ConnectorOrStation, Only

HIGHEST_NUMBER = 2**31 - 1  # of transactions and remote starts: read as signed 32 bits by many
TEXT = r"^[^\x00-\x1f\x7f]*$"  # no control characters


class ResetKind(enum.StrEnum):
    """How a station is to reset."""

    SOFT = "soft"
    HARD = "hard"


@command("reset", "Restart station", legacy="Reset/<station>")
class Reset(Command):
    """Restart the station, or with OCPP 2.x one EVSE of it.

    Soft: after what it does has ended in order. Hard: at once.
    """

    done_statuses: ClassVar[frozenset[str]] = frozenset({"Accepted", "Scheduled"})
    questions: ClassVar[tuple[Question, ...]] = (
        Question("The station restarts. What charges there may be interrupted."),
        Question(
            "The station restarts at once, as if its power failed. All charging there ends, and "
            "what the station has not reported yet may be lost.",
            typed=True,
        ),
    )
    answers: ClassVar[Mapping[str, str]] = {
        "Accepted": "The station restarts.",
        "Scheduled": "The station restarts later, when nothing charges there any more.",
    }

    kind: ResetKind = Field(
        default=ResetKind.SOFT, title="Kind", description="soft: in order; hard: at once"
    )
    evse: Annotated[Connector | None, Only("v2")] = Field(
        default=None, title="EVSE", description="only this EVSE (OCPP 2.x)"
    )
    on_idle: Annotated[bool, Only("v2")] = Field(
        default=False,
        title="When idle",
        description="wait until no transaction is running (OCPP 2.x; a soft reset does so there)",
    )

    def question(self) -> Question | None:
        """Ask harder before a hard reset."""
        return self.questions[self.kind is ResetKind.HARD and not self.on_idle]

    def v16(self, target: Target) -> Any:
        """OCPP 1.6, 5.14."""
        return target.call.Reset(type=self.kind.value.capitalize())

    def v2(self, target: Target) -> Any:
        """OCPP 2.x, B11 and B12."""
        idle = self.on_idle or self.kind is ResetKind.SOFT
        return target.call.Reset(type="OnIdle" if idle else "Immediate", evse_id=self.evse)


@command("unlock-connector", "Unlock connector", legacy="UnlockConnector/<station>/<connector=0>")
class UnlockConnector(Command):
    """Release the cable at one connector."""

    done_statuses: ClassVar[frozenset[str]] = frozenset({"Unlocked"})
    questions: ClassVar[tuple[Question, ...]] = (
        Question("The cable is released. What charges at the connector may be interrupted."),
    )

    connector: Connector = Field(
        title="Connector", description="number of the connector (OCPP 2.x: EVSE)"
    )
    evse_connector: Annotated[Connector, Only("v2")] = Field(
        default=1, title="Connector of the EVSE", description="where an EVSE has several (OCPP 2.x)"
    )

    def v16(self, target: Target) -> Any:
        """OCPP 1.6, 5.18."""
        return target.call.UnlockConnector(connector_id=self.connector)

    def v2(self, target: Target) -> Any:
        """OCPP 2.x, F05."""
        return target.call.UnlockConnector(evse_id=self.connector, connector_id=self.evse_connector)


@command(
    "start-transaction",
    "Start transaction",
    legacy="StartTransaction/<station>/<connector>/<tag>",
)
class StartTransaction(Command):
    """Start charging for a tag, as if it were presented at the station.

    A tag that may not charge is rejected before the station is asked.
    """

    answers: ClassVar[Mapping[str, str]] = {
        "Accepted": "The station will start charging; the transaction appears when it does.",
        "Rejected": "The station rejected the start.",
        "Rejected+reason": "The tag may not charge. The station was not asked.",
    }

    connector: ConnectorOrStation | None = Field(
        default=None,
        title="Connector",
        description="number of the connector (OCPP 2.x: EVSE); none or 0: the station chooses",
    )
    tag: str = Field(
        title="Tag",
        description="id of the charge tag",
        min_length=1,
        max_length=255,
        pattern=TEXT,
    )

    def prepare(self, target: Target) -> Outcome | None:
        """Reject a tag that may not charge, saying why."""
        answer = remote_starts.judge(
            target.id, self.tag, target.now, single=target.single, evse_id=self.connector or None
        )
        return None if answer.accepted else _rejected(answer)

    def v16(self, target: Target) -> Any:
        """OCPP 1.6, 5.11."""
        return target.call.RemoteStartTransaction(
            id_tag=self.tag, connector_id=self.connector or None
        )

    def v2(self, target: Target) -> Any:
        """OCPP 2.x, F01 and F02."""
        record = tags.find(self.tag)
        group = {"id_token": record.group, "type": "Central"} if record.group else None
        return target.call.RequestStartTransaction(
            id_token={"id_token": self.tag, "type": record.type or "ISO14443"},
            remote_start_id=1 + secrets.randbelow(HIGHEST_NUMBER),
            evse_id=self.connector or None,
            group_id_token=group,
        )


@command("stop-transaction", "Stop transaction", legacy="StopTransaction/<station>/<connector>")
class StopTransaction(Command):
    """Stop a transaction, or the one that is active at a connector."""

    fails: ClassVar[tuple[type[OcppCoreError], ...]] = (NothingToStop,)
    questions: ClassVar[tuple[Question, ...]] = (Question("Charging ends."),)
    answers: ClassVar[Mapping[str, str]] = {"Accepted": "The station ends the transaction."}

    transaction: int | None = Field(
        default=None,
        title="Transaction",
        description="number of the transaction",
        ge=1,
        le=HIGHEST_NUMBER,
    )
    connector: ConnectorOrStation | None = Field(
        default=None,
        title="Connector",
        description="number of the connector (OCPP 2.x: EVSE); instead of the transaction",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.transaction is None) == (self.connector is None):
            raise ValueError("either transaction or connector is needed")
        return self

    def v16(self, target: Target) -> Any:
        """OCPP 1.6, 5.12."""
        uid = self._uid(target)
        if not (uid.isascii() and uid.isdigit()):
            raise NothingToStop(f"transaction {uid} was begun under OCPP 2.x, 1.6 cannot name it")
        return target.call.RemoteStopTransaction(transaction_id=int(uid))

    def v2(self, target: Target) -> Any:
        """OCPP 2.x, F03."""
        return target.call.RequestStopTransaction(transaction_id=self._uid(target))

    def _uid(self, target: Target) -> str:
        """Return the id on the wire of what is to be stopped."""
        found = self._find(target)
        if found is None or found.station_id != target.id or found.state != ACTIVE:
            if self.transaction is not None:
                raise NothingToStop(f"transaction {self.transaction} is not active")
            raise NothingToStop(f"no transaction is active at connector {self.connector}")
        if not found.uid:
            raise NothingToStop(f"transaction {found.id} has no id that the station knows")
        return found.uid

    def _find(self, target: Target) -> TransactionView | None:
        if self.connector is not None:
            return transaction_records.active_at(target.id, self.connector)
        try:
            return transaction_records.find(self.transaction or 0)
        except NotFound:
            return None


class Trigger(enum.StrEnum):
    """What a station can be asked to send, in OCPP's words."""

    BOOT_NOTIFICATION = "BootNotification"
    HEARTBEAT = "Heartbeat"
    STATUS_NOTIFICATION = "StatusNotification"
    METER_VALUES = "MeterValues"
    TRANSACTION_EVENT = "TransactionEvent"
    FIRMWARE_STATUS_NOTIFICATION = "FirmwareStatusNotification"
    DIAGNOSTICS_STATUS_NOTIFICATION = "DiagnosticsStatusNotification"
    LOG_STATUS_NOTIFICATION = "LogStatusNotification"


ONLY_16 = {Trigger.DIAGNOSTICS_STATUS_NOTIFICATION}
ONLY_2 = {Trigger.TRANSACTION_EVENT, Trigger.LOG_STATUS_NOTIFICATION}


@command("trigger-message", "Trigger message")
class TriggerMessage(Command):
    """Ask the station for a message that it sends by itself at other times."""

    answers: ClassVar[Mapping[str, str]] = {
        "Accepted": "The station will send the message.",
        "NotImplemented": "The station cannot send this message on request.",
    }

    message: Annotated[Trigger, Only("v16", values=ONLY_16), Only("v2", values=ONLY_2)] = Field(
        title="Message", description="what it is to send; not every OCPP version has all of them"
    )
    connector: ConnectorOrStation | None = Field(
        default=None,
        title="Connector",
        description="number of the connector (OCPP 2.x: EVSE); none or 0: all",
    )

    def v16(self, target: Target) -> Any:
        """OCPP 1.6, 5.17."""
        return target.call.TriggerMessage(
            requested_message=self.message.value, connector_id=self.connector or None
        )

    def v2(self, target: Target) -> Any:
        """OCPP 2.x, F06."""
        return target.call.TriggerMessage(requested_message=self.message.value, evse=self._evse())

    def _evse(self) -> dict[str, int] | None:
        if not self.connector:
            return None
        if self.message is Trigger.STATUS_NOTIFICATION:  # F06.FR.12, 13
            return {"id": self.connector, "connector_id": 1}
        return {"id": self.connector}


def _rejected(answer: Authorization) -> Outcome:
    return Outcome("Rejected", done=False, data={"reason": answer.verdict.value})
