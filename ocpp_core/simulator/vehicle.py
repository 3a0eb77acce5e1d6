"""Cars and meters: a plausible charging curve, and a register that only ever goes up."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

TAPER_FROM = 0.80  # state of charge from which the car takes less and less
FULL = 0.995
EFFICIENCY = 0.92  # from socket to battery
_RAMP_S = 20.0
_STEP_S = 5.0
_MAX_STEPS = 500
_NOISE = 0.01
_PHASES = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What a connector's meter shows at one moment."""

    at: datetime
    energy_wh: int
    power_w: float
    voltage_v: tuple[float, ...]
    current_a: tuple[float, ...]
    soc_percent: float | None


@dataclass(slots=True)
class Car:
    """A battery on three phases; `soc` runs from 0 to 1."""

    capacity_wh: float
    max_power_w: float
    soc: float
    charging_s: float = 0.0

    @classmethod
    def arriving(cls, rng: random.Random) -> Car:
        """Draw a car of 40 to 90 kWh with an 11 or 22 kW charger."""
        return cls(
            capacity_wh=rng.uniform(40_000, 90_000),
            max_power_w=rng.choice((11_000.0, 11_000.0, 22_000.0)),
            soc=rng.uniform(0.1, 0.97),
        )

    @property
    def full(self) -> bool:
        """Tell whether the car takes no more energy."""
        return self.soc >= FULL

    def wanted_w(self) -> float:
        """Return the power the car would take now without a limit."""
        if self.full:
            return 0.0
        ramp = min(1.0, self.charging_s / _RAMP_S)
        beyond = max(0.0, self.soc - TAPER_FROM) / (1.0 - TAPER_FROM)
        return self.max_power_w * ramp * (1.0 - 0.92 * beyond)

    def take(self, energy_wh: float, seconds: float) -> None:
        """Put energy into the battery."""
        self.charging_s += seconds
        self.soc = min(1.0, self.soc + energy_wh * EFFICIENCY / self.capacity_wh)


class Meter:
    """A connector's meter; it keeps its register over all sessions."""

    def __init__(self, register_wh: float, rng: random.Random) -> None:
        self.register_wh = register_wh
        self.power_w = 0.0
        self._rng = rng

    def advance(self, car: Car, seconds: float, limit_w: float) -> float:
        """Let the car charge for some seconds; return the energy in Wh.

        Power changes linearly within a step, so energy is the integral of power.
        """
        step = max(_STEP_S, seconds / _MAX_STEPS)
        before = self.register_wh
        while seconds > 0.0:
            self._step(car, min(step, seconds), limit_w)
            seconds -= step
        return self.register_wh - before

    def _step(self, car: Car, seconds: float, limit_w: float) -> None:
        begin = min(self.power_w, limit_w)
        noise = self._rng.uniform(1.0 - _NOISE, 1.0)
        self.power_w = min(car.wanted_w() * noise, limit_w)
        energy_wh = (begin + self.power_w) / 2.0 * seconds / 3600.0
        self.register_wh += energy_wh
        car.take(energy_wh, seconds)

    def switch_off(self) -> None:
        """Cut the power."""
        self.power_w = 0.0

    def read(self, at: datetime, car: Car | None) -> Reading:
        """Return what the meter shows."""
        voltages = tuple(round(230.0 + self._rng.uniform(-2.0, 2.0), 1) for _ in range(_PHASES))
        current = round(self.power_w / sum(voltages), 2)
        return Reading(
            at=at,
            energy_wh=int(self.register_wh),
            power_w=round(self.power_w, 1),
            voltage_v=voltages,
            current_a=(current,) * _PHASES,
            soc_percent=None if car is None else round(car.soc * 100.0, 1),
        )
