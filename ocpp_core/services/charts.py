"""What is drawn of a charging session: power, energy, state of charge, currents, voltages.

However many samples there are, they are read in bites between which others have their turn, and
not more than a fixed number of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .. import clock, green
from ..domain.charts import Curves, Role, Series, role_of, thinned
from ..domain.metering import Kind
from ..models.base import moment
from ..models.transactions import SampleKind
from ..storage.statements import Statement
from ..storage.writer import reading
from . import transaction_records
from .transaction_records import TransactionView

BITE = 1000  # samples read at a stretch
FREE_BITES, MOST_BITES = 50, 100  # after the free ones each leads on by a part of the whole time

_SAMPLES = Statement(
    "SELECT at, connector_row, kind_id, value FROM meter_samples WHERE transaction_id = ?"
    " AND (at, connector_row, kind_id, value) > (?, ?, ?, ?)"
    " ORDER BY at, connector_row, kind_id, value LIMIT ?"
)
_NEWEST = Statement("SELECT max(at) FROM meter_samples WHERE transaction_id = ?")
_BEFORE_ALL = (-1, -1, 0.0)  # connector, kind, value: lower than any of a moment

Row = tuple[int | datetime, int, int, float]  # a moment is what the driver makes of it


@dataclass(frozen=True, slots=True)
class Chart:
    """The curves of a session; `complete` tells whether every sample was looked at."""

    series: tuple[Series, ...]
    complete: bool


def chart(transaction_id: int, since: datetime | None = None) -> Chart:
    """Return the curves of a session, or what came after `since`. Raises NotFound."""
    return _draw(transaction_records.find(transaction_id), since)


def _draw(transaction: TransactionView, since: datetime | None) -> Chart:
    bites = _Bites(transaction.id, since or clock.EPOCH)
    registers = _registers(transaction, since)
    curves = Curves(transaction.meter_start_wh, registers, continues=since is not None)
    roles = _roles()
    for rows in bites:
        _take(curves, rows, roles)
        green.breathe()
    series = []
    for whole in curves.end():
        later = whole if since is None else whole.after(clock.to_milliseconds(since))
        series.append(thinned(later))
        green.breathe()
    return Chart(tuple(each for each in series if each.times), not bites.skipped)


def _take(curves: Curves, rows: list[Row], roles: dict[int, Role]) -> None:
    last: int | datetime | None = None
    at = 0
    for raw, _, kind, value in rows:
        role = roles.get(kind)
        if role is None:
            continue
        if raw != last:
            last, at = raw, clock.to_milliseconds(moment(raw))
        curves.add(at, role, value)


def _registers(transaction: TransactionView, since: datetime | None) -> Iterator[tuple[int, float]]:
    """Yield the readings of start and end: stations send them beside their samples."""
    readings = (
        (transaction.meter_start_at, transaction.meter_start_wh),
        (transaction.meter_last_at, transaction.meter_last_wh),
    )
    told = {at: wh for at, wh in readings if at is not None and wh is not None}
    for at in sorted(told):
        if since is None or at >= since:
            yield clock.to_milliseconds(at), told[at]


@reading
def _roles() -> dict[int, Role]:
    rows: Any = SampleKind.select().tuples()
    roles = {number: role_of(Kind(*words)) for number, *words in rows}
    return {number: role for number, role in roles.items() if role is not None}


class _Bites:
    """The samples of a session in their order.

    Of a session with more of them than can be drawn soon, the later ones are looked at here and
    there, evenly over its time; then `skipped` is set.
    """

    def __init__(self, transaction_id: int, since: datetime) -> None:
        self._transaction_id = transaction_id
        self._first: datetime | None = None
        self._position: tuple[Any, ...] = (since, *_BEFORE_ALL)
        self.skipped = False

    def __iter__(self) -> Iterator[list[Row]]:
        for count in range(MOST_BITES + 1):
            rows = self._read()
            if rows:
                yield rows
            if len(rows) < BITE:
                return
            self._first = self._first or moment(rows[0][0])
            self._position = rows[-1]
            if count >= FREE_BITES:
                self._lead_on((count - FREE_BITES + 1) / (MOST_BITES - FREE_BITES))

    @reading
    def _read(self) -> list[Row]:
        return list(_SAMPLES.run(self._transaction_id, *self._position, BITE).fetchall())

    def _lead_on(self, part: float) -> None:
        """Go on at least after this part of the whole time."""
        newest = self._newest()
        if self._first is None or newest is None:
            return
        ahead = clock.cut(self._first + (newest - self._first) * part)
        if ahead > moment(self._position[0]):
            self._position = (ahead, *_BEFORE_ALL)
            self.skipped = True

    @reading
    def _newest(self) -> datetime | None:
        row = _NEWEST.row(self._transaction_id)
        return moment(row[0]) if row else None
