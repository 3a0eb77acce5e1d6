"""What the station made of the `ocpp` library does in each version, and how it obeys."""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, ClassVar

from ocpp.exceptions import InternalError, OCPPError
from ocpp.routing import on
from ocpp.v16 import ChargePoint as ChargePoint16
from ocpp.v21 import ChargePoint as ChargePoint21
from ocpp.v201 import ChargePoint as ChargePoint201

MODES = ("accept", "reject", "callerror", "silence", "disconnect")
COMMANDS = (
    "Reset",
    "UnlockConnector",
    "SetChargingProfile",
    "ClearChargingProfile",
    "ChangeAvailability",
    "TriggerMessage",
)
ENERGY = "Energy.Active.Import.Register"
_CALL = 2


def tell(event: str, **more: Any) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps({"event": event, **more}, default=str) + "\n")
    sys.stdout.flush()


def now() -> str:
    """Return the present moment as text."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def obey(action: str) -> Callable[..., Any]:
    """Make the handler of a command; the library finds it by its name."""

    def handler(self: Any, **payload: Any) -> Any:
        return self.answer(action, payload)

    handler.__name__ = f"obey_{action}"
    return on(action)(handler)


def build(habits: type[Obedience], library: type) -> type:
    """Make a station of its habits and the library's class of a version."""
    actions = (*COMMANDS, habits.starting, habits.stopping)
    return type("Station", (habits, library), {f"obey_{name}": obey(name) for name in actions})


class Obedience:
    """Answers commands as the mode says; mixed into the library's stations."""

    yes: ClassVar[dict[str, str]] = {"UnlockConnector": "Unlocked"}
    no: ClassVar[dict[str, str]] = {
        "UnlockConnector": "UnlockFailed",
        "ClearChargingProfile": "Unknown",
    }
    starting = ""
    stopping = ""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.mode = "accept"
        self.meter_wh = 1000
        self.running: dict[int | str, int] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    async def route_message(self, raw_msg: str) -> None:
        """Tell each command, and leave it without an answer where the mode says so."""
        message = json.loads(raw_msg)
        if message[0] == _CALL:
            tell("command", action=message[2], payload=message[3], mode=self.mode)
            if self.mode == "silence":
                return
            if self.mode == "disconnect":
                self._connection.transport.abort()
                return
        await super().route_message(raw_msg)

    def answer(self, action: str, payload: dict[str, Any]) -> Any:
        """Return what the mode says."""
        if self.mode == "callerror":
            raise InternalError("told to fail")
        result = getattr(self._call_result, action)
        if self.mode == "reject":
            return result(status=self.no.get(action, "Rejected"))
        if action == self.starting:
            self.later(self.charge_remotely(payload))
        elif action == self.stopping:
            self.later(self.finish(payload["transaction_id"], "Remote", None))
        return result(status=self.yes.get(action, "Accepted"))

    def later(self, job: Coroutine[Any, Any, None]) -> None:
        """Do something after the answer."""
        task = asyncio.ensure_future(job)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def ask(self, action: str, **values: Any) -> Any:
        """Send a CALL and tell the answer; a CALLERROR is told and raised."""
        try:
            answer = await self.call(getattr(self._call, action)(**values), suppress=False)
        except OCPPError as error:
            tell("refused", action=action, code=error.code, description=error.description)
            raise
        tell("answered", action=action, answer=asdict(answer))
        return answer

    async def session(self, tag: str, *, whole: bool) -> None:
        """Boot, authorize, charge, and stop where the session shall be whole."""
        await self.boot()
        transaction_id = await self.charge(1, tag)
        for _ in range(3):
            self.meter_wh += 500
            await self.sample(transaction_id)
        if whole:
            await self.finish(transaction_id, "Local", tag)


class Habits16(Obedience):
    """What a station does in OCPP 1.6."""

    starting = "RemoteStartTransaction"
    stopping = "RemoteStopTransaction"

    async def boot(self) -> None:
        await self.ask("BootNotification", charge_point_model="Library", charge_point_vendor="ocpp")
        for connector in (0, 1):
            await self.status(connector, "Available")

    async def status(self, connector: int, status: str) -> None:
        values = {"connector_id": connector, "error_code": "NoError", "status": status}
        await self.ask("StatusNotification", **values, timestamp=now())

    async def charge(self, connector: int, tag: str) -> int:
        await self.status(connector, "Preparing")
        await self.ask("Authorize", id_tag=tag)
        values = {"connector_id": connector, "id_tag": tag, "meter_start": self.meter_wh}
        answer = await self.ask("StartTransaction", **values, timestamp=now())
        self.running[answer.transaction_id] = connector
        await self.status(connector, "Charging")
        return int(answer.transaction_id)

    async def charge_remotely(self, payload: dict[str, Any]) -> None:
        await self.charge(payload.get("connector_id", 1), payload["id_tag"])

    async def sample(self, transaction_id: int) -> None:
        value = {"value": str(self.meter_wh), "measurand": ENERGY, "unit": "Wh"}
        await self.ask(
            "MeterValues",
            connector_id=self.running[transaction_id],
            transaction_id=transaction_id,
            meter_value=[{"timestamp": now(), "sampled_value": [value]}],
        )

    async def finish(self, transaction_id: int, reason: str, tag: str | None) -> None:
        connector = self.running.pop(transaction_id, 1)
        await self.ask(
            "StopTransaction",
            transaction_id=transaction_id,
            id_tag=tag,
            meter_stop=self.meter_wh,
            timestamp=now(),
            reason=reason,
        )
        await self.status(connector, "Available")


class Habits2(Obedience):
    """What a station does in OCPP 2.x; `running` holds the number of the next event."""

    starting = "RequestStartTransaction"
    stopping = "RequestStopTransaction"

    async def boot(self) -> None:
        station = {"model": "Library", "vendor_name": "ocpp"}
        await self.ask("BootNotification", charging_station=station, reason="PowerUp")
        await self.status(1, "Available")

    async def status(self, evse: int, status: str) -> None:
        values = {"connector_status": status, "evse_id": evse, "connector_id": 1}
        await self.ask("StatusNotification", **values, timestamp=now())

    async def charge(self, evse: int, tag: str) -> str:
        token = {"id_token": tag, "type": "ISO14443"}
        await self.ask("Authorize", id_token=token)
        return await self.begin(evse, token, "Authorized")

    async def charge_remotely(self, payload: dict[str, Any]) -> None:
        evse, token = payload.get("evse_id", 1), payload["id_token"]
        start_id = payload["remote_start_id"]
        await self.begin(evse, token, "RemoteStart", remote_start_id=start_id)

    async def begin(self, evse: int, token: dict[str, str], trigger: str, **info: Any) -> str:
        transaction_id = str(uuid.uuid4())
        self.running[transaction_id] = 0
        await self.status(evse, "Occupied")
        where = {"id": evse, "connector_id": 1}
        await self.event("Started", transaction_id, trigger, info, evse=where, id_token=token)
        return transaction_id

    async def sample(self, transaction_id: str) -> None:
        await self.event("Updated", transaction_id, "MeterValuePeriodic", {})

    async def finish(self, transaction_id: str, reason: str, tag: str | None) -> None:
        token = None if tag is None else {"id_token": tag, "type": "ISO14443"}
        trigger = "RemoteStop" if tag is None else "StopAuthorized"
        info = {"stopped_reason": reason}
        await self.event("Ended", transaction_id, trigger, info, id_token=token)
        await self.status(1, "Available")

    async def event(
        self, kind: str, transaction_id: str, trigger: str, info: dict[str, Any], **more: Any
    ) -> None:
        value = {"value": self.meter_wh, "measurand": ENERGY, "unit_of_measure": {"unit": "Wh"}}
        number = self.running.setdefault(transaction_id, 0)
        self.running[transaction_id] += 1
        await self.ask(
            "TransactionEvent",
            event_type=kind,
            timestamp=now(),
            trigger_reason=trigger,
            seq_no=number,
            transaction_info={"transaction_id": transaction_id, **info},
            meter_value=[{"timestamp": now(), "sampled_value": [value]}],
            **more,
        )


STATIONS = {
    "1.6": build(Habits16, ChargePoint16),
    "2.0.1": build(Habits2, ChargePoint201),
    "2.1": build(Habits2, ChargePoint21),
}
