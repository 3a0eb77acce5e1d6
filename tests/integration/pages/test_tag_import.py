"""Importing tags by pages: a file is looked at, then taken; without a script."""

from __future__ import annotations

import pytest

from ocpp_core import clock
from ocpp_core.services import tag_files, tags
from ocpp_core.services.tags import TagChanges
from ocpp_core.web.localization import DASH
from ocpp_core.web.pages import tag_import as pages
from tests.integration.pages.support import uploaded

FILE = """RFID-Nummer;Bezeichnung;Gruppe;Ablaufdatum;Gesperrt;Farbe
NEU1;Anna M\u00fcller;Vertrieb;31.12.2030;0;rot
alt1;Bert;;;1;
;niemand;;;;
NEU2;Dora;;bald;;
ALT1;doppelt;;;;
"""


@pytest.fixture
def recorded(site):
    tags.add("ALT1", TagChanges(name="Bert", group="G"), clock.utcnow())
    tags.add("ALT2", TagChanges(), clock.utcnow())
    return site


def send(site, text, encoding="utf-8"):
    return uploaded(site.get("/tags/import"), text.encode(encoding))


def texts(seen):
    return [(row[0], row[1], row[2], row[3]) for row in seen.rows()]


def test_a_file_is_looked_at_before_anything_changes(recorded):
    seen = send(recorded, FILE, "iso-8859-1")
    assert (seen.status, seen.title) == (200, "What the import would do")
    assert seen.texts("li", "tag-count") == ["1 new", "1 changed", "0 unchanged", "3 with errors"]
    assert "Columns that are not used: Farbe" in seen.text
    assert texts(seen) == [
        ("2", "NEU1", "new", "Name Anna M\u00fcller Group Vertrieb Valid through Dec 31, 2030"),
        ("3", "alt1", "changed", f"Group G {DASH} Blocked no yes"),
        ("4", DASH, "error", "RFID number must not be empty"),
        ("5", "NEU2", "error", "Valid through is no date; write it as in 2027-12-31"),
        ("6", "ALT1", "error", "RFID number stands in line 3 already"),
    ]
    assert len(tags.page().items) == 2


def test_the_good_lines_are_taken(recorded):
    seen = send(recorded, FILE)
    done = seen.submit({"extent": "good"}, button="Import 2 tags").follow()
    assert "1 tag was added. 1 tag was changed. 3 lines were left out." in done.text
    assert tags.find("NEU1").name == "Anna M\u00fcller"
    assert tags.find("ALT1").blocked
    again = send(recorded, FILE)
    assert again.texts("li", "tag-count")[:3] == ["0 new", "0 changed", "2 unchanged"]
    assert "There is nothing to import." in again.text


def test_nothing_is_taken_where_all_has_to_be_right(recorded):
    answer = send(recorded, FILE).submit({"extent": "whole"}, button="Import 2 tags")
    assert answer.status == 422
    assert "Nothing was imported: there are errors." in answer.text
    assert len(tags.page().items) == 2
    done = answer.submit({"extent": "good"}, button="Import 2 tags").follow()
    assert "1 tag was added." in done.text


def test_lines_are_pasted(site):
    pasted = "id\tname\r\nA\tx\r\nB\t=1+1\r\n"
    seen = site.get("/tags/import").submit({"lines": pasted}, button="Look at the lines")
    done = seen.submit(button="Import 2 tags").follow()
    assert "2 tags were added. 0 tags were changed." in done.text
    assert "left out" not in done.text
    assert tags.find("B").name == "=1+1"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "Choose a file, or paste its lines."),
        (b"\n \n", "Choose a file, or paste its lines."),
        (b"name;group\nx;y", "has no column for the RFID number in its first line"),
        (b"PK\x03\x04\x00\x00\xff", "has no column for the RFID number in its first line"),
        (b"id;Tag\nx;y", "has several columns for the same: id, Tag"),
        (b"id\n" + b"A\n" * 7, "has more than 5 lines"),
        (b"id\n" + b"A" * 2_000, "is larger than 0 MB"),
    ],
)
def test_what_is_no_list_of_tags_is_told_beside_the_field(site, monkeypatch, content, told):
    monkeypatch.setattr(tag_files, "MOST_LINES", 5)
    monkeypatch.setattr(tag_files, "MOST_BYTES", 1_000)
    answer = uploaded(site.get("/tags/import"), content)
    assert answer.status == 422
    assert told in answer.texts("div", "invalid-feedback")


def test_a_forged_import_is_looked_at_again(site):
    answer = site.post("/tags/import/take", {"text": "nothing of use", "extent": "good"})
    assert (answer.status, answer.title) == (422, "Import RFID tags")
    assert "has no column for the RFID number" in answer.text
    assert site.post("/tags/import/take", {"text": "id\nA", "extent": "all"}).status == 422
    assert tags.page().items == ()


def test_a_long_file_shows_its_errors_first(site, monkeypatch):
    monkeypatch.setattr(pages, "MOST_SHOWN", 3)
    text = "id;blocked\n" + "".join(f"T{n};{'x' if n < 8 else 'maybe'}\n" for n in range(10))
    seen = send(site, text)
    assert [row[0] for row in seen.rows()] == ["2", "10", "11"]
    assert "7 more lines are not shown." in seen.text
    seen.submit({"extent": "good"}, button="Import 8 tags").follow()
    assert len(tags.page().items) == 8


def test_whatever_stands_in_a_file_is_text(site):
    site.hostile = True
    payloads = (
        "<script>alert(1)</script>",
        "\"'><img src=x onerror=alert(1)>",
        "{{7*7}}",
        "\x07\x1b",
    )
    lines = [
        f'"{p.replace(chr(34), chr(34) * 2)}";"{p.replace(chr(34), chr(34) * 2)}"' for p in payloads
    ]
    seen = send(site, "id;name;<b>\n" + "\n".join(lines))
    for payload in payloads[:3]:
        assert payload in seen.text
    assert not [e for e in seen.page.elements for n in e.attrib if n.startswith("on")]
    assert "has characters that cannot be read" in seen.text
    seen.submit({"extent": "good"}, button="Import 3 tags").follow()
    assert {tag.name for tag in tags.page().items} == set(payloads[:3])


def test_it_is_german_for_germans(recorded):
    recorded.headers = {"Accept-Language": "de"}
    seen = uploaded(recorded.get("/tags/import"), FILE.encode(), button="Zeilen ansehen")
    assert seen.texts("li", "tag-count") == [
        "1 neu",
        "1 ge\u00e4ndert",
        "0 unver\u00e4ndert",
        "3 mit Fehlern",
    ]
    assert "steht schon in Zeile 3" in seen.text
    done = seen.submit({"extent": "good"}, button="2 Karten importieren").follow()
    assert (
        "1 Karte wurde angelegt. 1 Karte wurde ge\u00e4ndert. 3 Zeilen wurden ausgelassen."
        in done.text
    )
