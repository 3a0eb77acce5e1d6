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
BEGIN, END = "Transaction.Begin", "Transaction.End"
HIGHEST_POWER_W = 4_000_000  # of one connector: MCS ends at 3.75 MW
LEAST_S = 1.0  # between two readings from which power is derived

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
    register_wh: float | None = None  # at the end of the transaction if that is told
    begin_wh: float | None = None  # told as the transaction's begin
    end_wh: float | None = None  # told as its end
    power_w: float | None = None
    soc_percent: float | None = None


@dataclass(slots=True)
class Readings:
    """What a message says of the meter; `spoiled` names the samples that could not be read."""

    entries: list[Reading] = field(default_factory=list)
    spoiled: list[str] = field(default_factory=list)


def read(meter_values: Iterable[Mapping[str, Any]] | None, now: datetime) -> Readings:
    """Read the meterValue entries of a message; one bad sample never loses the good ones.

    Entries of the same moment are one reading: some stations send an entry for each sample. The
    readings keep the order of the message.
    """
    readings = Readings()
    moments_told: dict[moments.Reported, _Entry] = {}
    for told in meter_values or ():
        reported = moments.judge(told.get("timestamp"), now)
        entry = moments_told.setdefault(reported, _Entry())
        for raw in told.get("sampled_value") or ():
            try:
                _read_sample(raw, entry)
            except (ValueError, TypeError, OverflowError) as error:
                entry.spoiled.add(raw.get("measurand") or REGISTER)
                readings.spoiled.append(f"{raw.get('measurand', REGISTER)}: {error}")
    readings.entries = [entry.reading(reported) for reported, entry in moments_told.items()]
    return readings


@dataclass(slots=True)
class _Entry:
    """What a message says of one moment."""

    samples: list[Sample] = field(default_factory=list)
    signed: list[Signed] = field(default_factory=list)
    spoiled: set[str] = field(default_factory=set)  # measurands with a sample that was no value

    def reading(self, reported: moments.Reported) -> Reading:
        """Return it with what it comes down to."""
        registers = [sample for sample in self.samples if sample.kind.measurand == REGISTER]
        begin = [sample for sample in registers if sample.kind.context == BEGIN]
        end = [sample for sample in registers if sample.kind.context == END]
        rest = [sample for sample in registers if sample.kind.context != BEGIN]
        soc = [sample.value for sample in self.samples if sample.kind.measurand == SOC]
        return Reading(
            reported.at,
            reported.believed,
            tuple(self.samples),
            tuple(self.signed),
            register_wh=self._total(end or rest or begin, REGISTER),
            begin_wh=self._total(begin, REGISTER),
            end_wh=self._total(end, REGISTER),
            power_w=self._total(self.samples, POWER),
            soc_percent=soc[-1] if soc else None,
        )

    def _total(self, samples: Sequence[Sample], measurand: str) -> float | None:
        """Return the value for all phases together, None where it is not told."""
        values = {each.kind.phase: each.value for each in _best_located(samples, measurand)}
        if measurand in self.spoiled and "" not in values:
            return None  # a sum without one of its phases would be too low
        return across_phases(values)


def across_phases(values: Mapping[str, float]) -> float | None:
    """Return the value for all phases together: as sent, else the sum of the phases."""
    if "" in values:
        return values[""]
    for phases in _PHASE_SETS:
        if any(phase in values for phase in phases):
            return sum(values.get(phase, 0.0) for phase in phases)
    return None


def is_elsewhere(location: str) -> bool:
    """Tell whether it is not there that the driver gets his energy."""
    return location in _ELSEWHERE


def derive_power(
    before_wh: float, before_at: datetime, now_wh: float, now_at: datetime
) -> float | None:
    """Return the mean power in W between two readings of the register; None where it tells none."""
    seconds = (now_at - before_at).total_seconds()
    if seconds < LEAST_S or now_wh < before_wh:
        return None
    power_w = (now_wh - before_wh) * 3600 / seconds
    return power_w if power_w <= HIGHEST_POWER_W else None  # another meter, or another register


def _read_sample(raw: Mapping[str, Any], entry: _Entry) -> None:
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
        entry.signed.append(Signed(kind, raw))
    if not is_document:
        entry.samples.append(Sample(kind, value))


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


def _best_located(samples: Sequence[Sample], measurand: str) -> Iterator[Sample]:
    """Yield the samples of a measurand at the outlet, or elsewhere when there is nothing there."""
    matching = [sample for sample in samples if sample.kind.measurand == measurand]
    outlet = [sample for sample in matching if not is_elsewhere(sample.kind.location)]
    yield from outlet or matching
