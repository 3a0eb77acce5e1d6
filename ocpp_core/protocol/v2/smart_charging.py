"""Block K: limits and schedules that come from elsewhere than this system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ocpp.routing import on

from ... import clock, events
from ...domain.connectors import ConnectorRef
from ...errors import Kind, Violation
from ...services import stations
from ..base import Handlers


class SmartCharging(Handlers):
    """What a station reports about limits."""

    @on("NotifyChargingLimit")
    def on_notify_charging_limit(
        self,
        charging_limit: Mapping[str, Any],
        evse_id: int | None = None,
        charging_schedule: Sequence[Mapping[str, Any]] | None = None,
        **_: Any,
    ) -> Any:
        source = str(charging_limit["charging_limit_source"])
        evse = ConnectorRef.of_v2(evse_id or 0).evse_id
        schema = self.messages.request("NotifyChargingLimit")
        schedules = schema.to_wire({"charging_schedule": charging_schedule or []})
        stations.report_external_limit(
            self.station_id, evse, source, schedules["chargingSchedule"], clock.utcnow()
        )
        return self.call_result.NotifyChargingLimit()

    @on("ClearedChargingLimit")
    def on_cleared_charging_limit(
        self, charging_limit_source: str, evse_id: int | None = None, **_: Any
    ) -> Any:
        evse = ConnectorRef.of_v2(evse_id or 0).evse_id
        stations.clear_external_limit(self.station_id, evse, charging_limit_source, clock.utcnow())
        return self.call_result.ClearedChargingLimit()

    @on("NotifyEVChargingSchedule")
    def on_notify_ev_charging_schedule(
        self, time_base: str, evse_id: int, charging_schedule: Mapping[str, Any], **_: Any
    ) -> Any:
        base = self.moment(time_base).at
        event = events.EvScheduleReported(
            self.station_id,
            clock.utcnow(),
            ConnectorRef.of_v2(evse_id).evse_id,
            tuple(_periods(base, charging_schedule)),
            str(charging_schedule.get("charging_rate_unit", "")),
        )
        stations.report_ev_schedule(event)
        return self.call_result.NotifyEVChargingSchedule(status="Accepted")


def _periods(base: datetime, schedule: Mapping[str, Any]) -> Iterator[tuple[datetime, float]]:
    """Yield absolute start and limit of each period that has a limit (2.1: may have none)."""
    for period in schedule.get("charging_schedule_period") or ():
        limit = period.get("limit")
        if limit is not None:
            yield _after(base, period.get("start_period", 0)), float(limit)


def _after(base: datetime, seconds: int) -> datetime:
    try:
        return base + timedelta(seconds=seconds)
    except OverflowError as error:
        raise Violation(Kind.VALUE, "startPeriod is out of range") from error
