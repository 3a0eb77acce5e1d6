"""Units of the electric quantities: what arrives becomes Wh, W, A and V once."""

from __future__ import annotations

BASE_UNITS: dict[str, tuple[str, float]] = {
    "Wh": ("Wh", 1),
    "kWh": ("Wh", 1000),
    "varh": ("varh", 1),
    "kvarh": ("varh", 1000),
    "VAh": ("VAh", 1),
    "kVAh": ("VAh", 1000),
    "W": ("W", 1),
    "kW": ("W", 1000),
    "VA": ("VA", 1),
    "kVA": ("VA", 1000),
    "var": ("var", 1),
    "kvar": ("var", 1000),
    "A": ("A", 1),
    "V": ("V", 1),
    "Celsius": ("Celsius", 1),
    "Celcius": ("Celsius", 1),  # as the OCPP 1.6 schema spells it
    "Percent": ("Percent", 1),
    "Hertz": ("Hertz", 1),
    "Hz": ("Hertz", 1),
}
_BY_FOLDED = {unit.casefold(): base for unit, base in BASE_UNITS.items()}


def to_base(value: float, unit: str, multiplier: int = 0) -> tuple[float, str]:
    """Return value and unit in base units; a unit unknown here stays as it is.

    `multiplier` is the power of ten of OCPP 2.x (UnitOfMeasureType.multiplier).
    """
    base, factor = _BY_FOLDED.get(unit.casefold(), (unit, 1))
    scaled = value * factor
    return (scaled * 10.0**multiplier if multiplier else scaled), base
