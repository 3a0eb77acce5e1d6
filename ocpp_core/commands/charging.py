"""Limiting the charging power.

Limits are remembered and sent again when the station boots: docs/decisions/0002-charging-limits.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from ..domain.charging import HIGHEST_LIMIT, PURPOSE, STACK_LEVEL, ChargingLimit
from ..services import charging_limits
from .base import Command, Outcome, Target, command
from .parameters import ConnectorOrStation

CONNECTOR = "number of the connector (OCPP 2.x: EVSE); 0: the whole station"


@command(
    "set-charging-limit",
    "Set charging limit",
    legacy="SetChargingLimit/<station>/<connector=0>/<limit>",
)
class SetChargingLimit(Command):
    """Limit the power or current of a connector or the whole station until the limit is cleared.

    A limit that the station accepted is sent to it again whenever it boots.
    """

    answers: ClassVar[Mapping[str, str]] = {"Accepted": "The limit is in force."}

    connector: ConnectorOrStation = Field(default=0, title="Connector", description=CONNECTOR)
    value: float = Field(
        title="Limit",
        description="with at most one digit after the point; 0: no charging",
        ge=0,
        le=HIGHEST_LIMIT,
        multiple_of=0.1,
        allow_inf_nan=False,
    )
    unit: Literal["W", "A"] = Field(title="Unit", description="W, or A for each phase")

    def v16(self, target: Target) -> Any:
        """OCPP 1.6, 5.16."""
        profile = {
            "charging_profile_id": self._limit.profile_id,
            **self._limit.profile(),
            "charging_schedule": self._limit.schedule(target.now),
        }
        return target.call.SetChargingProfile(
            connector_id=self.connector, cs_charging_profiles=profile
        )

    def v2(self, target: Target) -> Any:
        """OCPP 2.x, K01."""
        number = self._limit.profile_id
        profile = {
            "id": number,
            **self._limit.profile(),
            "charging_schedule": [{"id": number, **self._limit.schedule(target.now)}],
        }
        return target.call.SetChargingProfile(evse_id=self.connector, charging_profile=profile)

    def conclude(self, target: Target, outcome: Outcome) -> None:
        """Remember an accepted limit."""
        if outcome.done:
            charging_limits.store(target.id, self._limit, target.now)

    @property
    def _limit(self) -> ChargingLimit:
        return ChargingLimit(self.connector, self.value, self.unit)


@command(
    "clear-charging-limit",
    "Clear charging limit",
    legacy="ClearChargingLimit/<station>/<connector=0>",
)
class ClearChargingLimit(Command):
    """Lift the limit of a connector, or the one of the whole station."""

    # The station has no such limit, any more or ever: nothing to remember.
    gone_statuses: ClassVar[frozenset[str]] = frozenset({"Accepted", "Unknown"})
    answers: ClassVar[Mapping[str, str]] = {
        "Accepted": "The limit is lifted.",
        "Unknown": "The station has no such limit.",
    }

    connector: ConnectorOrStation = Field(default=0, title="Connector", description=CONNECTOR)

    def v16(self, target: Target) -> Any:
        """OCPP 1.6, 5.5; by criteria: the id would leave limits of other systems in force."""
        return target.call.ClearChargingProfile(
            connector_id=self.connector,
            charging_profile_purpose=PURPOSE,
            stack_level=STACK_LEVEL,
        )

    def v2(self, target: Target) -> Any:
        """OCPP 2.x, K10."""
        return target.call.ClearChargingProfile(
            charging_profile_criteria={
                "evse_id": self.connector,
                "charging_profile_purpose": PURPOSE,
                "stack_level": STACK_LEVEL,
            }
        )

    def conclude(self, target: Target, outcome: Outcome) -> None:
        """Forget the limit that the station no longer has."""
        if outcome.status in self.gone_statuses:
            charging_limits.forget(target.id, self.connector)


class RestoreChargingLimit(SetChargingLimit):
    """A remembered limit on its way to a station that booted; what is remembered stays."""

    def conclude(self, target: Target, outcome: Outcome) -> None:
        """Remember nothing: an operator may have set another limit meanwhile."""


class WithdrawChargingLimit(ClearChargingLimit):
    """Takes back a restored limit that an operator cleared meanwhile."""

    def conclude(self, target: Target, outcome: Outcome) -> None:
        """Forget nothing: an operator may have set another limit meanwhile."""
