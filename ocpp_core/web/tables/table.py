"""A table that becomes a file: its columns, and its rows in bites."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

Cell = str | int | float | datetime | None
Row = Sequence[Cell]

# What spreadsheets take for the beginning of a formula; the wide ones are typed in East Asia.
_FORMULA = tuple("=+-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}")
_FORMULA += tuple("\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}")


class Kind(enum.Enum):
    """What the cells of a column hold; None is an empty one everywhere."""

    TEXT = "text"
    NUMBER = "number"  # a whole one
    ENERGY = "energy"  # in Wh; the file has kWh
    MOMENT = "moment"  # in UTC; the file has local time


@dataclass(frozen=True, slots=True)
class Column:
    """One column with its title in the reader's language."""

    title: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in bites, each small enough to be written at a stretch."""

    title: str
    columns: tuple[Column, ...]
    bites: Iterable[Sequence[Row]]


def begun(bites: Iterator[Sequence[Row]]) -> Iterator[Sequence[Row]]:
    """Return the same bites, the first one made: what fails at once fails before an answer."""
    return chain([next(bites, ())], bites)


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: an apostrophe makes it text."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text
