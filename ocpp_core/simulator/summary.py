"""What happened in a run: counted while it runs, told at its end."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

_KEPT_LATENCIES = 100_000  # of a run of days the last ones are enough


@dataclass(frozen=True)
class Latency:
    """How long the server took to answer, in milliseconds."""

    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Summary:
    """The result of a run."""

    stations: int
    version: str
    seconds: float
    connections: int
    sessions_started: int
    sessions_finished: int
    sessions_refused: int
    starts_answered: int
    stops_answered: int
    energy_wh: float
    messages_sent: int
    commands_answered: int
    samples_dropped: int
    undelivered: int
    latency: Latency
    errors: Mapping[str, int]

    def __str__(self) -> str:
        latency = self.latency
        lines = [
            (
                f"{self.stations} stations (OCPP {self.version}) in {self.seconds:.1f} s, "
                f"{self.connections} connections"
            ),
            (
                f"sessions: {self.sessions_started} started, {self.sessions_finished} finished, "
                f"{self.sessions_refused} refused; {self.energy_wh / 1000:.3f} kWh"
            ),
            (
                f"answered: {self.starts_answered} starts, {self.stops_answered} stops; "
                f"{self.undelivered} transaction messages not delivered, "
                f"{self.samples_dropped} meter values dropped"
            ),
            f"messages: {self.messages_sent} sent, {self.commands_answered} commands answered",
            (
                f"reply after: p50 {latency.p50_ms:.1f} ms, p95 {latency.p95_ms:.1f} ms, "
                f"p99 {latency.p99_ms:.1f} ms"
            ),
        ]
        errors = [f"error: {count} x {kind}" for kind, count in sorted(self.errors.items())]
        return "\n".join(lines + (errors or ["errors: none"]))


@dataclass
class Statistics:
    """Counters that all stations of a run share."""

    online: int = 0
    charging: int = 0
    connections: int = 0
    sessions_started: int = 0
    sessions_finished: int = 0
    sessions_refused: int = 0
    starts_answered: int = 0
    stops_answered: int = 0
    energy_wh: float = 0.0
    messages_sent: int = 0
    commands_answered: int = 0
    samples_dropped: int = 0
    undelivered: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    latencies_s: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT_LATENCIES))

    def latency(self) -> Latency:
        """Return the percentiles of the answers so far; zeros before the first."""
        ordered = sorted(self.latencies_s)
        return Latency(*(_percentile_ms(ordered, share) for share in (0.50, 0.95, 0.99)))

    def line(self) -> str:
        """Say in one line how it goes."""
        return (
            f"{self.online} online, {self.charging} charging, "
            f"{self.sessions_finished} sessions finished, {self.energy_wh / 1000:.1f} kWh, "
            f"{self.messages_sent} messages, p99 {self.latency().p99_ms:.0f} ms, "
            f"{sum(self.errors.values())} errors"
        )

    def summary(self, stations: int, version: str, seconds: float) -> Summary:
        """Return the result of the run."""
        return Summary(
            stations=stations,
            version=version,
            seconds=seconds,
            connections=self.connections,
            sessions_started=self.sessions_started,
            sessions_finished=self.sessions_finished,
            sessions_refused=self.sessions_refused,
            starts_answered=self.starts_answered,
            stops_answered=self.stops_answered,
            energy_wh=self.energy_wh,
            messages_sent=self.messages_sent,
            commands_answered=self.commands_answered,
            samples_dropped=self.samples_dropped,
            undelivered=self.undelivered,
            latency=self.latency(),
            errors=dict(self.errors),
        )


def _percentile_ms(ordered: list[float], share: float) -> float:
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000.0
