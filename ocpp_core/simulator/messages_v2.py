"""The requests of an OCPP 2.0.1 or 2.1 station."""

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

_OCCUPIED = "Occupied"


class Messages2(Messages):
    """OCPP 2.x: the station names the transactions and numbers their events."""

    words: ClassVar[dict[State, str]] = {
        State.AVAILABLE: "Available",
        State.UNAVAILABLE: "Unavailable",
    }
    charging_states: ClassVar[dict[State, str]] = {
        State.PREPARING: "EVConnected",
        State.CHARGING: "Charging",
        State.SUSPENDED_EV: "SuspendedEV",
        State.SUSPENDED_EVSE: "SuspendedEVSE",
    }
    reasons: ClassVar[dict[Ending, tuple[str, str]]] = {  # triggerReason, stoppedReason
        Ending.LOCAL: ("StopAuthorized", "Local"),
        Ending.DEPARTED: ("EVDeparted", "EVDisconnected"),
        Ending.REMOTE: ("RemoteStop", "Remote"),
        Ending.UNLOCKED: ("UnlockCommand", "Other"),
        Ending.DEAUTHORIZED: ("Deauthorized", "DeAuthorized"),
        Ending.SOFT_RESET: ("ResetCommand", "ImmediateReset"),
        Ending.HARD_RESET: ("ResetCommand", "ImmediateReset"),
    }

    def boot(self, serial: str, reason: str) -> Message:
        station = {
            "serialNumber": serial[:25],
            "model": MODEL,
            "vendorName": VENDOR,
            "firmwareVersion": FIRMWARE,
        }
        return Message("BootNotification", {"chargingStation": station, "reason": reason})

    def status_word(self, state: State) -> str:
        return self.words.get(state, _OCCUPIED)

    def status(self, connector: int, state: State, at: datetime) -> Message:
        return Message(
            "StatusNotification",
            {
                "timestamp": clock.wire(at),
                "connectorStatus": self.status_word(state),
                "evseId": connector,
                "connectorId": 1,
            },
        )

    def station_status(self, state: State, at: datetime) -> Message | None:
        return None

    def authorize(self, token: Token) -> Message:
        return Message("Authorize", {"idToken": _id_token(token)})

    def verdict(self, answer: Payload) -> str:
        return str(read_object(answer.get("idTokenInfo")).get("status", "Accepted"))

    def started(self, transaction: Transaction, *, offline: bool) -> Message:
        remote = transaction.remote
        return self._event(
            "Started",
            transaction,
            transaction.begin,
            BEGIN,
            trigger="Authorized" if remote is None else "RemoteStart",
            info={
                "chargingState": "EVConnected",
                "remoteStartId": None if remote is None else remote.remote_start_id,
            },
            offline=offline,
            token=transaction.token,
        )

    def note_started(self, transaction: Transaction, answer: Payload) -> None:
        """Keep nothing: the station named the transaction itself."""

    def transaction_id(self, transaction: Transaction) -> int | str | None:
        return transaction.uid

    def state_changed(
        self, transaction: Transaction, state: State, reading: Reading, *, offline: bool
    ) -> Message | None:
        return self._updated("ChargingStateChanged", transaction, state, reading, offline)

    def limit_changed(
        self, transaction: Transaction, state: State, reading: Reading, *, offline: bool
    ) -> Message | None:
        return self._updated("ChargingRateChanged", transaction, state, reading, offline)

    def sampled(
        self, transaction: Transaction, state: State, reading: Reading, *, offline: bool
    ) -> Message:
        return self._updated("MeterValuePeriodic", transaction, state, reading, offline)

    def triggered(self, transaction: Transaction, state: State, reading: Reading) -> Message:
        """Report the transaction because the server asked."""
        return self._updated("Trigger", transaction, state, reading, False)

    def ended(
        self, transaction: Transaction, ending: Ending, reading: Reading, *, offline: bool
    ) -> Message:
        trigger, reason = self.reasons[ending]
        return self._event(
            "Ended",
            transaction,
            reading,
            END,
            trigger=trigger,
            info={"stoppedReason": reason},
            offline=offline,
            token=transaction.token if ending is Ending.LOCAL else None,
        )

    def meter_values(
        self, connector: int, transaction: Transaction | None, reading: Reading
    ) -> Message:
        value = _meter_value(reading, TRIGGER)
        return Message("MeterValues", {"evseId": connector, "meterValue": [value]})

    def firmware_status(self) -> Message:
        return Message("FirmwareStatusNotification", {"status": "Idle"})

    def log_status(self) -> Message:
        return Message("LogStatusNotification", {"status": "Idle"})

    def _updated(
        self, trigger: str, transaction: Transaction, state: State, reading: Reading, offline: bool
    ) -> Message:
        return self._event(
            "Updated",
            transaction,
            reading,
            TRIGGER if trigger == "Trigger" else PERIODIC,
            trigger=trigger,
            info={"chargingState": self.charging_states.get(state)},
            offline=offline,
        )

    def _event(
        self,
        kind: str,
        transaction: Transaction,
        reading: Reading,
        context: str,
        *,
        trigger: str,
        info: dict[str, Any],
        offline: bool,
        token: Token | None = None,
    ) -> Message:
        payload = {
            "eventType": kind,
            "timestamp": clock.wire(reading.at),
            "triggerReason": trigger,
            "seqNo": transaction.next_seq_no(),
            "offline": True if offline else None,
            "transactionInfo": without_none({"transactionId": transaction.uid, **info}),
            "evse": {"id": transaction.connector, "connectorId": 1},
            "idToken": None if token is None else _id_token(token),
            "meterValue": [_meter_value(reading, context)],
        }
        return Message("TransactionEvent", without_none(payload))


def _id_token(token: Token) -> Payload:
    return {"idToken": token.text, "type": token.type}


def _meter_value(reading: Reading, context: str) -> Payload:
    values = [_sampled_value(sample, context) for sample in samples(reading)]
    return {"timestamp": clock.wire(reading.at), "sampledValue": values}


def _sampled_value(sample: Sample, context: str) -> dict[str, Any]:
    return without_none(
        {
            "value": sample.value,
            "context": context,
            "measurand": sample.measurand,
            "phase": sample.phase,
            "location": sample.location,
            "unitOfMeasure": {"unit": sample.unit},
        }
    )
