"""Taking connectors, or a station, out of operation and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from .base import Command, Target, command
from .parameters import ConnectorOrStation


@command("change-availability", "Change availability")
class ChangeAvailability(Command):
    """Take a connector or the whole station out of operation, or put it back.

    While it charges the station answers Scheduled and obeys afterwards.
    """

    done_statuses: ClassVar[frozenset[str]] = frozenset({"Accepted", "Scheduled"})
    answers: ClassVar[Mapping[str, str]] = {
        "Scheduled": "The station obeys as soon as nothing charges there any more."
    }

    connector: ConnectorOrStation = Field(
        default=0,
        title="Connector",
        description="number of the connector (OCPP 2.x: EVSE); 0: the whole station",
    )
    operative: bool = Field(
        title="In operation", description="if not, it is taken out of operation"
    )

    def v16(self, target: Target) -> Any:
        """OCPP 1.6, 5.2."""
        return target.call.ChangeAvailability(connector_id=self.connector, type=self._wanted)

    def v2(self, target: Target) -> Any:
        """OCPP 2.x, G03 and G04: without an EVSE the station is meant."""
        evse = {"id": self.connector} if self.connector else None
        return target.call.ChangeAvailability(operational_status=self._wanted, evse=evse)

    @property
    def _wanted(self) -> str:
        return "Operative" if self.operative else "Inoperative"
