"""The requests of an OCPP 1.6 station."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from ocpp_core import clock
from ocpp_core.simulator.messages import (
    BEGIN,
    END,
    FIRMWARE,
    MODEL,
    PERIODIC,
    TRIGGER,
    VENDOR,
    Messages,
    Sample,
    samples,
    without_none,
)
from ocpp_core.simulator.outbox import Message, Payload, read_object
from ocpp_core.simulator.sessions import Ending, State, Token, Transaction
from ocpp_core.simulator.vehicle import Reading

_UNKNOWN_TRANSACTION = -1  # the start was never answered with a result


class Messages16(Messages):
    """OCPP 1.6: the server numbers the transactions, with its answer to the start."""

    reasons: ClassVar[dict[Ending, str]] = {
        Ending.LOCAL: "Local",
        Ending.DEPARTED: "EVDisconnected",
        Ending.REMOTE: "Remote",
        Ending.UNLOCKED: "UnlockCommand",
        Ending.DEAUTHORIZED: "DeAuthorized",
        Ending.SOFT_RESET: "SoftReset",
        Ending.HARD_RESET: "HardReset",
    }

    def boot(self, serial: str, reason: str) -> Message:
        return Message(
            "BootNotification",
            {
                "chargePointVendor": VENDOR,
                "chargePointModel": MODEL,
                "chargePointSerialNumber": serial[:25],
                "firmwareVersion": FIRMWARE,
                "meterType": "Simulated",
            },
        )

    def status_word(self, state: State) -> str:
        return state.value

    def status(self, connector: int, state: State, at: datetime) -> Message:
        return Message(
            "StatusNotification",
            {
                "connectorId": connector,
                "errorCode": "NoError",
                "status": state.value,
                "timestamp": clock.wire(at),
            },
        )

    def station_status(self, state: State, at: datetime) -> Message | None:
        return self.status(0, state, at)

    def authorize(self, token: Token) -> Message:
        return Message("Authorize", {"idTag": token.text})

    def verdict(self, answer: Payload) -> str:
        return str(read_object(answer.get("idTagInfo")).get("status", "Accepted"))

    def started(self, transaction: Transaction, *, offline: bool) -> Message:
        return Message(
            "StartTransaction",
            {
                "connectorId": transaction.connector,
                "idTag": transaction.token.text,
                "meterStart": transaction.begin.energy_wh,
                "timestamp": clock.wire(transaction.begin.at),
            },
        )

    def note_started(self, transaction: Transaction, answer: Payload) -> None:
        transaction.number = answer.get("transactionId")

    def transaction_id(self, transaction: Transaction) -> int | str | None:
        return transaction.number

    def state_changed(
        self, transaction: Transaction, state: State, reading: Reading, *, offline: bool
    ) -> Message | None:
        return None

    def limit_changed(
        self, transaction: Transaction, state: State, reading: Reading, *, offline: bool
    ) -> Message | None:
        return None

    def sampled(
        self, transaction: Transaction, state: State, reading: Reading, *, offline: bool
    ) -> Message:
        return _meter_values(transaction.connector, transaction, _meter_value(reading, PERIODIC))

    def ended(
        self, transaction: Transaction, ending: Ending, reading: Reading, *, offline: bool
    ) -> Message:
        begin, end = _meter_value(transaction.begin, BEGIN), _meter_value(reading, END)

        def payload() -> Payload:
            number = transaction.number
            return without_none(
                {
                    "idTag": transaction.token.text if ending is Ending.LOCAL else None,
                    "meterStop": reading.energy_wh,
                    "timestamp": clock.wire(reading.at),
                    "transactionId": _UNKNOWN_TRANSACTION if number is None else number,
                    "reason": self.reasons[ending],
                    "transactionData": [begin, end],
                }
            )

        return Message("StopTransaction", payload)

    def meter_values(
        self, connector: int, transaction: Transaction | None, reading: Reading
    ) -> Message:
        return _meter_values(connector, transaction, _meter_value(reading, TRIGGER))

    def firmware_status(self) -> Message:
        return Message("FirmwareStatusNotification", {"status": "Idle"})

    def log_status(self) -> Message:
        return Message("DiagnosticsStatusNotification", {"status": "Idle"})


def _meter_values(connector: int, transaction: Transaction | None, value: Payload) -> Message:
    def payload() -> Payload:  # the transaction's number may still be on its way
        number = None if transaction is None else transaction.number
        return without_none(
            {"connectorId": connector, "transactionId": number, "meterValue": [value]}
        )

    return Message("MeterValues", payload)


def _meter_value(reading: Reading, context: str) -> Payload:
    values = [_sampled_value(sample, context) for sample in samples(reading)]
    return {"timestamp": clock.wire(reading.at), "sampledValue": values}


def _sampled_value(sample: Sample, context: str) -> dict[str, Any]:
    return without_none(
        {
            "value": str(sample.value),
            "context": context,
            "measurand": sample.measurand,
            "phase": sample.phase,
            "location": sample.location,
            "unit": sample.unit,
        }
    )
