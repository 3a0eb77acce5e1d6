"""Blocks B (provisioning) and G (availability): booting, being alive, status of connectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ocpp.routing import on

from ... import clock
from ...domain.connectors import ConnectorRef, StatusReport
from ...services import stations
from ...services.stations import BootData
from ..base import Handlers, short


class Provisioning(Handlers):
    """What a station says of itself."""

    @on("BootNotification")
    def on_boot_notification(
        self, charging_station: Mapping[str, Any], reason: str, **_: Any
    ) -> dict[str, Any]:
        modem = charging_station.get("modem") or {}
        data = BootData(
            vendor=charging_station.get("vendor_name"),
            model=charging_station.get("model"),
            serial_number=charging_station.get("serial_number"),
            firmware_version=charging_station.get("firmware_version"),
            iccid=modem.get("iccid"),
            imsi=modem.get("imsi"),
            reason=short(reason),
        )
        return self.boot_answer(stations.booted(self.station_id, data, clock.utcnow()))

    @on("Heartbeat")
    def on_heartbeat(self, **_: Any) -> Any:
        return self.call_result.Heartbeat(current_time=self.now_text())

    @on("StatusNotification")
    def on_status_notification(
        self,
        timestamp: str,
        connector_status: str,
        evse_id: int,
        connector_id: int,
        **_: Any,
    ) -> Any:
        connector = ConnectorRef.of_v2(evse_id, connector_id)
        report = StatusReport(connector_status)
        moment = self.moment(timestamp)
        stations.report_status(self.station_id, connector, report, moment, clock.utcnow())
        return self.call_result.StatusNotification()
