"""Tables as CSV, as spreadsheets in Europe read it: semicolons, a BOM, lines that end in CR LF."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from datetime import datetime

from ... import green
from .table import Column, Kind, Row, Table, harmless
from .written import Formats

# Names in the address, and what the file is in; what ISO-8859-1 lacks becomes a question mark.
ENCODINGS = {"utf-8": "utf-8", "latin1": "iso-8859-1"}


def written(table: Table, formats: Formats, encoding: str = "utf-8") -> Iterator[bytes]:
    """Yield the file piece by piece, a bite of rows in each."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    writer.writerow(column.title for column in table.columns)
    yield (codecs.BOM_UTF8 if encoding == "utf-8" else b"") + _taken(buffer, encoding)
    for bite in table.bites:
        writer.writerows(_texts(table.columns, row, formats) for row in bite)
        yield _taken(buffer, encoding)
        green.breathe()


def _taken(buffer: io.StringIO, encoding: str) -> bytes:
    piece = buffer.getvalue().encode(encoding, "replace")
    buffer.seek(0)
    buffer.truncate()
    return piece


def _texts(columns: tuple[Column, ...], row: Row, formats: Formats) -> Iterator[str]:
    for column, cell in zip(columns, row, strict=True):
        if cell is None:
            yield ""
        elif isinstance(cell, str):
            yield harmless(cell)
        elif isinstance(cell, datetime):
            yield formats.moment(cell)
        elif column.kind is Kind.ENERGY:
            yield formats.energy(cell)
        else:
            yield str(cell)
