"""Blocks L (firmware), N (diagnostics) and P (data transfer)."""

from __future__ import annotations

from typing import Any

from ocpp.routing import on

from ... import clock
from ...services import stations
from ..base import Handlers


class Reporting(Handlers):
    """How updates and uploads go, and what only a vendor understands."""

    @on("FirmwareStatusNotification")
    def on_firmware_status_notification(self, status: str, **_: Any) -> Any:
        stations.report_firmware(self.station_id, status, clock.utcnow())
        return self.call_result.FirmwareStatusNotification()

    @on("LogStatusNotification")
    def on_log_status_notification(self, status: str, **_: Any) -> Any:
        stations.report_log(self.station_id, status, clock.utcnow())
        return self.call_result.LogStatusNotification()

    @on("DataTransfer")
    def on_data_transfer(self, **_: Any) -> Any:
        return self.call_result.DataTransfer(status="Accepted")
