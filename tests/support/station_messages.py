"""What a station of each OCPP version sends in the same situation, as plain payloads."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import Any, ClassVar

Payload = dict[str, Any]
Request = tuple[str, Payload]
Moment = datetime | str | None
TransactionId = int | str


class Messages16:
    """OCPP 1.6."""

    subprotocol: ClassVar[str] = "ocpp1.6"
    commands: ClassVar[dict[str, Payload]] = {
        "Reset": {"status": "Accepted"},
        "UnlockConnector": {"status": "Unlocked"},
        "SetChargingProfile": {"status": "Accepted"},
        "ClearChargingProfile": {"status": "Accepted"},
        "RemoteStartTransaction": {"status": "Accepted"},
        "RemoteStopTransaction": {"status": "Accepted"},
        "ChangeAvailability": {"status": "Accepted"},
        "TriggerMessage": {"status": "Accepted"},
    }

    def boot(self, vendor: str, model: str) -> Request:
        return "BootNotification", {"chargePointVendor": vendor, "chargePointModel": model}

    def status(self, connector: int, word: str, at: Moment) -> Request:
        payload = {"connectorId": connector, "errorCode": "NoError", "status": word}
        return "StatusNotification", {**payload, "timestamp": wire(at)}

    def authorize(self, tag: str) -> Request:
        return "Authorize", {"idTag": tag}

    def start(
        self,
        connector: int,
        tag: str | None,
        meter_wh: int,
        at: Moment,
        transaction: TransactionId | None,
    ) -> Request:
        payload = {"connectorId": connector, "idTag": tag or "", "meterStart": meter_wh}
        return "StartTransaction", {**payload, "timestamp": wire(at)}

    def started(self, request: Payload, answer: Payload) -> TransactionId:
        """Return the id of a transaction: here the server chose it."""
        return int(answer["transactionId"])

    def meter(
        self,
        connector: int,
        transaction: TransactionId | None,
        samples: dict[str, tuple[float, str]],
        at: Moment,
    ) -> Request:
        values = [
            {"value": str(value), "measurand": measurand, "unit": unit}
            for measurand, (value, unit) in samples.items()
        ]
        payload = {
            "connectorId": connector,
            "transactionId": transaction,
            "meterValue": [{"timestamp": wire(at), "sampledValue": values}],
        }
        return "MeterValues", without_none(payload)

    def stop(
        self,
        transaction: TransactionId,
        tag: str | None,
        meter_wh: int,
        at: Moment,
        reason: str | None,
    ) -> Request:
        payload = {
            "idTag": tag,
            "meterStop": meter_wh,
            "timestamp": wire(at),
            "transactionId": transaction,
            "reason": reason,
        }
        return "StopTransaction", without_none(payload)

    def verdict(self, answer: Payload) -> str | None:
        """Return what the server said of the tag."""
        status = answer.get("idTagInfo", {}).get("status")
        return None if status is None else str(status)


class Messages201:
    """OCPP 2.0.1; it numbers the events of its transactions."""

    subprotocol: ClassVar[str] = "ocpp2.0.1"
    commands: ClassVar[dict[str, Payload]] = {
        "Reset": {"status": "Accepted"},
        "UnlockConnector": {"status": "Unlocked"},
        "SetChargingProfile": {"status": "Accepted"},
        "ClearChargingProfile": {"status": "Accepted"},
        "RequestStartTransaction": {"status": "Accepted"},
        "RequestStopTransaction": {"status": "Accepted"},
        "ChangeAvailability": {"status": "Accepted"},
        "TriggerMessage": {"status": "Accepted"},
    }

    def __init__(self) -> None:
        self.events: Counter[TransactionId] = Counter()
        self._evse_of: dict[TransactionId, int] = {}

    def boot(self, vendor: str, model: str) -> Request:
        station = {"vendorName": vendor, "model": model}
        return "BootNotification", {"reason": "PowerUp", "chargingStation": station}

    def status(self, connector: int, word: str, at: Moment) -> Request:
        payload = {"timestamp": wire(at), "connectorStatus": word}
        return "StatusNotification", {**payload, "evseId": connector, "connectorId": 1}

    def authorize(self, tag: str) -> Request:
        return "Authorize", {"idToken": _token(tag)}

    def start(
        self,
        connector: int,
        tag: str | None,
        meter_wh: int,
        at: Moment,
        transaction: TransactionId | None,
    ) -> Request:
        uid = transaction or str(uuid.uuid4())
        self._evse_of[uid] = connector
        values = _meter_value({"Energy.Active.Import.Register": (meter_wh, "Wh")}, at)
        return self.event(
            "Started",
            uid,
            "Authorized",
            at,
            meterValue=values,
            idToken=_token(tag) if tag else None,
        )

    def started(self, request: Payload, answer: Payload) -> TransactionId:
        """Return the id of a transaction: here the station chose it."""
        return str(request["transactionInfo"]["transactionId"])

    def meter(
        self,
        connector: int,
        transaction: TransactionId | None,
        samples: dict[str, tuple[float, str]],
        at: Moment,
    ) -> Request:
        values = _meter_value(samples, at)
        if transaction is None:
            return "MeterValues", {"evseId": connector, "meterValue": values}
        return self.event("Updated", transaction, "MeterValuePeriodic", at, meterValue=values)

    def stop(
        self,
        transaction: TransactionId,
        tag: str | None,
        meter_wh: int,
        at: Moment,
        reason: str | None,
    ) -> Request:
        values = _meter_value({"Energy.Active.Import.Register": (meter_wh, "Wh")}, at)
        request = self.event(
            "Ended",
            transaction,
            "StopAuthorized" if tag else "EVDeparted",
            at,
            meterValue=values,
            idToken=_token(tag) if tag else None,
        )
        if reason is not None:
            request[1]["transactionInfo"]["stoppedReason"] = reason
        return request

    def event(
        self, kind: str, transaction: TransactionId, trigger: str, at: Moment, **more: Any
    ) -> Request:
        """Return a TransactionEvent with the next number of its transaction."""
        number = self.events[transaction]
        self.events[transaction] += 1
        payload = {
            "eventType": kind,
            "timestamp": wire(at),
            "triggerReason": trigger,
            "seqNo": number,
            "transactionInfo": {"transactionId": transaction},
            "evse": {"id": self._evse_of.get(transaction, 1), "connectorId": 1},
            **more,
        }
        return "TransactionEvent", without_none(payload)

    def verdict(self, answer: Payload) -> str | None:
        """Return what the server said of the tag."""
        status = answer.get("idTokenInfo", {}).get("status")
        return None if status is None else str(status)


class Messages21(Messages201):
    """OCPP 2.1: the same messages."""

    subprotocol: ClassVar[str] = "ocpp2.1"


StationMessages = Messages16 | Messages201
VERSIONS: dict[str, type[StationMessages]] = {
    "1.6": Messages16,
    "2.0.1": Messages201,
    "2.1": Messages21,
}


def wire(at: Moment) -> str:
    """Write a moment; None is now, text goes out as it is."""
    if isinstance(at, str):
        return at
    moment = at or datetime.now(UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def without_none(payload: Payload) -> Payload:
    """Drop the members that are absent."""
    return {name: value for name, value in payload.items() if value is not None}


def _token(tag: str) -> Payload:
    return {"idToken": tag, "type": "ISO14443"}


def _meter_value(samples: dict[str, tuple[float, str]], at: Moment) -> list[Payload]:
    values = [
        {"value": value, "measurand": measurand, "unitOfMeasure": {"unit": unit}}
        for measurand, (value, unit) in samples.items()
    ]
    return [{"timestamp": wire(at), "sampledValue": values}]
