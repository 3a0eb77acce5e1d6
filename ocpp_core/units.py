"""Units of the electric quantities: what arrives becomes Wh, W, A and V once."""

from __future__ import annotations

BASE_UNITS: dict[str, tuple[str, float]] = {
    "Wh": ("Wh", 1),
    "kWh": ("Wh", 1000),
    "MWh": ("Wh", 1_000_000),
    "varh": ("varh", 1),
    "kvarh": ("varh", 1000),
    "Mvarh": ("varh", 1_000_000),
    "VAh": ("VAh", 1),
    "kVAh": ("VAh", 1000),
    "MVAh": ("VAh", 1_000_000),
    "W": ("W", 1),
    "kW": ("W", 1000),
    "MW": ("W", 1_000_000),
    "VA": ("VA", 1),
    "kVA": ("VA", 1000),
    "MVA": ("VA", 1_000_000),
    "var": ("var", 1),
    "kvar": ("var", 1000),
    "Mvar": ("var", 1_000_000),
    "A": ("A", 1),
    "mA": ("A", 0.001),
    "kA": ("A", 1000),
    "V": ("V", 1),
    "mV": ("V", 0.001),
    "kV": ("V", 1000),
    "Celsius": ("Celsius", 1),
    "Celcius": ("Celsius", 1),  # as the OCPP 1.6 schema spells it
    "Percent": ("Percent", 1),
    "Hertz": ("Hertz", 1),
    "Hz": ("Hertz", 1),
}


def _fold(unit: str) -> str:
    """Return a unit without regard to case, but for the one in which mega and milli differ."""
    return unit[0] + unit[1:].casefold() if unit.startswith("M") else unit.casefold()


_BY_FOLDED = {_fold(unit): base for unit, base in BASE_UNITS.items()}


def to_base(value: float, unit: str, multiplier: int = 0) -> tuple[float, str]:
    """Return value and unit in base units; a unit unknown here stays as it is.

    `multiplier` is the power of ten of OCPP 2.x (UnitOfMeasureType.multiplier).
    """
    base, factor = _BY_FOLDED.get(_fold(unit), (unit, 1))
    scaled = value * factor
    return (scaled * 10.0**multiplier if multiplier else scaled), base
