"""Meter values: what stations sample, in base units, and what it says of the connector.

Samples arrive as dicts with the python names of OCPP 1.6 (`value` text, `unit`) or 2.x (`value`
number, `unit_of_measure`); both are read here, so that conversion happens once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .. import units
from . import moments

REGISTER = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"
SOC = "SoC"

_DEFAULT_UNITS = {
    "Energy.Reactive": "varh",
    "Energy.Apparent": "VAh",
    "Energy": "Wh",
    "Power.Reactive": "var",
    "Power.Factor": "",
    "Power": "W",
    "Current": "A",
    "Voltage": "V",
    "SoC": "Percent",
    "Temperature": "Celsius",
    "Frequency": "Hertz",
    "RPM": "RPM",
}
LONGEST_WORD = 255  # longer ones exist only where messages are not checked
# Sets of phases that add up to a total, the best first.
_PHASE_SETS = (("L1", "L2", "L3"), ("L1-N", "L2-N", "L3-N"), ("L1-L2", "L2-L3", "L3-L1"))
_ELSEWHERE = ("Inlet", "Body", "Cable", "EV", "Upstream")  # not what the driver gets


@dataclass(frozen=True, slots=True)
class Kind:
    """What a sample measures; empty text where the station said nothing."""

    measurand: str
    phase: str
    location: str
    context: str
    unit: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One sampled value in base units."""

    kind: Kind
    value: float


@dataclass(frozen=True, slots=True)
class Signed:
    """A sampled value with a signature: kept as it came."""

    kind: Kind
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """All samples of one moment, and what they say in short (Wh, W, percent)."""

    at: datetime
    believed: bool
    samples: tuple[Sample, ...] = ()
    signed: tuple[Signed, ...] = ()
    register_wh: float | None = None
    power_w: float | None = None
    soc_percent: float | None = None


@dataclass(slots=True)
class Readings:
    """What a message says of the meter; `spoiled` names the samples that could not be read."""

    entries: list[Reading] = field(default_factory=list)
    spoiled: list[str] = field(default_factory=list)


def read(meter_values: Iterable[Mapping[str, Any]] | None, now: datetime) -> Readings:
    """Read the meterValue entries of a message; one bad sample never loses the good ones."""
    readings = Readings()
    for entry in meter_values or ():
        reported = moments.judge(entry.get("timestamp"), now)
        samples: list[Sample] = []
        signed: list[Signed] = []
        for raw in entry.get("sampled_value") or ():
            try:
                _read_sample(raw, samples, signed)
            except (ValueError, TypeError, OverflowError) as error:
                readings.spoiled.append(f"{raw.get('measurand', REGISTER)}: {error}")
        readings.entries.append(
            Reading(reported.at, reported.believed, tuple(samples), tuple(signed), *_brief(samples))
        )
    readings.entries.sort(key=lambda reading: reading.at)
    return readings


def derive_power(
    before_wh: float, before_at: datetime, now_wh: float, now_at: datetime
) -> float | None:
    """Return the mean power in W between two readings of the register; None where it tells none."""
    seconds = (now_at - before_at).total_seconds()
    if seconds <= 0 or now_wh < before_wh:
        return None
    return (now_wh - before_wh) * 3600 / seconds


def _read_sample(raw: Mapping[str, Any], samples: list[Sample], signed: list[Signed]) -> None:
    measure = raw.get("unit_of_measure") or {}
    measurand = raw.get("measurand") or REGISTER
    unit = measure.get("unit") or raw.get("unit") or _default_unit(measurand)
    multiplier = int(measure.get("multiplier") or 0)
    is_document = raw.get("format") == "SignedData"
    value, base = (0.0, unit) if is_document else _to_base(raw.get("value"), unit, multiplier)
    said = (
        measurand,
        raw.get("phase") or "",
        raw.get("location") or "Outlet",
        raw.get("context") or "Sample.Periodic",
        base,
    )
    kind = Kind(*(word[:LONGEST_WORD] for word in said))
    if is_document or raw.get("signed_meter_value"):
        signed.append(Signed(kind, raw))
    if not is_document:
        samples.append(Sample(kind, value))


def _to_base(value: Any, unit: str, multiplier: int) -> tuple[float, str]:
    number, base = units.to_base(_number(value), unit, multiplier)
    if not math.isfinite(number):
        raise ValueError("out of range")
    return number, base


def _number(value: Any) -> float:
    if isinstance(value, str):
        text = value.strip()
        if text.count(",") == 1 and "." not in text:  # a decimal comma
            text = text.replace(",", ".")
        return float(text)
    if isinstance(value, bool) or value is None:
        raise ValueError("not a number")
    return float(value)


def _default_unit(measurand: str) -> str:
    for start, unit in _DEFAULT_UNITS.items():
        if measurand.startswith(start):
            return unit
    return ""


def _brief(samples: Sequence[Sample]) -> tuple[float | None, float | None, float | None]:
    soc = [sample.value for sample in samples if sample.kind.measurand == SOC]
    return _total(samples, REGISTER), _total(samples, POWER), soc[-1] if soc else None


def _total(samples: Sequence[Sample], measurand: str) -> float | None:
    """Return the value for all phases together: the total as sent, else the sum of the phases."""
    values = {
        sample.kind.phase: sample.value
        for sample in _best_located(samples, measurand)
        if math.isfinite(sample.value)
    }
    if "" in values:
        return values[""]
    for phases in _PHASE_SETS:
        if phases[0] in values or phases[1] in values or phases[2] in values:
            return sum(values.get(phase, 0.0) for phase in phases)
    return None


def _best_located(samples: Sequence[Sample], measurand: str) -> Iterator[Sample]:
    """Yield the samples of a measurand at the outlet, or elsewhere when there is nothing there."""
    matching = [sample for sample in samples if sample.kind.measurand == measurand]
    outlet = [sample for sample in matching if sample.kind.location not in _ELSEWHERE]
    yield from outlet or matching
