"""What the measured numbers come to: percentiles, ratios of pairs, and the names they go by."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

Measured = dict[str, float]  # figures by key


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    title: str
    unit: str
    more_is_better: bool = False


@dataclass(frozen=True)
class Spread:
    """How a number came out over the rounds."""

    least: float
    median: float
    most: float


FIGURES = {
    "saturated.cpu_us": Figure("CPU per message, saturated, 100 stations", "us"),
    "saturated.per_s": Figure("throughput, saturated", "1/s", more_is_better=True),
    "steady.cpu_us": Figure("CPU per message, 500/s over 1,000 stations", "us"),
    "steady.p50_ms": Figure("reply, 500/s over 1,000 stations, p50", "ms"),
    "steady.p95_ms": Figure("reply, p95", "ms"),
    "steady.p99_ms": Figure("reply, p99", "ms"),
    "commands.p50_ms": Figure("command beside 500/s, p50", "ms"),
    "commands.p99_ms": Figure("command, p99", "ms"),
    "memory.kib": Figure("idle memory per connection", "KiB"),
    "storm.seconds": Figure("1,000 stations return at once, all booted", "s"),
    "storm.cpu_us": Figure("CPU per returning station", "us"),
    "layer.v16_us": Figure("OCPP layer alone, 1.6, per message", "us"),
    "layer.v201_us": Figure("OCPP layer alone, 2.0.1, per message", "us"),
}


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` (0 to 1) of the sorted values do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def spread(values: Sequence[float]) -> Spread:
    """Return least, median and most."""
    return Spread(min(values), statistics.median(values), max(values))


def ratios(ours: Sequence[float], reference: Sequence[float]) -> list[float]:
    """Return ours over reference for each round: both sides of a round ran one after the other."""
    return [own / other for own, other in zip(ours, reference, strict=True)]
