"""Importing a file of charge tags: what it would change, and doing so; again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Literal

from .. import green
from ..domain import authorization
from ..models.tags import Tag
from ..storage.statements import Statement
from ..storage.writer import reading, unit_of_work
from . import tags
from .tag_files import BITE, Line, Problem, TagFile, decode, read

__all__ = ["Change", "Compared", "Line", "Problem", "Result", "TagFile", "compare", "decode"]
__all__ += ["read", "take"]

Outcome = Literal["new", "changed", "unchanged", "error"]

_COLUMNS = {"name": "name", "group": "group_id", "expires_at": "expires_at", "blocked": "blocked"}
_EMPTY = {"name": "", "group": None, "expires_at": None, "blocked": False}
_INSERT = Statement(
    "INSERT INTO tags (id, folded, name, group_id, expires_at, blocked, created_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_UPDATE = {
    field: Statement(f"UPDATE tags SET {column} = ? WHERE folded = ?")  # noqa: S608 - ours
    for field, column in _COLUMNS.items()
}


@dataclass(frozen=True, slots=True)
class Change:
    """What of a tag becomes what."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Compared:
    """A line beside what is recorded."""

    line: Line
    outcome: Outcome
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """How many tags were added and changed, were so already, or were left out."""

    added: int
    changed: int
    unchanged: int
    left: int


def compare(file: TagFile, zone: tzinfo) -> tuple[Compared, ...]:
    """Return what each line would do; a day in `zone` equals the same day told otherwise."""
    found: list[Compared] = []
    for lines in _bites(file.lines):
        found += _compare(lines, zone)
        green.breathe()
    return tuple(found)


def take(file: TagFile, zone: tzinfo, now: datetime, *, whole: bool) -> Result:
    """Record the lines without problems, some at a time; with `whole` all of them or none."""
    good = [line for line in file.lines if not line.problems]
    left = len(file.lines) - len(good)
    if whole and left:
        return Result(0, 0, 0, len(file.lines))
    counted = {"new": 0, "changed": 0, "unchanged": 0}
    for lines in _bites(good):
        for outcome in _store(lines, zone, now):
            counted[outcome] += 1
        green.breathe()
    return Result(counted["new"], counted["changed"], counted["unchanged"], left)


def _bites(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    return (lines[start : start + BITE] for start in range(0, len(lines), BITE))


@reading
def _compare(lines: Sequence[Line], zone: tzinfo) -> list[Compared]:
    recorded = _recorded(lines)
    return [_beside(line, recorded.get(authorization.fold(line.id)), zone) for line in lines]


def _recorded(lines: Sequence[Line]) -> dict[str, Tag]:
    folded = {authorization.fold(line.id) for line in lines if not line.problems}
    rows = Tag.select().where(Tag.folded.in_(list(folded))) if folded else ()
    return {row.folded: row for row in rows}


def _beside(line: Line, row: Tag | None, zone: tzinfo) -> Compared:
    if line.problems:
        return Compared(line, "error")
    old = {field: getattr(row, field) if row else _EMPTY[field] for field in line.values}
    changes = tuple(
        Change(field, old[field], new)
        for field, new in line.values.items()
        if not _is_same(field, old[field], new, zone)
    )
    if row is None:
        return Compared(line, "new", changes)
    return Compared(line, "changed" if changes else "unchanged", changes)


def _is_same(field: str, old: Any, new: Any, zone: tzinfo) -> bool:
    if field != "expires_at" or old is None or new is None:
        return bool(old == new)
    is_day = new == tags.end_of(tags.last_day(new, zone) or new.date(), zone)
    return bool(old == new or (is_day and tags.last_day(old, zone) == tags.last_day(new, zone)))


@unit_of_work
def _store(lines: Sequence[Line], zone: tzinfo, now: datetime) -> list[Outcome]:
    """Record some lines as a whole; says what became of each."""
    recorded = _recorded(lines)
    compared = [_beside(line, recorded.get(authorization.fold(line.id)), zone) for line in lines]
    _INSERT.run_many(_row(each.line, now) for each in compared if each.outcome == "new")
    for each in compared:
        if each.outcome == "changed":
            for change in each.changes:
                _UPDATE[change.field].run(change.new, authorization.fold(each.line.id))
    return [each.outcome for each in compared]


def _row(line: Line, now: datetime) -> tuple[Any, ...]:
    values = {**_EMPTY, **line.values}
    return (line.id, authorization.fold(line.id), *(values[field] for field in _COLUMNS), now)
