"""The ids of sample kinds, which each writer learns for itself.

A kind that another writer is about to add is no kind yet: its unit may be undone. Inserting it
waits for the outcome, and so the id that is returned stands in a row whatever becomes of others.
"""

from __future__ import annotations

from ..domain.metering import Kind
from ..storage import writer
from ..storage.statements import Statement

MOST_KINDS = 2000  # stations make up units, and measurands where messages are not checked
OTHER = Kind("other", "", "", "", "other")  # for samples of all kinds beyond

_FIND = Statement(
    "SELECT id FROM sample_kinds WHERE measurand = ? AND phase = ? AND location = ?"
    " AND context = ? AND unit = ?"
)
_ADD = Statement(
    "INSERT INTO sample_kinds (measurand, phase, location, context, unit)"
    " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_HAS_ROOM = Statement("SELECT count(*) < ? FROM sample_kinds")


def id_of(kind: Kind) -> int:
    """Return the id of a kind inside the unit of work at hand, adding its row when it is new."""
    known = writer.memory()
    if kind in known:
        return int(known[kind])
    number = _find(kind)
    if number is None and kind != OTHER and not _has_room():
        return id_of(OTHER)  # not remembered: there is no end of them
    known[kind] = _add(kind) if number is None else number
    return int(known[kind])


def _find(kind: Kind) -> int | None:
    row = _FIND.row(*_values(kind))
    return None if row is None else int(row[0])


def _add(kind: Kind) -> int:
    _ADD.run(*_values(kind))
    number = _find(kind)
    if number is None:  # pragma: no cover - the row was just made
        raise LookupError(f"no kind {kind}")
    return number


def _has_room() -> bool:
    row = _HAS_ROOM.row(MOST_KINDS)
    return row is not None and bool(row[0])


def _values(kind: Kind) -> tuple[str, ...]:
    return kind.measurand, kind.phase, kind.location, kind.context, kind.unit
