"""Simulated stations against a tiny server, and how each OCPP version says things."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, ClassVar

from ocpp_core.simulator import Options, Summary, simulate
from tests.support.fake_csms import FakeCsms, Heard, Payload

ID = "SIM0001"
NEVER = (1e9, 1e9)
AT_ONCE = (0.0, 0.0)
NO_WAIT: dict[str, Any] = {"pause_s": AT_ONCE, "plug_s": AT_ONCE, "unplug_s": AT_ONCE}
"""Options of stations whose cars come without delay."""
IDLE: dict[str, Any] = {"pause_s": NEVER, "plug_s": AT_ONCE, "unplug_s": AT_ONCE, "stay_s": NEVER}
"""Options of stations that charge only when the server asks."""


class Speech16:
    """OCPP 1.6."""

    version = "1.6"
    deauthorized: ClassVar[Payload] = {"idTagInfo": {"status": "Blocked"}}
    start_answer: ClassVar[Payload] = {"idTagInfo": {"status": "Invalid"}, "transactionId": 5}
    bad_payload = "FormationViolation"

    def starts(self, csms: FakeCsms) -> list[Heard]:
        return csms.of("StartTransaction")

    def stops(self, csms: FakeCsms) -> list[Heard]:
        return csms.of("StopTransaction")

    def answer_starts(self, csms: FakeCsms, answer: Any) -> None:
        csms.answers["StartTransaction"] = answer

    async def started(self, csms: FakeCsms, count: int = 1) -> Payload:
        return (await csms.wait_for("StartTransaction", count=count)).payload

    async def stopped(self, csms: FakeCsms, count: int = 1) -> tuple[str, Payload]:
        payload = (await csms.wait_for("StopTransaction", count=count)).payload
        return payload["reason"], payload

    async def sampled(
        self, csms: FakeCsms, where: Callable[[list[Payload]], bool]
    ) -> list[Payload]:
        def fits(payload: Payload) -> bool:
            return where(payload["meterValue"][0]["sampledValue"])

        heard = await csms.wait_for("MeterValues", fits)
        return heard.payload["meterValue"][0]["sampledValue"]

    async def status(self, csms: FakeCsms, connector: int, *words: str, count: int = 1) -> Payload:
        def fits(payload: Payload) -> bool:
            return payload["connectorId"] == connector and payload["status"] in words

        return (await csms.wait_for("StatusNotification", fits, count)).payload

    def transaction_id(self, csms: FakeCsms) -> Any:
        return 100_000 + len(self.starts(csms)[-1].message_id)

    def start(self, connector: int | None, tag: str = "REMOTE") -> tuple[str, Payload]:
        where = {} if connector is None else {"connectorId": connector}
        return "RemoteStartTransaction", {**where, "idTag": tag}

    def stop(self, transaction_id: Any) -> tuple[str, Payload]:
        return "RemoteStopTransaction", {"transactionId": transaction_id}

    def unknown_transaction(self) -> Any:
        return 424242

    def reset(self) -> tuple[str, Payload]:
        return "Reset", {"type": "Hard"}

    def unlock(self, connector: int) -> tuple[str, Payload]:
        return "UnlockConnector", {"connectorId": connector}

    def limit(self, connector: int, limit: int, unit: str = "W") -> tuple[str, Payload]:
        return "SetChargingProfile", {
            "connectorId": connector,
            "csChargingProfiles": {"chargingProfileId": 100, **_profile(_schedule(limit, unit))},
        }

    def tx_limit(self, connector: int, transaction_id: Any, limit: int) -> tuple[str, Payload]:
        action, payload = self.limit(connector, limit)
        payload["csChargingProfiles"] |= {
            "chargingProfilePurpose": "TxProfile",
            "transactionId": transaction_id,
        }
        return action, payload

    def clear(self, connector: int) -> tuple[str, Payload]:
        return "ClearChargingProfile", {
            "connectorId": connector,
            "chargingProfilePurpose": "TxDefaultProfile",
        }

    def available(self, connector: int, operative: bool) -> tuple[str, Payload]:
        kind = "Operative" if operative else "Inoperative"
        return "ChangeAvailability", {"connectorId": connector, "type": kind}

    def trigger(self, message: str, connector: int | None = None) -> tuple[str, Payload]:
        where = {} if connector is None else {"connectorId": connector}
        return "TriggerMessage", {"requestedMessage": message, **where}

    def heartbeat_every(self, seconds: str) -> tuple[str, Payload]:
        return "ChangeConfiguration", {"key": "heartbeatinterval", "value": seconds}

    def unknown(self) -> tuple[str, Payload]:
        return "GetDiagnostics", {"location": "ftp://example.org"}

    def broken(self) -> tuple[str, Payload]:
        return "UnlockConnector", {}


class Speech201:
    """OCPP 2.0.1; 2.1 has the same messages."""

    version = "2.0.1"
    deauthorized: ClassVar[Payload] = {"idTokenInfo": {"status": "Blocked"}}
    start_answer: ClassVar[Payload] = {"idTokenInfo": {"status": "Invalid"}}
    bad_payload = "FormatViolation"

    def starts(self, csms: FakeCsms) -> list[Heard]:
        return [h for h in csms.of("TransactionEvent") if h.payload["eventType"] == "Started"]

    def stops(self, csms: FakeCsms) -> list[Heard]:
        return [h for h in csms.of("TransactionEvent") if h.payload["eventType"] == "Ended"]

    def answer_starts(self, csms: FakeCsms, answer: Any) -> None:
        def chosen(heard: Heard) -> Any:
            if heard.payload["eventType"] != "Started":
                return {}
            return answer(heard) if callable(answer) and not isinstance(answer, type) else answer

        csms.answers["TransactionEvent"] = chosen

    async def started(self, csms: FakeCsms, count: int = 1) -> Payload:
        heard = await csms.wait_for("TransactionEvent", _kind("Started"), count)
        return heard.payload

    async def stopped(self, csms: FakeCsms, count: int = 1) -> tuple[str, Payload]:
        heard = await csms.wait_for("TransactionEvent", _kind("Ended"), count)
        return heard.payload["transactionInfo"]["stoppedReason"], heard.payload

    async def sampled(
        self, csms: FakeCsms, where: Callable[[list[Payload]], bool]
    ) -> list[Payload]:
        def fits(payload: Payload) -> bool:
            return payload["eventType"] == "Updated" and where(values(payload))

        return values((await csms.wait_for("TransactionEvent", fits)).payload)

    async def status(self, csms: FakeCsms, connector: int, *words: str, count: int = 1) -> Payload:
        told = {word if word in {"Available", "Unavailable"} else "Occupied" for word in words}

        def fits(payload: Payload) -> bool:
            return payload["evseId"] == connector and payload["connectorStatus"] in told

        return (await csms.wait_for("StatusNotification", fits, count)).payload

    def transaction_id(self, csms: FakeCsms) -> Any:
        return self.starts(csms)[-1].payload["transactionInfo"]["transactionId"]

    def start(self, connector: int | None, tag: str = "REMOTE") -> tuple[str, Payload]:
        where = {} if connector is None else {"evseId": connector}
        token = {"idToken": tag, "type": "Central"}
        return "RequestStartTransaction", {**where, "idToken": token, "remoteStartId": 7}

    def stop(self, transaction_id: Any) -> tuple[str, Payload]:
        return "RequestStopTransaction", {"transactionId": transaction_id}

    def unknown_transaction(self) -> Any:
        return "none such"

    def reset(self) -> tuple[str, Payload]:
        return "Reset", {"type": "Immediate"}

    def unlock(self, connector: int) -> tuple[str, Payload]:
        return "UnlockConnector", {"evseId": connector, "connectorId": 1}

    def limit(self, connector: int, limit: int, unit: str = "W") -> tuple[str, Payload]:
        schedule = [{"id": 101, **_schedule(limit, unit)}]
        return "SetChargingProfile", {
            "evseId": connector,
            "chargingProfile": {"id": 100, **_profile(schedule)},
        }

    def tx_limit(self, connector: int, transaction_id: Any, limit: int) -> tuple[str, Payload]:
        action, payload = self.limit(connector, limit)
        payload["chargingProfile"] |= {
            "chargingProfilePurpose": "TxProfile",
            "transactionId": transaction_id,
        }
        return action, payload

    def clear(self, connector: int) -> tuple[str, Payload]:
        criteria = {"evseId": connector, "chargingProfilePurpose": "TxDefaultProfile"}
        return "ClearChargingProfile", {"chargingProfileCriteria": criteria}

    def available(self, connector: int, operative: bool) -> tuple[str, Payload]:
        where = {} if connector == 0 else {"evse": {"id": connector}}
        kind = "Operative" if operative else "Inoperative"
        return "ChangeAvailability", {**where, "operationalStatus": kind}

    def trigger(self, message: str, connector: int | None = None) -> tuple[str, Payload]:
        where = {} if connector is None else {"evse": {"id": connector}}
        return "TriggerMessage", {"requestedMessage": message, **where}

    def heartbeat_every(self, seconds: str) -> tuple[str, Payload]:
        item = {
            "attributeValue": seconds,
            "component": {"name": "OCPPCommCtrlr"},
            "variable": {"name": "HeartbeatInterval"},
        }
        return "SetVariables", {"setVariableData": [item]}

    def unknown(self) -> tuple[str, Payload]:
        return "GetLocalListVersion", {}

    def broken(self) -> tuple[str, Payload]:
        return "UnlockConnector", {}


class Speech21(Speech201):
    """OCPP 2.1."""

    version = "2.1"


Speech = Speech16 | Speech201


def values(payload: Payload) -> list[Payload]:
    """Return the samples of a message."""
    return payload["meterValue"][0]["sampledValue"]


def value_of(samples: list[Payload], measurand: str) -> float:
    """Return one value of a sample list."""
    return next(float(s["value"]) for s in samples if s["measurand"] == measurand)


class Run:
    """A running simulation and its server."""

    def __init__(self, csms: FakeCsms, task: asyncio.Task[Summary], stop: asyncio.Event) -> None:
        self.csms = csms
        self._task = task
        self._stop = stop

    async def end(self) -> Summary:
        """End the run as a signal would."""
        self._stop.set()
        return await asyncio.wait_for(self._task, 5)

    async def call(self, action: str, payload: Payload) -> Payload:
        """Send a command to the first station."""
        return await self.csms.call(ID, action, payload)


@asynccontextmanager
async def simulated(
    version: str, prepare: Callable[[FakeCsms], None] = lambda _: None, **options: Any
) -> AsyncIterator[Run]:
    """Run stations against a server; `prepare` sets its answers before they come."""
    fast = {"speed": 400.0, "seed": 1, "reconnect_s": (0.04, 0.2), "call_timeout_s": 2.0}
    async with FakeCsms(version) as csms:
        prepare(csms)
        stop = asyncio.Event()
        chosen = Options(url=csms.url, version=version, **{**fast, **options})
        task = asyncio.create_task(simulate(chosen, stop))
        run = Run(csms, task, stop)
        try:
            yield run
        finally:
            await run.end()


def play(scenario: Coroutine[Any, Any, None]) -> None:
    """Run a scenario, no longer than a few seconds."""
    asyncio.run(asyncio.wait_for(scenario, 10))


def _kind(kind: str) -> Callable[[Payload], bool]:
    return lambda payload: payload["eventType"] == kind


def _profile(schedule: Any) -> Payload:
    return {
        "stackLevel": 1,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": schedule,
    }


def _schedule(limit: int, unit: str) -> Payload:
    period = {"startPeriod": 0, "limit": limit}
    return {"chargingRateUnit": unit, "chargingSchedulePeriod": [period]}
