"""Which charging profiles a station takes, and what they leave to each connector."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ocpp_core import clock
from ocpp_core.simulator.profiles import Profile, Profiles, Selection

if TYPE_CHECKING:
    from ocpp_core.simulator.station import Station


class SmartCharging:
    """The charging profiles of one station."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._profiles = Profiles()

    def limit_w(self, number: int, started_at: datetime | None) -> float:
        """Return the power left to a connector now; infinite without a profile."""
        if not len(self._profiles):
            return float("inf")
        sharing = sum(1 for connector in self._station.connectors if connector.transaction)
        return self._profiles.limit_w(number, clock.utcnow(), started_at, sharing)

    def install(self, profile: Profile, *, starting: bool = False) -> bool:
        """Install a profile; False when it does not fit its connector.

        `starting` lets a transaction's profile come before its transaction.
        """
        if not (starting or self._fits(profile)):
            return False
        self._before_change()
        self._profiles.install(profile)
        self._after_change()
        return True

    def clear(self, selection: Selection) -> int:
        """Remove profiles; return how many matched."""
        self._before_change()
        removed = self._profiles.clear(selection)
        self._after_change()
        return removed

    def end_transaction(self, number: int) -> None:
        """Forget the profiles of the transaction that ended at a connector."""
        self._profiles.end_transaction(number)

    def _fits(self, profile: Profile) -> bool:
        connector = self._station.connector(profile.connector)
        if profile.purpose == "TxProfile":
            wanted = profile.transaction_id
            if connector is None or connector.transaction is None:
                return False
            return wanted is None or self._station.in_transaction(wanted) is connector
        if profile.connector == 0:
            return True
        return connector is not None and not profile.of_station

    def _before_change(self) -> None:
        for connector in self._station.connectors:
            connector.catch_up()

    def _after_change(self) -> None:
        for connector in self._station.connectors:
            connector.limit_changed()
