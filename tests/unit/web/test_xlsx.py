"""Tables as XLSX files, read again with another library."""

import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from ocpp_core.web.tables import written, xlsx
from ocpp_core.web.tables.table import Column, Kind, Table
from tests.unit.web.test_csv import FORMULAS, ODD

BERLIN = ZoneInfo("Europe/Berlin")
GERMAN = written.formats(Locale.parse("de"), BERLIN)
ENGLISH = written.formats(Locale.parse("en"), BERLIN)
COLUMNS = (
    Column("Name"),
    Column("Nr.", Kind.NUMBER),
    Column("Energie", Kind.ENERGY),
    Column("Beginn", Kind.MOMENT),
)
NOON = datetime(2026, 5, 1, 12, 5, 9, 999000, tzinfo=UTC)
SHOWN = datetime.fromisoformat("2026-05-01T14:05:09")
ODDER = ["{=1}", "http://a/", "mailto:a", "12", "<a>&amp;", "\x01", "_x000D_", "#REF!"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where temporary files are made; in the end there is none."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


def opened(*bites, formats=GERMAN, title="Transaktionen"):
    with xlsx.made(Table(title, COLUMNS, bites), formats) as file:
        return load_workbook(file)


def test_a_sheet_has_its_head_and_typed_cells():
    (sheet,) = opened([("Ann", 2147483647, 12345.6, NOON)])
    assert sheet.title == "Transaktionen"
    head, row = sheet.iter_rows()
    assert [cell.value for cell in head] == ["Name", "Nr.", "Energie", "Beginn"]
    assert all(cell.font.bold for cell in head)
    assert [cell.value for cell in row] == ["Ann", 2147483647, 12.346, SHOWN]
    assert [cell.data_type for cell in row] == ["s", "n", "n", "d"]
    assert (row[2].number_format, row[3].number_format) == ("0.000", "dd.mm.yyyy hh:mm:ss")


def test_moments_are_shown_as_the_reader_is_used_to():
    (sheet,) = opened([("", 1, None, NOON)], formats=ENGLISH)
    assert sheet["D2"].number_format == "m/d/yyyy h:mm:ss AM/PM"


def test_empty_cells_are_empty():
    (sheet,) = opened([(None, None, None, None), ("", 0, 0.0, None)])
    assert [cell.value for cell in sheet[3]] == [None, 0, 0, None]


@pytest.mark.parametrize("text", [*FORMULAS, *ODD, *ODDER])
def test_texts_are_texts_and_nothing_else(text):
    (sheet,) = opened([(text, 7, None, None)])
    cell = sheet["A2"]
    assert unescape(cell.value or "") == text
    assert cell.data_type == ("s" if text else "n")
    assert cell.hyperlink is None


def test_columns_are_as_wide_as_what_stands_in_them():
    (sheet,) = opened([("x" * 20, 1, 1.0, NOON)], [("y" * 500, 1, 1.0, NOON)])
    assert sheet.column_dimensions["A"].width == pytest.approx(60, abs=1)
    assert sheet.column_dimensions["B"].width == pytest.approx(8, abs=1)
    assert sheet.column_dimensions["D"].width == pytest.approx(20, abs=1)


def test_rows_beyond_a_sheet_stand_on_the_next(monkeypatch):
    monkeypatch.setattr(xlsx, "MOST_ROWS", 3)
    rows = [(f"n{number}", number, None, None) for number in range(7)]
    book = opened(rows[:2], rows[2:], title="T")
    assert book.sheetnames == ["T", "T (2)", "T (3)"]
    names = [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book]
    assert names == [["Name", "n0", "n1", "n2"], ["Name", "n3", "n4", "n5"], ["Name", "n6"]]


def test_nothing_is_left_of_a_table_that_broke_off():
    def bites():
        yield [("Ann", 1, 1.0, NOON)]
        raise ValueError("no database")

    with pytest.raises(ValueError, match="no database"):
        xlsx.made(Table("T", COLUMNS, bites()), GERMAN)


def test_a_file_without_rows_has_its_head():
    with xlsx.made(Table("T", COLUMNS, []), GERMAN) as file:
        assert zipfile.is_zipfile(file)
        assert Path(str(file.name)).exists() is False
