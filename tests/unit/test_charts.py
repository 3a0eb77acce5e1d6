"""Curves of charging sessions: what samples are drawn as, and how curves are thinned."""

import pytest

from ocpp_core.domain.charts import MOST_POINTS, Curves, Series, role_of, thinned
from ocpp_core.domain.metering import BEGIN, END, Kind

REGISTER, POWER = "Energy.Active.Import.Register", "Power.Active.Import"


def kind(measurand, phase="", location="Outlet", context="Sample.Periodic"):
    return Kind(measurand, phase, location, context, "")


def curves(samples, start_wh=None, registers=()):
    """Return points by measure and phase of (second, measurand, value, more of the kind)."""
    made = Curves(start_wh, [(at * 1000, wh) for at, wh in registers])
    for at, measurand, value, *more in samples:
        role = role_of(kind(measurand, *more))
        if role is not None:
            made.add(at * 1000, role, value)
    return {
        (each.measure, each.phase): list(zip(each.times, each.values, strict=True))
        for each in made.end()
    }


def test_each_measure_is_a_curve():
    samples = [(at, POWER, 11000.0) for at in (1, 2)]
    samples += [(2, "SoC", 40.0, "", "EV"), (2, "Current.Import", 16.0, "L1")]
    samples += [(2, "Current.Import", 15.0, "L3-N"), (2, "Voltage", 400.0, "L1-L2")]
    samples += [
        (2, "Temperature", 20.0),
        (2, "Current.Import", 1.0, "N"),
        (2, "Power.Offered", 2.0),
    ]
    assert curves(samples) == {
        ("current", "L1"): [(2000, 16.0)],
        ("current", "L3"): [(2000, 15.0)],
        ("power", ""): [(1000, 11000.0), (2000, 11000.0)],
        ("soc", ""): [(2000, 40.0)],
        ("voltage", "L1-L2"): [(2000, 400.0)],
    }


def test_phases_add_up_where_there_is_no_total():
    phases = [(1, POWER, 100.0 * n, f"L{n}") for n in (1, 2, 3)]
    assert curves(phases)["power", ""] == [(1000, 600.0)]
    assert curves([*phases, (1, POWER, 590.0)])["power", ""] == [(1000, 590.0)]


def test_the_outlet_counts_before_other_places():
    samples = [(1, POWER, 1.0, "", "Outlet"), (1, POWER, 2.0, "", "Inlet")]
    assert curves(samples)["power", ""] == [(1000, 1.0)]
    assert curves(samples[1:])["power", ""] == [(1000, 2.0)]


def test_energy_is_counted_from_the_start():
    samples = [(10, REGISTER, 1500.0), (20, REGISTER, 2500.0)]
    assert curves(samples)["energy", ""] == [(10_000, 0.0), (20_000, 1000.0)]
    found = curves(samples, 1000.0, [(0, 1000.0), (10, 1400.0), (30, 3000.0)])["energy", ""]
    assert found == [(0, 0.0), (10_000, 500.0), (20_000, 1500.0), (30_000, 2000.0)]
    assert curves([(1, POWER, 5.0)], 100.0, [(1, 150.0)])["energy", ""] == [(1000, 50.0)]


def test_the_end_counts_before_the_begin_of_the_same_moment():
    samples = [(1, REGISTER, 9.0, "", "Outlet", END), (1, REGISTER, 5.0, "", "Outlet", BEGIN)]
    assert curves(samples, 0.0)["energy", ""] == [(1000, 9.0)]
    assert curves([*samples, (1, REGISTER, 7.0)], 0.0)["energy", ""] == [(1000, 9.0)]
    assert curves([samples[1], (1, REGISTER, 7.0)], 0.0)["energy", ""] == [(1000, 7.0)]


def test_power_is_derived_where_none_is_sent():
    samples = [(at, REGISTER, wh) for at, wh in ((0, 0.0), (36, 100.0), (72, 100.0), (108, 300.0))]
    # 100 Wh in 36 s, then 200 Wh in 72 s: the register stood still between its steps.
    assert curves(samples)["power", ""] == [(0, 10000.0), (36_000, 10000.0), (108_000, 10000.0)]
    assert curves([*samples, (110, POWER, 7.0)])["power", ""] == [(110_000, 7.0)]


def test_what_goes_on_has_no_begin():
    made = Curves(0.0, [(0, 0.0), (36_000, 100.0), (72_000, 100.0)], continues=True)
    assert [list(each.times) for each in made.end()] == [[0, 36_000, 72_000], [36_000]]


def test_a_register_that_stands_still_for_long_shows_no_power():
    samples = [(0, REGISTER, 0.0), (60, REGISTER, 100.0), (400, REGISTER, 100.0)]
    assert curves(samples)["power", ""] == [(0, 6000.0), (60_000, 6000.0), (400_000, 0.0)]


def test_a_register_that_fell_tells_no_power():
    samples = [(0, REGISTER, 500.0), (60, REGISTER, 0.0), (120, REGISTER, 60.0)]
    assert curves(samples)["power", ""] == [(60_000, 3600.0), (120_000, 3600.0)]


def test_without_samples_there_are_no_curves():
    assert curves([]) == {}


def series(values):
    return Series("power", "", range(len(values)), values)


@pytest.mark.parametrize("count", [1, MOST_POINTS, MOST_POINTS + 1, 35_000])
def test_a_thinned_curve_keeps_its_ends_and_extremes(count):
    values = [float(n % 97) for n in range(count)]
    values[count // 2], values[count // 3] = 1e6, -1e6
    thin = thinned(series(values))
    assert len(thin.times) <= MOST_POINTS
    assert {0, count - 1, count // 2, count // 3} <= set(thin.times)
    assert list(thin.times) == sorted(set(thin.times))
    assert [values[at] for at in thin.times] == list(thin.values)


def test_a_short_curve_stays_as_it_is():
    whole = series([1.0] * MOST_POINTS)
    assert thinned(whole) is whole


def test_what_came_after_a_moment():
    later = Series("power", "", [1, 5, 5, 9], [1.0, 2.0, 3.0, 4.0]).after(5)
    assert (later.times, later.values) == ([9], [4.0])
