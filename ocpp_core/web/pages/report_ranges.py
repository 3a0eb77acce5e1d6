"""The range of the charge report: whole days of who looks at it; some are a click away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField
from wtforms.validators import Optional

from .. import localization
from ..forms import FilterForm

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)  # moments of sessions lie between


@dataclass(frozen=True, slots=True)
class Range:
    """Some days, both inclusive."""

    first: date
    last: date


def previous_month(day: date) -> Range:
    """Return the whole month before that of a day."""
    last = day.replace(day=1) - timedelta(days=1)
    return Range(last.replace(day=1), last)


def previous_week(day: date, begins_on: int) -> Range:
    """Return the whole week before that of a day; weeks begin on a weekday, 0 is Monday."""
    first = day - timedelta(days=(day.weekday() - begins_on) % 7 + 7)
    return Range(first, first + timedelta(days=6))


def offered(day: date) -> tuple[tuple[Any, Range], ...]:
    """Return the ranges that are a click away, with their names."""
    year = day.year
    return (
        (_l("Year to date"), Range(date(year, 1, 1), day)),
        (_l("Previous year"), Range(date(year - 1, 1, 1), date(year - 1, 12, 31))),
        (_l("Previous month"), previous_month(day)),
        (_l("Previous week"), previous_week(day, get_locale().first_week_day)),
    )


class RangeForm(FilterForm):
    """First and last day; without both the previous month."""

    first = DateField(_l("From"), [Optional()], name="from")
    last = DateField(_l("To"), [Optional()], name="to")

    def __init__(self) -> None:
        super().__init__()
        if self.usable and self.first.data is None:
            chosen = previous_month(localization.current_day())
            self.first.data, self.last.data = chosen.first, chosen.last

    def validate(self, extra_validators: Any = None) -> bool:
        """Check both days, and that they are in order."""
        if not super().validate(extra_validators):
            return False
        first, last = self.first.data, self.last.data
        if (first is None) != (last is None):
            missing = self.first if first is None else self.last
            missing.errors = [_("Required")]
            return False
        return first is None or self._is_in_order(first, last)

    def _is_in_order(self, first: date, last: date) -> bool:
        for field, day in ((self.first, first), (self.last, last)):
            if not EARLIEST <= day <= LATEST:
                between = {"first": EARLIEST.year, "last": LATEST.year}
                field.errors = [_("The year must lie between %(first)s and %(last)s.", **between)]
                return False
        if last < first:
            self.last.errors = [_("The last day lies before the first.")]
            return False
        return True

    @property
    def chosen(self) -> Range:
        """The range; only of a usable form."""
        return Range(self.first.data, self.last.data)

    @property
    def since(self) -> datetime:
        """The moment at which the first day begins."""
        return localization.start_of(self.first.data)

    @property
    def until(self) -> datetime:
        """The moment at which the last day has ended."""
        return localization.end_of(self.last.data)

    def days(self) -> dict[str, str]:
        """Return both days as they stand in addresses."""
        return {"from": self.first.data.isoformat(), "to": self.last.data.isoformat()}
