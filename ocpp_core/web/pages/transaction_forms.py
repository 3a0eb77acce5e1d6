"""Forms of the transactions: the filters of their list, and why one is closed by hand."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, NumberRange, Optional

from ...domain import texts
from ...services import connector_records, labels
from ...services.transaction_search import ACTIVE, ENDED, Filters
from .. import localization
from ..forms import FilterForm, Form

HIGHEST_NUMBER = 2**31 - 1  # of EVSEs and connectors
ALL = SelectChoice("", _l("All"))
YEARS = range(1900, 9999)  # of days; all their moments exist in every time zone
PERIODS = ((30, _l("30 days")), (90, _l("90 days")), (365, _l("1 year")), (None, _l("All")))


def stripped(text: str | None) -> str:
    """Return a text without blanks around it, and without what no page can show again."""
    shown = (
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) == "Cc" else character
        for character in (text or "").strip()
    )
    return "".join(shown)


def storable(_form: Any, field: StringField) -> None:
    """Validator: refuse text that no record can have."""
    problem = texts.problem(field.data or "")
    if problem:
        raise ValidationError(localization.say(problem))


def _datable(_form: Any, field: DateField) -> None:
    """Validator: refuse days at the ends of the calendar."""
    if field.data is not None and field.data.year not in YEARS:
        between = {"first": YEARS[0], "last": YEARS[-1]}
        raise ValidationError(_("The year must lie between %(first)s and %(last)s.", **between))


def _whole(text: Any) -> int | None:
    """Return a number of an address, -1 for anything else: the range refuses it."""
    given = str(text or "").strip()
    if not given:
        return None
    return int(given) if given.isascii() and given.isdigit() and len(given) < 12 else -1


class _NumberField(SelectField):  # type: ignore[misc]  # WTForms has no types
    """A number to choose; an address may name one that is not offered."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        known = NumberRange(0, HIGHEST_NUMBER, _l("There is no such connector."))
        rules = {"choices": [], "coerce": _whole, "validate_choice": False}
        super().__init__(label, [Optional(), known], **rules, **kwargs)
        self.type = "SelectField"  # what it looks like

    def offer(self, choices: Sequence[tuple[str, str]]) -> None:
        """Set what can be chosen; what was chosen stays."""
        known = {number for number, _ in choices}
        chosen = "" if self.data is None else str(self.data)
        other = [SelectChoice(chosen)] if chosen not in ("", *known) else []
        self.choices = [ALL, *(SelectChoice(*choice) for choice in choices), *other]


class TransactionFilters(FilterForm):
    """Which transactions; the names are those of REST, days instead of moments."""

    station_id = StringField(
        _l("Charging station"), [storable], filters=[stripped], render_kw={"list": "stations"}
    )
    evse_id = _NumberField(_l("Connector"))
    connector_id = _NumberField(_l("Plug"))
    tag = StringField(_l("RFID tag"), [storable], filters=[stripped], render_kw={"list": "tags"})
    state = SelectField(
        _l("State"),
        default="",
        choices=[ALL, SelectChoice(ACTIVE, _l("Active")), SelectChoice(ENDED, _l("Ended"))],
    )
    since = DateField(_l("From"), [Optional(), _datable], name="from")
    until = DateField(_l("To"), [Optional(), _datable], name="to")

    def __init__(self) -> None:
        super().__init__()
        connectors = self._connectors()
        if connectors or self.evse_id.data is not None:
            self._offer(connectors)
        else:
            del self.evse_id
            del self.connector_id

    @property
    def oldest_first(self) -> bool:
        """Whether the list begins with the oldest."""
        return request.args.get("sort") == "started_at"

    def filters(self) -> Filters:
        """Return what narrows the list."""
        evse, connector = getattr(self, "evse_id", None), getattr(self, "connector_id", None)
        return {
            "station_id": self.station_id.data or None,
            "evse_id": evse.data if evse else None,
            "connector_id": connector.data if connector else None,
            "tag": self.tag.data or None,
            "state": self.state.data or None,
            "since": localization.start_of(self.since.data) if self.since.data else None,
            "until": localization.end_of(self.until.data) if self.until.data else None,
        }

    def periods(self) -> Iterator[tuple[Any, str | None, bool]]:
        """Yield the periods that are one click away: name, first day, whether it is shown."""
        this_day = localization.current_day()
        for days, name in PERIODS:
            first = this_day - timedelta(days=days) if days else None
            yield name, first.isoformat() if first else None, self._shows(first)

    def _shows(self, first: date | None) -> bool:
        return bool(self.usable and self.since.data == first and self.until.data is None)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, and those that need another."""
        usable = bool(super().validate(extra_validators))
        if not self.station_id.data and (self.evse_id.data or self.connector_id.data):
            self.station_id.errors = [_l("A connector needs its station.")]
            return False
        if usable and self.since.data and self.until.data and self.until.data < self.since.data:
            self.until.errors = [_l("The last day lies before the first.")]
            return False
        return usable

    def _connectors(self) -> tuple[tuple[int, int], ...]:
        station_id = self.station_id.data
        if not station_id or not self.usable:
            return ()
        found = connector_records.of_stations([station_id])[station_id]
        return tuple((each.evse_id, each.connector_id) for each in found if each.evse_id)

    def _offer(self, connectors: Sequence[tuple[int, int]]) -> None:
        station_id = self.station_id.data
        evses = sorted({evse for evse, _ in connectors})
        names = labels.labels((station_id, evse, None) for evse in evses)
        self.evse_id.offer([(str(evse), names[station_id, evse, None]) for evse in evses])
        numbers = [number for evse, number in connectors if evse == self.evse_id.data]
        if len(numbers) > 1 or self.connector_id.data is not None:
            self.connector_id.offer([(str(number), str(number)) for number in numbers])
        else:
            del self.connector_id


class ClosingForm(Form):
    """Why a transaction is closed by hand."""

    reason = StringField(
        _l("Reason"),
        [DataRequired(_l("Required")), storable],
        filters=[stripped],
        description=_l("Kept with the transaction; everybody who may see it can read it."),
        render_kw={"maxlength": texts.SHORT},
    )
