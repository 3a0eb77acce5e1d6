"""What the system does by itself when stations do something."""

from __future__ import annotations

import logging

from ..commands.base import Command
from ..commands.charging import RestoreChargingLimit, WithdrawChargingLimit
from ..domain.charging import ChargingLimit
from ..errors import OcppCoreError
from ..services import charging_limits
from .dispatch import Dispatcher

log = logging.getLogger(__name__)

USER = "automation"  # in the history of commands
ATTEMPTS = 3  # as often an operator may change a limit while it is being restored


class Automations:
    """Reacts to stations; each method runs in a thread of its own and may call the station."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def station_booted(self, station_id: str) -> None:
        """Send the limits of a station again: it may have forgotten them."""
        for limit in charging_limits.of_station(station_id):
            self._restore(station_id, limit.evse_id)

    def _restore(self, station_id: str, evse_id: int) -> None:
        """Send a limit until what the station has is what is remembered.

        An operator may set or clear it meanwhile, and his command may arrive before this one.
        """
        told: ChargingLimit | None = None
        for _ in range(ATTEMPTS):
            limit = charging_limits.find(station_id, evse_id)
            if limit == told or not self._tell(station_id, evse_id, limit):
                return
            told = limit

    def _tell(self, station_id: str, evse_id: int, limit: ChargingLimit | None) -> bool:
        """Send a limit, or lift it; tells whether the station obeyed."""
        try:
            outcome = self._dispatcher.send(station_id, _command(evse_id, limit), USER)
        except OcppCoreError as error:
            _warn(evse_id, type(error).__name__)
            return False
        if not outcome.done:
            _warn(evse_id, outcome.status)
        return outcome.done


def _command(evse_id: int, limit: ChargingLimit | None) -> Command:
    if limit is None:
        return WithdrawChargingLimit(connector=evse_id)
    return RestoreChargingLimit.from_values(
        {"connector": evse_id, "value": limit.value, "unit": limit.unit}
    )


def _warn(evse_id: int, reason: str) -> None:
    log.warning("charging limit not restored", extra={"evse": evse_id, "reason": reason})
