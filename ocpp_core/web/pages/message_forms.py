"""Filters of the message log, and the words in which its outcomes are told."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateTimeLocalField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from ... import clock
from ...domain import texts
from ...protocol.versions import ALL as VERSIONS
from ...services.message_filters import INCOMING, OUTGOING, Filters
from .. import localization
from ..forms import FilterForm
from ..payloads import visible

ANY = "any"  # any error
YEARS = range(1971, 9999)
ALL = SelectChoice("", _l("All"))
# What stands in the place of a code where a CALL of ours was not answered.
OUTCOMES = {
    "timeout": _l("no answer in time"),
    "disconnected": _l("connection lost"),
    "unusable": _l("answer breaks its schema"),
}
CODES = sorted({code for version in VERSIONS for code in version.codes.values()})
ACTIONS = sorted({action for version in VERSIONS for action in version.messages.actions})


def stripped(text: str | None) -> str:
    """Return a text without blanks around it, fit to be shown again."""
    return visible((text or "").strip())


def storable(_form: Any, field: StringField) -> None:
    """Validator: refuse what stands in no record."""
    problem = texts.problem(field.data or "")
    if problem:
        raise ValidationError(localization.say(problem))


class MomentField(DateTimeLocalField):  # type: ignore[misc]  # WTForms has no types
    """A moment in the visitor's zone; a bare day is meant as a whole."""

    def __init__(self, label: Any, *, ends: bool = False, **kwargs: Any) -> None:
        super().__init__(label, [Optional()], render_kw={"step": "1"}, **kwargs)
        self._ends = ends
        self.moment: datetime | None = None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read a day, a moment, or a moment with its own zone."""
        text = stripped((valuelist or [""])[0])
        self.raw_data = [text]
        if not text:
            return
        try:
            self.moment = self._read(text)
        except (ValueError, OverflowError) as error:
            raise ValueError(_l("This is no date with a time.")) from error
        self.data = self.moment.astimezone(localization.zone()).replace(tzinfo=None)
        self.raw_data = [self.data.strftime("%Y-%m-%dT%H:%M:%S")]

    def _read(self, text: str) -> datetime:
        if len(text) == len("2026-11-22"):
            day = date.fromisoformat(text) + timedelta(days=1 if self._ends else 0)
            local = datetime.combine(day, time())
        else:
            local = datetime.fromisoformat(text)
        if local.year not in YEARS:
            raise ValueError("no messages then")
        aware = local if local.tzinfo else local.replace(tzinfo=localization.zone())
        return clock.cut(aware.astimezone(UTC))


class MessageFilters(FilterForm):
    """Which exchanges; the names are those of REST."""

    station_id = StringField(
        _l("Charging station"), [storable], filters=[stripped], render_kw={"list": "stations"}
    )
    direction = SelectField(
        _l("Direction"),
        default="",
        choices=[
            ALL,
            SelectChoice(INCOMING, _l("From the station")),
            SelectChoice(OUTGOING, _l("To the station")),
        ],
    )
    action = StringField(
        _l("Action"), [storable], filters=[stripped], render_kw={"list": "actions"}
    )
    error = SelectField(_l("Outcome"), validate_choice=False, validators=[storable])
    search = StringField(
        _l("Search"),
        [storable],
        filters=[stripped],
        description=_l("Part of request or answer"),
        render_kw={"type": "search"},
    )
    since = MomentField(_l("From"), name="from")
    until = MomentField(_l("To"), name="to", ends=True)

    def __init__(self) -> None:
        super().__init__()
        self.error.data = stripped(self.error.data)
        known = [SelectChoice(ANY, _l("Errors only")), *map(_choice, (*OUTCOMES, *CODES))]
        chosen = self.error.data
        others = [SelectChoice(chosen)] if chosen and chosen not in {c.value for c in known} else []
        self.error.choices = [ALL, *known, *others]

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, and that the end lies after the beginning."""
        if not super().validate(extra_validators):
            return False
        if self.since.moment and self.until.moment and self.until.moment <= self.since.moment:
            self.until.errors = [_l("The end must lie after the beginning.")]
            return False
        return True

    def filters(self) -> Filters:
        """Return what the log is asked for; everything where the filters cannot be used."""
        if not self.usable:
            return Filters()
        code = self.error.data
        return Filters(
            station_id=self.station_id.data or None,
            direction=self.direction.data or None,
            action=self.action.data or None,
            errors=code == ANY,
            error_code=code if code not in ("", ANY) else None,
            text=self.search.data or None,
            since=self.since.moment,
            until=self.until.moment,
        )


def _choice(code: str) -> SelectChoice:
    return SelectChoice(code, OUTCOMES.get(code, code))
