"""Reading a file of charge tags: CSV as people and spreadsheets write it, in English or German.

A column that is missing leaves what is recorded as it is; an empty cell empties it.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from typing import Any

from .. import green
from ..domain import authorization, texts
from ..errors import InvalidInput
from ..wording import Wording
from . import tag_values

MOST_BYTES, MOST_LINES = 1_000_000, 10_000
BITE = 200  # lines that are read in one go
UNREADABLE = "\N{REPLACEMENT CHARACTER}"
SEPARATORS = (";", ",", "\t")
_EXCEL_HINT = re.compile(r"sep=([;,\t|])", re.IGNORECASE)  # what Excel may put above the titles
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_IN_NAMES = re.compile(r"[\W_]+")

# Names of columns without case, blanks and punctuation: ours, OCPP.Core's, in both languages.
NAMES = {
    "id": "id tag tagid idtag uid rfid rfidid rfidkey rfidnumber rfidtag rfidnummer rfidkarte"
    " cardnumber kartennummer number nummer",
    "name": "name tagname bezeichnung",
    "group": "group groupid parenttagid parentidtag parenttag gruppe",
    "expires_at": "expires expiresat expiry expirydate expiration expirationdate validuntil"
    " ablauf ablaufdatum gültigbis gueltigbis",
    "blocked": "blocked isblocked gesperrt",
}
_FIELDS = {name: field for field, names in NAMES.items() for name in names.split()}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a line; `field` names the column where it is one's."""

    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: the tag it describes, or what is wrong with it."""

    number: int
    id: str
    values: dict[str, Any]  # of the columns that the file has, besides the id
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class TagFile:
    """A file as it was understood."""

    lines: tuple[Line, ...]
    fields: tuple[str, ...]
    ignored: tuple[str, ...]  # titles of columns that mean nothing here


def decode(content: bytes) -> str:
    """Return the text of an uploaded file. Raises InvalidInput."""
    if len(content) > MOST_BYTES:
        raise _refusal(Wording("is larger than %(size)s MB", size=MOST_BYTES // 1_000_000))
    return clean(_decoded(content))


def clean(text: str) -> str:
    """Return a text without what no page can show again; a mark in its place is refused."""
    return _UNFIT.sub(UNREADABLE, text)


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # Excel's "Unicode text"
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")  # what is printable in ISO-8859-1, and more


def read(text: str, zone: tzinfo) -> TagFile:
    """Read a file; days end at midnight in `zone`. Raises InvalidInput when it is none of tags."""
    source = io.StringIO(text, newline="")
    separator, titles, above = _header(source)
    fields = _fields(titles)
    reader = _Reader(fields, zone)
    lines: list[Line] = []
    for number, cells in _records(source, separator, above):
        if len(lines) == MOST_LINES:
            raise _refusal(Wording("has more than %(count)s lines", count=MOST_LINES))
        lines.append(reader.line(number, cells))
        if len(lines) % BITE == 0:
            green.breathe()
    known = tuple(field for field in fields if field)
    pairs = zip(titles, fields, strict=True)
    return TagFile(tuple(lines), known, tuple(title for title, field in pairs if not field))


def _header(source: io.StringIO) -> tuple[str, list[str], int]:
    """Return separator and titles, and how many lines they take; the best separator is right."""
    separators: tuple[str, ...] = SEPARATORS
    for above, raw in enumerate(iter(source.readline, ""), 1):
        hint = _EXCEL_HINT.fullmatch(raw.rstrip("\r\n"))
        if hint:
            separators = (hint[1],)
        elif raw.strip():
            found = [(separator, _cells(raw, separator)) for separator in separators]
            separator, titles = max(found, key=lambda each: _rank(each[1]))
            return separator, titles, above
    raise _refusal(Wording("is empty"))


def _cells(raw: str, separator: str) -> list[str]:
    try:
        cells = next(csv.reader([raw], delimiter=separator), [])
    except csv.Error:  # a cell of more than 128 KB is no title
        return []
    titles = [cell.strip() for cell in cells]
    while titles and not titles[-1]:
        titles.pop()
    return titles


def _rank(titles: Sequence[str]) -> tuple[int, int]:
    return sum(bool(_field(title)) for title in titles), len(titles)


def _field(title: str) -> str:
    return _FIELDS.get(_NOT_IN_NAMES.sub("", title.casefold()), "")


def _fields(titles: Sequence[str]) -> list[str]:
    fields = [_field(title) for title in titles]
    if "id" not in fields:
        raise _refusal(Wording("has no column for the RFID number in its first line"))
    for field in NAMES:
        if fields.count(field) > 1:
            twice = [title for title in titles if _field(title) == field]
            problem = Wording(
                "has several columns for the same: %(titles)s", titles=", ".join(twice)
            )
            raise _refusal(problem)
    return fields


def _records(
    source: io.StringIO, separator: str, above: int
) -> Iterator[tuple[int, list[str] | None]]:
    """Yield the number of each line and its cells; None where quotation marks are wrong."""
    reader = csv.reader(source, delimiter=separator, strict=True)
    while True:
        number = above + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield number, None
            continue
        if any(cell.strip() for cell in cells):
            yield number, cells


class _Reader:
    """Makes tags of lines, and notices those that stand there twice."""

    def __init__(self, fields: Sequence[str], zone: tzinfo) -> None:
        self._fields = fields
        self._seen: dict[str, int] = {}  # number of the line, by folded id
        self._readers: dict[str, Callable[[str], Any]] = {
            "id": tag_values.tag_id,
            "name": tag_values.name,
            "group": tag_values.group,
            "expires_at": partial(tag_values.expires_at, zone=zone),
            "blocked": tag_values.blocked,
        }

    def line(self, number: int, cells: Sequence[str] | None) -> Line:
        """Return what a line says."""
        if cells is None:
            problem = Problem(Wording("Its quotation marks are wrong."))
            return Line(number, "", {}, (problem,))
        width = len(self._fields)
        told = [*cells, *[""] * (width - len(cells))]
        problems = []
        if any(cell.strip() for cell in told[width:]):
            problems.append(Problem(Wording("It has more cells than the first line.")))
        values: dict[str, Any] = {}
        for field, cell in zip(self._fields, told, strict=False):
            try:
                values |= {field: self._value(field, cell)} if field else {}
            except InvalidInput as error:
                problems.append(Problem(error.args[0], field))
        shown = told[self._fields.index("id")].strip()[: texts.SHORT]
        tag_id = values.pop("id", shown)
        problems += self._repetition(number, tag_id)
        return Line(number, tag_id, values, tuple(problems))

    def _value(self, field: str, cell: str) -> Any:
        if UNREADABLE in cell:
            raise InvalidInput(Wording("has characters that cannot be read"))
        return self._readers[field](cell)

    def _repetition(self, number: int, tag_id: str) -> list[Problem]:
        first = self._seen.setdefault(authorization.fold(tag_id), number)
        if first == number or not tag_id:
            return []
        return [Problem(Wording("stands in line %(line)s already", line=first), "id")]


def _refusal(problem: Wording) -> InvalidInput:
    return InvalidInput(problem, {"file": problem})
