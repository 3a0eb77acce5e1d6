"""Charging curves and meters."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from ocpp_core.simulator.vehicle import FULL, Car, Meter

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = 3600.0


def dice(seed: int | str) -> random.Random:
    return random.Random(seed)  # noqa: S311 - cars, not secrets


def car(soc: float = 0.2, power_w: float = 11_000.0) -> Car:
    return Car(capacity_wh=60_000.0, max_power_w=power_w, soc=soc)


def meter(register_wh: float = 1000.0) -> Meter:
    return Meter(register_wh, dice(1))


@pytest.mark.parametrize("seed", range(10))
def test_the_register_never_goes_down_over_sessions(seed: int) -> None:
    rng = dice(seed)
    one_meter = Meter(500.0, rng)
    readings = []
    for _ in range(3):
        guest = Car.arriving(rng)
        for _ in range(60):
            one_meter.advance(guest, rng.uniform(0.0, 300.0), rng.choice((2000.0, 1e9)))
            readings.append(one_meter.read(NOW, guest).energy_wh)
        one_meter.switch_off()
        readings.append(one_meter.read(NOW, None).energy_wh)
    assert readings == sorted(readings)
    assert readings[-1] > readings[0]


@pytest.mark.parametrize("seed", range(5))
def test_energy_is_the_integral_of_power(seed: int) -> None:
    rng = dice(seed)
    one_meter, guest = Meter(0.0, rng), Car.arriving(rng)
    integral_wh, before_w = 0.0, 0.0
    for _ in range(4 * 360):
        one_meter.advance(guest, 10.0, 1e9)
        integral_wh += (before_w + one_meter.power_w) / 2 * 10.0 / HOUR
        before_w = one_meter.power_w
    assert integral_wh > 1000
    assert one_meter.register_wh == pytest.approx(integral_wh, rel=0.02)


def test_power_ramps_up_holds_and_tapers() -> None:
    one_meter, guest = meter(), car(soc=0.2)
    one_meter.advance(guest, 5.0, 1e9)
    assert one_meter.power_w < 6000
    one_meter.advance(guest, 300.0, 1e9)
    assert 10_800 < one_meter.power_w <= 11_000
    guest.soc = 0.9
    one_meter.advance(guest, 10.0, 1e9)
    assert 5000 < one_meter.power_w < 7000


def test_a_full_car_takes_nothing_more() -> None:
    one_meter, guest = meter(), car(soc=0.9)
    one_meter.advance(guest, 10 * HOUR, 1e9)
    assert guest.full
    assert FULL <= guest.soc <= 1.0
    one_meter.advance(guest, 60.0, 1e9)
    full_wh = one_meter.register_wh
    one_meter.advance(guest, HOUR, 1e9)
    assert one_meter.register_wh == full_wh
    assert one_meter.power_w == 0.0


def test_power_never_exceeds_the_limit() -> None:
    one_meter, guest = meter(), car()
    one_meter.advance(guest, 600.0, 1e9)
    delivered_wh = one_meter.advance(guest, HOUR, 2000.0)
    assert one_meter.power_w <= 2000.0
    assert 1950.0 < delivered_wh < 2000.1


def test_a_limit_of_zero_delivers_nothing() -> None:
    one_meter, guest = meter(), car()
    assert one_meter.advance(guest, HOUR, 0.0) == 0.0


def test_state_of_charge_follows_the_energy() -> None:
    one_meter, guest = meter(), car(soc=0.2)
    delivered_wh = one_meter.advance(guest, HOUR, 1e9)
    assert guest.soc == pytest.approx(0.2 + delivered_wh * 0.92 / 60_000.0)


def test_current_and_voltage_give_the_power() -> None:
    one_meter, guest = meter(), car(power_w=22_000.0)
    one_meter.advance(guest, 600.0, 1e9)
    reading = one_meter.read(NOW, guest)
    product = sum(
        volt * ampere for volt, ampere in zip(reading.voltage_v, reading.current_a, strict=True)
    )
    assert product == pytest.approx(reading.power_w, rel=0.005)
    assert all(228.0 <= volt <= 232.0 for volt in reading.voltage_v)


def test_the_same_seed_draws_the_same_car() -> None:
    assert Car.arriving(dice("1:SIM0001")) == Car.arriving(dice("1:SIM0001"))


def test_cars_are_of_ordinary_size() -> None:
    rng = dice(3)
    for _ in range(100):
        guest = Car.arriving(rng)
        assert 40_000 <= guest.capacity_wh <= 90_000
        assert guest.max_power_w in {11_000, 22_000}
