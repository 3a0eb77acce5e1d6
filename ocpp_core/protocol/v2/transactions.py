"""Blocks C (authorization), E (transactions) and J (meter values)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ocpp.routing import on

from ... import clock
from ...domain import metering
from ...domain.authorization import Authorization
from ...domain.connectors import ConnectorRef
from ...domain.metering import Readings
from ...domain.transactions import Phase, TransactionEvent
from ...errors import Kind, Violation
from ...services import entitlement, transaction_events, transactions
from ..base import Handlers, short

log = logging.getLogger(__name__)

Samples = Sequence[Mapping[str, Any]]


class Transactions(Handlers):
    """Tokens, charging sessions and what they measure."""

    @on("Authorize")
    def on_authorize(self, id_token: Mapping[str, Any], **_: Any) -> Any:
        answer = entitlement.judge(self.station_id, str(id_token["id_token"]), self.terms())
        return self.call_result.Authorize(id_token_info=_id_token_info(answer))

    @on("TransactionEvent")
    def on_transaction_event(
        self,
        event_type: str,
        timestamp: str,
        seq_no: int,
        transaction_info: Mapping[str, Any],
        evse: Mapping[str, Any] | None = None,
        id_token: Mapping[str, Any] | None = None,
        meter_value: Samples | None = None,
        offline: bool | None = None,
        **_: Any,
    ) -> Any:
        readings = self._read(meter_value)
        event = TransactionEvent(
            _phase(event_type),
            short(transaction_info["transaction_id"]),
            self.moment(timestamp),
            seq_no,
            connector=_connector(evse),
            token=short(id_token["id_token"]) if id_token else None,
            readings=readings,
            offline=bool(offline),
            charging_state=short(transaction_info.get("charging_state") or "") or None,
            stopped_reason=short(transaction_info.get("stopped_reason") or "") or None,
            remote_start_id=transaction_info.get("remote_start_id"),
        )
        recorded = transaction_events.report(self.station_id, event, self.terms())
        answer = recorded.authorization
        return self.call_result.TransactionEvent(
            id_token_info=_id_token_info(answer) if answer else None
        )

    @on("MeterValues")
    def on_meter_values(self, evse_id: int, meter_value: Samples, **_: Any) -> Any:
        readings = self._read(meter_value)
        connector = ConnectorRef.of_v2(evse_id)
        transactions.report_meter(self.station_id, connector, readings, None, clock.utcnow())
        return self.call_result.MeterValues()

    def _read(self, meter_value: Samples | None) -> Readings:
        """Read meter values; signed ones are kept under the names that the station gave."""
        readings = metering.read(meter_value, clock.utcnow())
        self.note_spoiled(readings)
        for index, entry in enumerate(readings.entries):
            if entry.signed:
                signed = tuple(
                    replace(each, content=self._as_sent(each.content)) for each in entry.signed
                )
                readings.entries[index] = replace(entry, signed=signed)
        return readings

    def _as_sent(self, sample: Mapping[str, Any]) -> Mapping[str, Any]:
        message = {"meter_value": [{"sampled_value": [sample]}]}
        wired = self.messages.request("MeterValues").to_wire(message)
        sent: Mapping[str, Any] = wired["meterValue"][0]["sampledValue"][0]
        return sent


def _phase(word: str) -> Phase:
    try:
        return Phase(word)
    except ValueError as error:  # possible only where messages are not checked
        raise Violation(Kind.VALUE, "eventType is none of Started, Updated, Ended") from error


def _connector(evse: Mapping[str, Any] | None) -> ConnectorRef | None:
    """Return where a transaction takes place; None where the event does not say.

    A number that cannot be is no reason to refuse what may be the end of a session.
    """
    if not evse or not evse.get("id"):
        return None
    try:
        return ConnectorRef.of_v2(evse["id"], evse.get("connector_id"))
    except Violation as violation:
        log.warning("event without a place", extra={"reason": violation.description})
        return None


def _id_token_info(answer: Authorization) -> dict[str, Any]:
    group = {"id_token": answer.group, "type": "Central"} if answer.group else None
    return {"status": answer.verdict.value, "group_id_token": group}
