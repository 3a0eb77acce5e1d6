"""A charging station for tests: a real WebSocket client whose answers the test writes.

>>> with FakeStation(url, "CP1", "2.0.1", password="secret") as station:
...     station.boot()
...     transaction = station.start(1, "TAG1", meter_wh=1000)
...     station.answers["Reset"] = CallErrorAnswer("InternalError", "no way")
"""

from __future__ import annotations

from tests.support.station_answers import (
    CallError,
    CallErrorAnswer,
    Disconnect,
    Received,
    Silence,
)
from tests.support.station_client import StationClient
from tests.support.station_messages import Moment, Payload, TransactionId

__all__ = [
    "CallError",
    "CallErrorAnswer",
    "Disconnect",
    "FakeStation",
    "Received",
    "Silence",
]


class FakeStation(StationClient):
    """One station that says the same in the words of each OCPP version."""

    def boot(self, vendor: str = "Vendor", model: str = "Model") -> Payload:
        """Send a BootNotification."""
        return self.call(*self.messages.boot(vendor, model))

    def status(self, connector: int, word: str, at: Moment = None) -> Payload:
        """Send a StatusNotification with a word of the version."""
        return self.call(*self.messages.status(connector, word, at))

    def authorize(self, tag: str) -> str | None:
        """Send an Authorize; return the status."""
        return self.messages.verdict(self.call(*self.messages.authorize(tag)))

    def start(
        self,
        connector: int,
        tag: str | None,
        meter_wh: int,
        at: Moment = None,
        transaction: TransactionId | None = None,
    ) -> TransactionId:
        """Begin a transaction; return its id, which in 2.x can be given."""
        action, payload = self.messages.start(connector, tag, meter_wh, at, transaction)
        return self.messages.started(payload, self.call(action, payload))

    def meter(
        self,
        connector: int,
        transaction: TransactionId | None,
        wh: float,
        w: float | None = None,
        at: Moment = None,
        soc: float | None = None,
    ) -> Payload:
        """Send the meter's register, and power and state of charge where given."""
        samples = {"Energy.Active.Import.Register": (wh, "Wh")}
        if w is not None:
            samples["Power.Active.Import"] = (w, "W")
        if soc is not None:
            samples["SoC"] = (soc, "Percent")
        return self.call(*self.messages.meter(connector, transaction, samples, at))

    def stop(
        self,
        transaction: TransactionId,
        tag: str | None,
        meter_wh: int,
        at: Moment = None,
        reason: str | None = None,
    ) -> Payload:
        """End a transaction."""
        return self.call(*self.messages.stop(transaction, tag, meter_wh, at, reason))

    @property
    def verdict(self) -> str | None:
        """Return what the last answer said of the tag."""
        return self.messages.verdict(self.last_answer)
