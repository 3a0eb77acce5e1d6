"""Tables as XLSX: typed cells, texts that are never formulas, any number of rows.

The file is made on disk, in bites, and packed in a native thread. It has no name any more when it
is handed out, so it is gone with the last who reads it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ... import green
from .table import Column, Kind, Row, Table
from .written import Formats

MOST_ROWS = 1_048_575  # of a sheet, below its head
NARROWEST, WIDEST = 8, 60  # columns, in characters
_BITE = 100  # rows that are written at a stretch: 5 to 10 ms
_LONGEST_TEXT = 32_767  # of a cell
_ENERGY = "0.000"


def made(table: Table, formats: Formats) -> IO[bytes]:
    """Return the file, open at its beginning; who closes it removes it."""
    with tempfile.TemporaryDirectory(prefix="ocpp-export-") as folder:
        path = Path(folder) / "table.xlsx"
        with _workbook(path) as workbook:
            _fill(_Sheets(workbook, table, formats), table)
            green.on_files(workbook.close)
        return path.open("rb")


@contextmanager
def _workbook(path: Path) -> Iterator[Workbook]:
    """Open a workbook; what is left of a broken one are the files in its folder."""
    options = {"constant_memory": True, "tmpdir": str(path.parent), "nan_inf_to_errors": True}
    workbook = Workbook(str(path), options)
    workbook.use_zip64()
    try:
        yield workbook
    finally:
        for sheet in workbook.worksheets():
            if not sheet.row_data_fh_closed:
                sheet.row_data_fh.close()


def _fill(sheets: _Sheets, table: Table) -> None:
    for bite in table.bites:
        for start in range(0, len(bite), _BITE):
            for row in bite[start : start + _BITE]:
                sheets.add(row)
            green.breathe()
    sheets.finish()


class _Sheets:
    """The sheets of a workbook: a further one where the last is full."""

    def __init__(self, workbook: Workbook, table: Table, formats: Formats) -> None:
        self._workbook, self._table, self._formats = workbook, table, formats
        self._head = workbook.add_format({"bold": True})
        self._styles: dict[Kind, Format] = {
            Kind.ENERGY: workbook.add_format({"num_format": _ENERGY}),
            Kind.MOMENT: workbook.add_format({"num_format": formats.sheet_moments}),
        }
        self._count = 0
        self._begin()

    def add(self, row: Row) -> None:
        """Write a row below the others."""
        if self._row == MOST_ROWS:
            self.finish()
            self._begin()
        self._row += 1
        for number, (column, cell) in enumerate(zip(self._table.columns, row, strict=True)):
            if cell is not None and cell != "":
                width = self._write(number, column, cell)
                self._widths[number] = max(self._widths[number], width)

    def finish(self) -> None:
        """Fit the columns of the sheet at hand."""
        for number, width in enumerate(self._widths):
            self._sheet.set_column(number, number, min(max(width + 1, NARROWEST), WIDEST))

    def _begin(self) -> None:
        self._count += 1
        more = f" ({self._count})" if self._count > 1 else ""
        self._sheet: Worksheet = self._workbook.add_worksheet(f"{self._table.title}{more}")
        self._sheet.freeze_panes(1, 0)
        self._row = 0
        self._widths = [len(column.title) for column in self._table.columns]
        for number, column in enumerate(self._table.columns):
            self._sheet.write_string(0, number, column.title, self._head)

    def _write(self, number: int, column: Column, cell: str | float | datetime) -> int:
        """Write one cell; returns how wide it is shown."""
        style = self._styles.get(column.kind)
        if isinstance(cell, str):
            self._sheet.write_string(self._row, number, cell[:_LONGEST_TEXT])
            return len(cell)
        if isinstance(cell, datetime):
            self._sheet.write_datetime(self._row, number, self._formats.local(cell), style)
            return len(self._formats.sheet_moments)
        value = round(cell / 1000, 3) if column.kind is Kind.ENERGY else cell
        self._sheet.write_number(self._row, number, value, style)
        return len(f"{value:.3f}" if column.kind is Kind.ENERGY else str(value))
