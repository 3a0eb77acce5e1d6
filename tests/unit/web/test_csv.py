"""Tables as CSV files."""

import csv as reader
import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from ocpp_core.web.tables import csv, table, written
from ocpp_core.web.tables.table import Column, Kind, Table

BERLIN = ZoneInfo("Europe/Berlin")
ENGLISH = written.formats(Locale.parse("en"), BERLIN)
GERMAN = written.formats(Locale.parse("de"), BERLIN)
COLUMNS = (
    Column("Name"),
    Column("No.", Kind.NUMBER),
    Column("Energy", Kind.ENERGY),
    Column("Start", Kind.MOMENT),
)
NOON = datetime(2026, 5, 1, 12, 5, 9, 999000, tzinfo=UTC)


def content(*rows, formats=ENGLISH, encoding="utf-8"):
    pieces = csv.written(Table("T", COLUMNS, [rows]), formats, encoding)
    return b"".join(pieces)


def cells(data):
    text = data.decode("utf-8-sig")
    return list(reader.reader(io.StringIO(text, newline=""), delimiter=";"))


def test_a_file_begins_with_a_bom_and_its_head():
    assert content() == b"\xef\xbb\xbfName;No.;Energy;Start\r\n"


def test_cells_stand_in_the_language_and_zone_of_the_reader():
    row = ("Ann", 2147483647, 12345.6, NOON)
    assert content(row).splitlines()[1] == b"Ann;2147483647;12.346;5/1/2026 2:05:09 PM"
    german = content(row, formats=GERMAN).splitlines()[1]
    assert german == b"Ann;2147483647;12,346;01.05.2026 14:05:09"


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en_GB", "01/05/2026 14:05:09;1.5"),
        ("en_US", "5/1/2026 2:05:09 PM;1.5"),
        ("en_CA", "2026-05-01 2:05:09 PM;1.5"),
        ("de_AT", "01.05.2026 14:05:09;1,5"),
        ("de_CH", "01.05.2026 14:05:09;1.5"),
    ],
)
def test_variants_of_languages_have_their_own_ways(locale, text):
    formats = written.formats(Locale.parse(locale), BERLIN)
    assert f"{formats.moment(NOON)};{formats.energy(1500)}" == text


@pytest.mark.parametrize(
    ("energy_wh", "text"),
    [(0.0, "0"), (0.4, "0"), (1000, "1"), (1234.5678, "1.235"), (1e12, "1000000000"), (50, "0.05")],
)
def test_energy_has_at_most_three_decimals(energy_wh, text):
    assert ENGLISH.energy(energy_wh) == text


def test_midnight_and_noon_on_a_clock_of_twelve_hours():
    told = [ENGLISH.moment(datetime(2026, 1, 2, hour, tzinfo=UTC)) for hour in (11, 23)]
    assert told == ["1/2/2026 12:00:00 PM", "1/3/2026 12:00:00 AM"]


def test_clocks_that_are_set_show_what_people_saw():
    moments = [datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    assert [GERMAN.moment(at)[-8:] for at in moments] == ["02:30:00", "02:30:00"]
    moments = [datetime(2026, 3, 29, hour, 30, tzinfo=UTC) for hour in (0, 1)]
    assert [GERMAN.moment(at)[-8:] for at in moments] == ["01:30:00", "03:30:00"]


def test_empty_cells_keep_their_place():
    assert content((None, None, None, None)).splitlines()[1] == b";;;"


ODD = ["a;b", 'a"b', "a\nb", "a\r\nb", "a\rb", "äöü €", "\N{ELECTRIC PLUG} 電", "", "  a ", "a'b"]


@pytest.mark.parametrize("text", ODD)
def test_every_text_can_be_read_again(text):
    assert cells(content((text, 1, None, None)))[1][0] == text


@pytest.mark.parametrize("text", ["a;b", 'a"b', "a\nb", "a\rb"])
def test_what_would_break_a_line_is_quoted(text):
    assert content((text, 1, None, None)).startswith(b'\xef\xbb\xbfName;No.;Energy;Start\r\n"')


FORMULAS = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1"]
FORMULAS += ["\N{FULLWIDTH EQUALS SIGN}1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_texts_are_no_formulas(text):
    assert table.harmless(text) == f"'{text}"
    assert cells(content((text, 1, None, None)))[1][0] == f"'{text}"


@pytest.mark.parametrize("text", ["Ann", "a=b", "1-2", "'quoted'", "", "Ä"])
def test_ordinary_texts_stay_as_they_are(text):
    assert table.harmless(text) == text


def test_iso_8859_1_has_question_marks_for_what_it_lacks():
    data = content(("Jürgen €\N{ELECTRIC PLUG}", None, None, None), encoding="iso-8859-1")
    assert data == "Name;No.;Energy;Start\r\nJürgen ??;;;\r\n".encode("iso-8859-1")


def test_each_bite_goes_out_as_soon_as_it_is_written():
    made = []

    def bites():
        for number in range(3):
            made.append(number)
            yield [(str(number), None, None, None)] * 2

    pieces = csv.written(Table("T", COLUMNS, bites()), ENGLISH)
    next(pieces)
    assert made == []
    assert next(pieces) == b"0;;;\r\n0;;;\r\n"
    assert made == [0]


def test_the_first_bite_fails_before_the_answer():
    def failing():
        raise ValueError("no")
        yield

    with pytest.raises(ValueError, match="no"):
        table.begun(failing())
    assert list(table.begun(iter([[1], [2]]))) == [[1], [2]]
    assert [*table.begun(iter([]))] == [()]
