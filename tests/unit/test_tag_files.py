"""Files of tags are understood as people and spreadsheets write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ocpp_core.errors import InvalidInput
from ocpp_core.services import tag_files
from ocpp_core.services.tag_files import decode, read
from ocpp_core.services.tags import LATEST

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YEAR = datetime(2026, 12, 31, 23, tzinfo=UTC)  # in Berlin


def lines(text, zone=BERLIN):
    return read(text, zone).lines


def only(text, zone=BERLIN):
    (line,) = lines(text, zone)
    return line


def refusal(text):
    with pytest.raises(InvalidInput) as refused:
        read(text, UTC)
    return str(refused.value.fields["file"])


def problems(text):
    return [
        (line.number, each.field, str(each.text)) for line in lines(text) for each in line.problems
    ]


@pytest.mark.parametrize(
    "header",
    [
        "id;name;group;expires;blocked",
        "RFID-Nummer;Bezeichnung;Gruppe;Ablaufdatum;Gesperrt",
        "RFID-Number;Name;Group;Expiration;Blocked",
        "RFID-Key;NAME;group;Expiry date;blocked",
        "TagId;TagName;ParentTagId;ExpiryDate;Blocked",
        '"Tag ID" ; "name";"Gruppe"; g\u00fcltig_bis ;gesperrt;',
    ],
)
def test_titles_are_english_german_and_those_of_ocpp_core(header):
    line = only(f"{header}\n04AB;Ann;G1;2026-12-31;1\n")
    assert (line.number, line.id, line.problems) == (2, "04AB", ())
    assert line.values == {"name": "Ann", "group": "G1", "expires_at": NEW_YEAR, "blocked": True}


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_separator_is_found_whatever_ends_the_lines(separator, end):
    text = end.join(separator.join(row) for row in (["id", "name", "group"], ["A", "b c", ""]))
    assert only(text).values == {"name": "b c", "group": None}


def test_excels_hint_and_blank_lines_are_skipped_but_counted():
    assert only('sep=,\r\nid,name\r\n\r\n" A ","x;y"\r\n,\r\n').number == 4
    assert only("\n\nid\n\nA").number == 5


@pytest.mark.parametrize(
    "content",
    [
        "id;name\nA;M\u00fcller \u20ac".encode(),
        "id;name\nA;M\u00fcller \u20ac".encode("utf-8-sig"),
        "id;name\nA;M\u00fcller \u20ac".encode("cp1252"),
        "id;name\nA;M\u00fcller \u20ac".encode("utf-16"),
    ],
)
def test_the_encoding_is_found(content):
    assert only(decode(content)).values == {"name": "M\u00fcller \u20ac"}


def test_latin_1_is_understood():
    assert (
        only(decode("id;name\nA;\u00c4\u00d6\u00df".encode("iso-8859-1"))).values["name"]
        == "\u00c4\u00d6\u00df"
    )


def test_a_missing_column_says_nothing_and_an_empty_cell_empties():
    assert only("id\nA").values == {}
    expected = {"name": "", "group": None, "expires_at": None, "blocked": False}
    assert only("id;name;group;expires;blocked\nA;;;;").values == expected
    assert only("id;name;group;expires;blocked\nA").values == expected


def test_unknown_columns_are_told():
    found = read("colour;id;;Farbe\nred;A;x;rot", UTC)
    assert found.fields == ("id",)
    assert found.ignored == ("colour", "", "Farbe")
    assert found.lines[0].id == "A"


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2026-12-31", NEW_YEAR),
        ("2026-12-31 00:00:00", NEW_YEAR),
        ("2026-12-31T00:00:00.0000000", NEW_YEAR),
        ("31.12.2026", NEW_YEAR),
        ("31.12.2026 00:00", NEW_YEAR),
        ("12/31/2026", NEW_YEAR),
        ("12/31/2026 12:00:00 AM", NEW_YEAR),
        ("1/2/2026 6:30:00 PM", datetime(2026, 1, 2, 17, 30, tzinfo=UTC)),
        ("2026-07-01 12:00", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("2027-01-01T00:00:00Z", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2027-01-01 00:00:00.000+01:00", NEW_YEAR),
        ("9999-12-31", datetime(9999, 12, 31, tzinfo=UTC)),
        ("-", None),
        (" ", None),
    ],
)
def test_days_and_moments_are_read_as_they_are_written(told, moment):
    line = only(f"id;expires\nA;{told}")
    assert (line.values.get("expires_at", "none"), line.problems) == (moment, ())


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati"])
def test_the_last_moment_of_the_calendar_stands_for_never_everywhere(zone):
    (line,) = read("id;expires\nA;31.12.9999 23:59", ZoneInfo(zone)).lines
    assert (line.values, line.problems) == ({"expires_at": LATEST}, ())


@pytest.mark.parametrize(
    "told",
    ["31/12/2026", "2026-02-30", "31.12.26", "soon", "1.1.1969", "0000-01-01", "1/1/2026 13:00 PM"],
)
def test_other_dates_are_refused(told):
    ((number, field, text),) = problems(f"id;expires\nA;{told}")
    assert (number, field) == (2, "expires_at")
    assert "no date" in text


@pytest.mark.parametrize(
    ("told", "value"), [("1", True), ("JA", True), ("x", True), ("0", False), ("nein", False)]
)
def test_yes_and_no_are_read(told, value):
    assert only(f"id;blocked\nA;{told}").values == {"blocked": value}


def test_each_problem_is_told_with_its_line_and_column():
    text = "id;name;blocked\n;x;\nA;y;maybe\na;z;1;more\nB;n\x07;0\n" + "C" * 256 + ";;\n\xa0;;1"
    assert problems(text) == [
        (2, "id", "must not be empty"),
        (3, "blocked", "is neither yes nor no"),
        (4, "", "It has more cells than the first line."),
        (4, "id", "stands in line 3 already"),
        (5, "name", "must not contain control characters"),
        (6, "id", "must not have more than 255 characters"),
        (7, "id", "must not be empty"),
    ]


def test_what_cannot_be_read_is_told():
    text = decode(b"id;name\nA\x00;x\nB;\x81\nC;y\x1b")
    assert text.count("\N{REPLACEMENT CHARACTER}") == 3
    assert [(number, field) for number, field, _ in problems(text)] == [
        (2, "id"),
        (3, "name"),
        (4, "name"),
    ]


def test_wrong_quotation_marks_spoil_one_line_only():
    text = 'id;name\n"A"x;1\n"B;2'
    assert [number for number, _, _ in problems('id;name\n"A"x;1\nB;2')] == [2]
    assert [(number, field) for number, field, _ in problems(text)] == [(2, ""), (3, "")]
    quoted = lines('id;name\nA;"a ""b"" ; c"\nB;"two\nlines"\nC;x')
    assert quoted[0].values == {"name": 'a "b" ; c'}
    assert [(line.number, bool(line.problems)) for line in quoted] == [
        (2, False),
        (3, True),
        (5, False),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("name;group\nA;B", "no column for the RFID number"),
        ("04AB;Ann\n", "no column for the RFID number"),
        ("id;Tag;name\nA;B;C", "id, Tag"),
    ],
)
def test_what_is_no_file_of_tags_is_refused(text, told):
    assert told in refusal(text)


def test_a_first_line_without_end_is_refused():
    with pytest.raises(InvalidInput, match="no column for the RFID number"):
        read("id;" + "x" * 200_000, UTC)


def test_there_are_limits(monkeypatch):
    monkeypatch.setattr(tag_files, "MOST_LINES", 3)
    assert len(lines("id\nA\nB\n\nC\n")) == 3
    assert "more than 3 lines" in refusal("id\nA\nB\nC\nD")
    with pytest.raises(InvalidInput):
        decode(b"x" * (tag_files.MOST_BYTES + 1))
    huge = problems('id;name\nA;"' + "x" * 200_000 + '"')
    assert [number for number, _, _ in huge] == [2]


def test_ten_thousand_lines_are_read_in_little_time():
    text = "id;name;group;expires;blocked\n" + "".join(
        f"04{n:010X};Name {n};G{n % 9};31.12.2027;0\n" for n in range(10_000)
    )
    assert not any(line.problems for line in lines(text))
