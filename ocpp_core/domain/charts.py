"""Curves of a charging session, made of its samples, and thinned to what a screen can show.

Moments are milliseconds since 1970 here: a session may have very many, and they go to a browser.
"""

from __future__ import annotations

import bisect
import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import metering
from .metering import Kind

POWER, ENERGY, SOC, CURRENT, VOLTAGE = "power", "energy", "soc", "current", "voltage"
MOST_POINTS = 600  # of one curve
STILL_MS = 300_000  # a register that has not moved for so long shows that no power flows

_MEASURES = {
    metering.POWER: POWER,
    metering.REGISTER: ENERGY,
    metering.SOC: SOC,
    "Current.Import": CURRENT,
    "Voltage": VOLTAGE,
}
_SUMMED = (POWER, ENERGY)
_PHASES = {phase: phase for phase in ("", "L1", "L2", "L3", "L1-L2", "L2-L3", "L3-L1")}
_PHASES |= {f"{phase}-N": phase for phase in ("L1", "L2", "L3")}


@dataclass(frozen=True, slots=True)
class Series:
    """One curve: watts, watt-hours charged, percent, amperes or volts by moment."""

    measure: str
    phase: str
    times: Sequence[int]
    values: Sequence[float]
    derived: bool = False  # of energy: each value holds for the time up to its moment

    def after(self, at: int) -> Series:
        """Return what came after a moment."""
        start = bisect.bisect_right(self.times, at)
        return dataclasses.replace(self, times=self.times[start:], values=self.values[start:])


@dataclass(frozen=True, slots=True)
class Role:
    """What samples of a kind are to a chart; of one moment those of the best rank count."""

    measure: str
    phase: str
    rank: int


def role_of(kind: Kind) -> Role | None:
    """Return what samples of a kind are drawn as, None where they are not."""
    measure, phase = _MEASURES.get(kind.measurand), _PHASES.get(kind.phase)
    if measure is None or (phase is None and measure not in _SUMMED):
        return None
    rank = 0 if metering.is_elsewhere(kind.location) and measure != SOC else 1
    if measure == ENERGY:
        rank += {metering.BEGIN: 0, metering.END: 4}.get(kind.context, 2)
    return Role(measure, kind.phase if measure in _SUMMED else phase or "", rank)


_REGISTER = Role(ENERGY, "", 0)


class Curves:
    """Takes samples in the order of their moments and makes curves of them.

    `registers` are readings of the energy register that stand in no sample: moment and Wh, in
    order. Energy is counted from `start_wh`, else from the first reading. With `continues` the
    samples go on from earlier ones.
    """

    def __init__(
        self,
        start_wh: float | None = None,
        registers: Iterable[tuple[int, float]] = (),
        *,
        continues: bool = False,
    ) -> None:
        self._start_wh = start_wh
        self._registers = list(registers)[::-1]
        self._points: dict[tuple[str, str], tuple[list[int], list[float]]] = {}
        self._mean = _MeanPower(continues=continues)
        self._at: int | None = None
        self._values: dict[Role, float] = {}

    def add(self, at: int, role: Role, value: float) -> None:
        """Take one sample."""
        if at != self._at:
            self._finish_moment()
            self._at = at
        self._values[role] = value

    def end(self) -> list[Series]:
        """Return the curves, not thinned yet."""
        self._finish_moment()
        while self._registers:
            self._take_register(*self._registers.pop())
        if (POWER, "") not in self._points and self._mean.times:
            self._points[POWER, ""] = self._mean.times, self._mean.values
            derived = True
        else:
            derived = False
        return [
            Series(measure, phase, times, values, derived and measure == POWER)
            for (measure, phase), (times, values) in sorted(self._points.items())
        ]

    def _finish_moment(self) -> None:
        if self._at is None:
            return
        while self._registers and self._registers[-1][0] <= self._at:
            at, wh = self._registers.pop()
            if at < self._at:
                self._take_register(at, wh)
            else:
                self._values.setdefault(_REGISTER, wh)
        best: dict[str, tuple[int, dict[str, float]]] = {}
        for role, value in self._values.items():
            known = best.get(role.measure)
            if known is None or role.rank > known[0]:
                best[role.measure] = (role.rank, {role.phase: value})
            elif role.rank == known[0]:
                known[1][role.phase] = value
        self._values.clear()
        for measure, (_, phases) in best.items():
            self._take(self._at, measure, phases)

    def _take(self, at: int, measure: str, phases: dict[str, float]) -> None:
        if measure not in _SUMMED:
            for phase, value in phases.items():
                self._point(measure, phase, at, value)
            return
        total = metering.across_phases(phases)
        if total is None:
            return
        if measure == ENERGY:
            self._take_register(at, total)
        else:
            self._point(measure, "", at, total)

    def _take_register(self, at: int, wh: float) -> None:
        if self._start_wh is None:
            self._start_wh = wh
        self._point(ENERGY, "", at, wh - self._start_wh)
        self._mean.take(at, wh)

    def _point(self, measure: str, phase: str, at: int, value: float) -> None:
        points = self._points.get((measure, phase))
        if points is None:
            points = self._points[measure, phase] = ([], [])
        points[0].append(at)
        points[1].append(round(value, 3))


class _MeanPower:
    """Power by the energy register, told whenever that has moved or has stood still for long.

    A coarse register stands still between its steps, in which power does not rest.
    """

    def __init__(self, *, continues: bool) -> None:
        self._begins = not continues
        self.times: list[int] = []
        self.values: list[float] = []
        self._before: tuple[int, float] | None = None

    def take(self, at: int, wh: float) -> None:
        """Take a reading."""
        if self._before is None:
            self._before = at, wh
            return
        before_at, before_wh = self._before
        passed = at - before_at
        if wh < before_wh:
            self._before = at, wh  # another meter, or one that was reset
        elif passed >= (metering.LEAST_S * 1000 if wh > before_wh else STILL_MS):
            watts = round((wh - before_wh) * 3_600_000 / passed, 1)
            if self._begins:
                self._point(before_at, watts)
                self._begins = False
            self._point(at, watts)
            self._before = at, wh

    def _point(self, at: int, watts: float) -> None:
        self.times.append(at)
        self.values.append(watts)


def thinned(series: Series, most: int = MOST_POINTS) -> Series:
    """Return a curve of at most so many points, which looks the same.

    Of each stretch the first, last, lowest and highest point are kept.
    """
    times, values = series.times, series.values
    count, stretches = len(times), most // 4
    if count <= most:
        return series
    kept: list[int] = []
    for number in range(stretches):
        start, end = count * number // stretches, count * (number + 1) // stretches
        stretch = values[start:end]
        lowest, highest = stretch.index(min(stretch)), stretch.index(max(stretch))
        kept += sorted({start, start + lowest, start + highest, end - 1})
    shown = [times[index] for index in kept], [values[index] for index in kept]
    return dataclasses.replace(series, times=shown[0], values=shown[1])
