"""What stations measure in many units is stored in few."""

import pytest

from ocpp_core.units import to_base


@pytest.mark.parametrize(
    ("value", "unit", "base"),
    [
        (1.5, "kWh", (1500, "Wh")),
        (1.5, "KWH", (1500, "Wh")),
        (0.25, "MWh", (250_000, "Wh")),
        (0.25, "MWH", (250_000, "Wh")),
        (0.25, "Mvarh", (250_000, "varh")),
        (0.25, "MVAh", (250_000, "VAh")),
        (0.022, "MW", (22_000, "W")),
        (0.022, "MVA", (22_000, "VA")),
        (0.022, "Mvar", (22_000, "var")),
        (16_100, "mA", (16.1, "A")),
        (0.5, "kA", (500, "A")),
        (230_500, "mV", (230.5, "V")),
        (0.4, "kV", (400, "V")),
        (21, "Celcius", (21, "Celsius")),
        (50, "hz", (50, "Hertz")),
    ],
)
def test_prefixes_are_applied(value, unit, base):
    number, name = to_base(value, unit)
    assert (pytest.approx(number), name) == base


@pytest.mark.parametrize("unit", ["mW", "mWh", "MA", "MV", "furlong", "", "M"])
def test_mega_is_not_milli_and_what_is_unknown_stays(unit):
    assert to_base(3, unit) == (3, unit)


def test_a_power_of_ten_comes_on_top():
    assert to_base(2, "kWh", -1) == (200, "Wh")
