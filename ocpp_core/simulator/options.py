"""What a run of the simulator shall do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ocpp_core.errors import InvalidInput
from ocpp_core.simulator.versions import VERSIONS

Range = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Options:
    """The stations of a run and their habits.

    Times are the stations' own seconds, which `speed` shortens: at speed 60 a session of ten
    minutes takes ten seconds. Those named `real` are not shortened. Moments on the wire are
    always the real ones, so that at speed 60 energy grows 60 times faster than power says.
    """

    stations: int = 1
    version: str = "1.6"
    url: str = "ws://127.0.0.1:8081/OCPP"
    """Address without the station's id."""
    prefix: str = "SIM"
    """Stations are called <prefix>0001, <prefix>0002, ..."""
    credentials: Mapping[str, str] | None = None
    """Password per station id; stations that are not named send none."""
    tags: tuple[str, ...] = ("SIMTAG",)
    """Tags to present. Connectors take them in turn: as many tags as connectors never collide."""
    connectors: int = 2
    """Connectors (1.6) or EVSEs with one connector each (2.x) per station."""
    speed: float = 1.0
    duration_s: float | None = None
    """Real seconds until the run ends by itself; None: until SIGINT or SIGTERM."""
    seed: int | None = None
    """Makes cars, curves and pauses repeatable; ids of messages and transactions stay unique."""
    sample_s: float = 10.0
    """Between two meter values, until the server configures another interval."""
    pause_s: Range = (5.0, 60.0)
    """From one car's leaving to the next one's coming."""
    plug_s: Range = (2.0, 8.0)
    """From plugging in to presenting the tag."""
    stay_s: Range = (120.0, 900.0)
    """How long the driver lets the car charge."""
    unplug_s: Range = (2.0, 8.0)
    """From the end of the transaction to pulling the plug."""
    reboot_s: float = 5.0
    """Off the net after a reset."""
    connects_per_s: float = 100.0
    """Stations that connect at the start, per real second."""
    reconnect_s: Range = (1.0, 30.0)
    """First and longest wait before connecting again, real; doubled each time, with jitter."""
    call_timeout_s: float = 30.0
    """How long a station waits for an answer, real."""
    stop_transactions: bool = True
    """Whether transactions in progress are stopped (reason Local) when the run ends."""
    on_answered: Path | None = None
    """Journal: one JSON line for each start and stop that the server answered."""

    def __post_init__(self) -> None:
        problems = {name: text for name, bad, text in self._checks() if bad}
        if problems:
            raise InvalidInput("; ".join(f"{n} {text}" for n, text in problems.items()), problems)

    def _checks(self) -> list[tuple[str, bool, str]]:
        known = ", ".join(VERSIONS)
        ranges = ("pause_s", "plug_s", "stay_s", "unplug_s", "reconnect_s")
        positive = ("sample_s", "connects_per_s", "call_timeout_s", "speed")
        return [
            ("stations", self.stations < 1, "must be 1 or more"),
            ("version", self.version not in VERSIONS, f"must be one of {known}"),
            ("url", urlsplit(self.url).scheme not in {"ws", "wss"}, "must begin with ws or wss"),
            ("connectors", self.connectors < 1, "must be 1 or more"),
            ("tags", not self.tags, "must name at least one tag"),
            *((name, getattr(self, name) <= 0, "must be more than 0") for name in positive),
            *((name, not self._is_range(name), "must be low and high") for name in ranges),
        ]

    def _is_range(self, name: str) -> bool:
        low, high = getattr(self, name)
        return bool(0 <= low <= high)

    @property
    def station_ids(self) -> list[str]:
        """Return the ids that the run uses, for whoever registers them."""
        return [f"{self.prefix}{number:04d}" for number in range(1, self.stations + 1)]

    def tag_of(self, station: int, connector: int) -> str:
        """Return the tag of the drivers at a connector; stations count from 0."""
        return self.tags[(station * self.connectors + connector - 1) % len(self.tags)]
