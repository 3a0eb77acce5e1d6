"""How numbers and moments stand in files: in the locale of the reader and in his time zone.

Babel would need a second for what takes a moment here: files have a hundred thousand of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache

from babel import Locale
from babel.numbers import get_decimal_symbol

_PART = re.compile(r"([dMyhHmsa])\1*|'([^']*)'|.", re.DOTALL)  # of CLDR's patterns
_PLAIN = {"y": "{y:04}", "a": "{a}"}
_SHEETS = {"y": "yyyy", "a": "AM/PM", "M": "m", "H": "h"}


@dataclass(frozen=True, slots=True)
class Formats:
    """What a reader is used to."""

    zone: tzinfo
    decimal: str
    moments: str  # for str.format
    sheet_moments: str  # for spreadsheets

    def energy(self, energy_wh: float) -> str:
        """Return kWh with at most three decimals."""
        text = f"{energy_wh / 1000:.3f}".rstrip("0").rstrip(".")
        return text.replace(".", self.decimal)

    def local(self, at: datetime) -> datetime:
        """Return a moment as the reader's clocks show it, in whole seconds."""
        return at.astimezone(self.zone).replace(microsecond=0, tzinfo=None)

    def moment(self, at: datetime) -> str:
        """Return a moment with date and seconds."""
        local = self.local(at)
        return self.moments.format(
            d=local.day,
            M=local.month,
            y=local.year,
            H=local.hour,
            h=local.hour % 12 or 12,
            m=local.minute,
            s=local.second,
            a="AM" if local.hour < 12 else "PM",
        )


def formats(locale: Locale, zone: tzinfo) -> Formats:
    """Return the formats of a locale: its short date with the whole year, and its time."""
    plain, sheet = _patterns(str(locale))
    return Formats(zone, get_decimal_symbol(locale), plain, sheet)


@cache
def _patterns(name: str) -> tuple[str, str]:
    locale = Locale.parse(name)
    pattern = f"{locale.date_formats['short'].pattern} {locale.time_formats['medium'].pattern}"
    parts = list(_PART.finditer(pattern))
    return "".join(map(_for_text, parts)), "".join(map(_for_sheets, parts))


def _for_text(part: re.Match[str]) -> str:
    letter = part[1]
    if letter is None:
        return _literal(part).replace("{", "{{").replace("}", "}}")
    width = ":02" if len(part[0]) > 1 else ""
    return _PLAIN.get(letter) or f"{{{letter}{width}}}"


def _for_sheets(part: re.Match[str]) -> str:
    letter = part[1]
    if letter is None:
        return "".join(c if c in " .:/-," else f'"{c}"' for c in _literal(part))
    sheets = _SHEETS.get(letter, letter)
    return sheets if len(sheets) > 1 else sheets * len(part[0])


def _literal(part: re.Match[str]) -> str:
    text = part[0] if part[2] is None else part[2]
    return " " if text.isspace() else text  # CLDR has narrow ones, which spreadsheets do not know
