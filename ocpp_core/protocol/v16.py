"""OCPP 1.6: its messages in words of the domain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ocpp.routing import on
from ocpp.v16 import call, call_result
from ocpp.v16.enums import Action

from .. import clock
from ..domain import metering
from ..domain.authorization import Authorization
from ..domain.connectors import ConnectorRef, StatusReport
from ..domain.transactions import TransactionStart, TransactionStop
from ..errors import Kind
from ..rpc.payloads import Tolerance
from ..services import entitlement, stations, transactions
from ..services.stations import BootData
from .base import NO_MOMENT, Handlers, optional_text, short

# OCPP-J 1.6, 4.2.3, in its own spelling
CODES = {
    Kind.UNREADABLE: "FormationViolation",
    Kind.FRAMING: "FormationViolation",
    Kind.SYNTAX: "FormationViolation",
    Kind.MISSING: "ProtocolError",  # "Payload for Action is incomplete"
    Kind.UNKNOWN_MEMBER: "FormationViolation",
    Kind.TYPE: "TypeConstraintViolation",
    Kind.LENGTH: "TypeConstraintViolation",  # CiString20Type and its like are types
    Kind.VALUE: "PropertyConstraintViolation",
    Kind.OCCURRENCE: "OccurenceConstraintViolation",
    Kind.UNKNOWN_ACTION: "NotImplemented",
    Kind.UNHANDLED_ACTION: "NotSupported",
    Kind.SECURITY: "SecurityError",
    Kind.INTERNAL: "InternalError",
}

Samples = Sequence[Mapping[str, Any]]


class Handlers16(Handlers):
    """What a charge point of OCPP 1.6 may send."""

    version = "1.6"
    subprotocol = "ocpp1.6"
    types = frozenset({2, 3, 4})
    codes = CODES
    dialects = ("v16",)
    call = call
    call_result = call_result
    tolerances: ClassVar[Mapping[str, Tolerance]] = {
        **Handlers.tolerances,
        "StopTransaction": Tolerance.OPTIONAL,
    }
    assumed: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "StopTransaction": {"transactionId": -1, "timestamp": NO_MOMENT}
    }

    @on(Action.boot_notification)
    def on_boot_notification(self, **said: Any) -> dict[str, Any]:
        data = BootData(
            vendor=said.get("charge_point_vendor"),
            model=said.get("charge_point_model"),
            serial_number=said.get("charge_point_serial_number"),
            box_serial_number=said.get("charge_box_serial_number"),
            firmware_version=said.get("firmware_version"),
            iccid=said.get("iccid"),
            imsi=said.get("imsi"),
            meter_type=said.get("meter_type"),
            meter_serial_number=said.get("meter_serial_number"),
        )
        return self.boot_answer(stations.booted(self.station_id, data, clock.utcnow()))

    @on(Action.heartbeat)
    def on_heartbeat(self, **_: Any) -> Any:
        return call_result.Heartbeat(current_time=self.now_text())

    @on(Action.authorize)
    def on_authorize(self, id_tag: str, **_: Any) -> Any:
        answer = entitlement.judge(self.station_id, id_tag, self.terms())
        return call_result.Authorize(id_tag_info=_id_tag_info(answer))

    @on(Action.start_transaction)
    def on_start_transaction(
        self, connector_id: int, id_tag: str, meter_start: int, timestamp: str, **_: Any
    ) -> Any:
        report = TransactionStart(
            ConnectorRef.of_v16(connector_id),
            short(id_tag),
            meter_start,
            self.moment(timestamp),
            timestamp,
        )
        recorded = transactions.start(self.station_id, report, self.terms())
        return call_result.StartTransaction(
            transaction_id=recorded.transaction_id,
            id_tag_info=_id_tag_info(recorded.authorization) or {},
        )

    @on(Action.stop_transaction)
    def on_stop_transaction(
        self,
        transaction_id: int,
        meter_stop: float,
        timestamp: str,
        id_tag: str | None = None,
        reason: str | None = None,
        transaction_data: Samples | None = None,
        **_: Any,
    ) -> Any:
        report = TransactionStop(
            transaction_id,
            meter_stop,
            self.moment(timestamp),
            short(id_tag) if id_tag else None,
            short(reason or "Local"),  # OCPP 1.6, 6.49: the default
            metering.read(transaction_data, clock.utcnow()),
        )
        recorded = transactions.stop(self.station_id, report, self.terms())
        return call_result.StopTransaction(id_tag_info=_id_tag_info(recorded.authorization))

    @on(Action.meter_values)
    def on_meter_values(
        self,
        connector_id: int,
        meter_value: Samples,
        transaction_id: int | None = None,
        **_: Any,
    ) -> Any:
        readings = metering.read(meter_value, clock.utcnow())
        self.note_spoiled(readings)
        uid = str(transaction_id) if transaction_id and transaction_id > 0 else None
        connector = ConnectorRef.of_v16(connector_id)
        transactions.report_meter(self.station_id, connector, readings, uid, clock.utcnow())
        return call_result.MeterValues()

    @on(Action.status_notification)
    def on_status_notification(
        self,
        connector_id: int,
        error_code: str,
        status: str,
        timestamp: str | None = None,
        info: str | None = None,
        vendor_id: str | None = None,
        vendor_error_code: str | None = None,
        **_: Any,
    ) -> Any:
        report = StatusReport(status, error_code, info, vendor_id, vendor_error_code)
        connector = ConnectorRef.of_v16(connector_id)
        moment = self.moment(timestamp)
        stations.report_status(self.station_id, connector, report, moment, clock.utcnow())
        return call_result.StatusNotification()

    @on(Action.data_transfer)
    def on_data_transfer(self, **_: Any) -> Any:
        return call_result.DataTransfer(status="Accepted")

    @on(Action.diagnostics_status_notification)
    def on_diagnostics_status_notification(self, status: str, **_: Any) -> Any:
        stations.report_log(self.station_id, status, clock.utcnow())
        return call_result.DiagnosticsStatusNotification()

    @on(Action.firmware_status_notification)
    def on_firmware_status_notification(self, status: str, **_: Any) -> Any:
        stations.report_firmware(self.station_id, status, clock.utcnow())
        return call_result.FirmwareStatusNotification()


def _id_tag_info(answer: Authorization | None) -> dict[str, Any] | None:
    """Return the idTagInfo; left out where no tag was presented (OCPP 1.6, 6.50)."""
    if answer is None:
        return None
    return {
        "expiry_date": optional_text(answer.expires_at),
        "parent_id_tag": answer.group or None,
        "status": answer.verdict.value,
    }
