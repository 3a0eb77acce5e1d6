"""The forms about charge tags: filters, a tag, its removal, a file of tags, learning."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional, ValidationError

from ...domain import texts
from ...services import tags
from ...services.changes import UNSET
from ...services.tag_lists import TagView
from ...services.tags import TagChanges
from .. import localization
from ..forms import FilterForm, Form, IdTyped, UploadField
from .message_forms import storable, stripped

BLOCKED = {"true": True, "false": False}
GOOD, WHOLE = "good", "whole"
_LINE = {"autocomplete": "off", "maxlength": texts.SHORT}


class TagFilters(FilterForm):
    """Filters of the list of tags."""

    search = StringField(
        _l("Search"),
        [storable],
        filters=[stripped],
        description=_l("Part of number or name"),
        render_kw={"type": "search"},
    )
    group = StringField(_l("Group"), [storable], filters=[stripped], render_kw={"list": "groups"})
    blocked = SelectField(
        _l("Blocked"),
        default="",
        choices=[
            SelectChoice("", _l("All")),
            SelectChoice("true", _l("Blocked")),
            SelectChoice("false", _l("Not blocked")),
        ],
    )

    def wanted(self) -> dict[str, Any]:
        """Return what the service is to look for; everything where the filters cannot be used."""
        if not self.usable:
            return {}
        return {
            "search": self.search.data or None,
            "group": self.group.data or None,
            "blocked": BLOCKED.get(self.blocked.data),
        }


class TagForm(Form):
    """What may be said of a tag; a date is its last valid day where the visitor is."""

    name = StringField(_l("Name"), filters=[stripped], render_kw=_LINE)
    group = StringField(
        _l("Group"),
        filters=[stripped],
        render_kw={**_LINE, "list": "groups"},
        description=_l("Tags of one group may stop each other's transactions."),
    )
    expires = DateField(
        _l("Valid through"),
        [Optional()],
        description=_l("The last day on which it may charge; empty: it does not expire."),
        render_kw={"min": tags.EARLIEST_DAY.isoformat(), "max": "9999-12-31"},
    )
    blocked = BooleanField(_l("Blocked"), description=_l("It may not charge."))

    @classmethod
    def of(cls, tag: TagView) -> TagForm:
        """Return the form to change a tag."""
        day = tags.last_day(tag.expires_at, localization.zone())
        form = cls(name=tag.name, group=tag.group or "", expires=day, blocked=tag.blocked)
        form.shown_day = day
        return form

    shown_day: date | None = None

    def validate_expires(self, field: DateField) -> None:
        """Refuse days of which no record can be."""
        if field.data is not None and field.data < tags.EARLIEST_DAY:
            raise ValidationError(_l("This day is too long ago."))

    def changes(self) -> TagChanges:
        """Return what to set; a moment stays exactly as it is where its day is not changed."""
        day = self.expires.data
        moment = tags.end_of(day, localization.zone()) if day else None
        return TagChanges(
            name=self.name.data or "",
            group=self.group.data or None,
            expires_at=UNSET if day is not None and day == self.shown_day else moment,
            blocked=self.blocked.data,
        )


class NewTagForm(TagForm):
    """A tag that is added."""

    id = StringField(
        _l("RFID number"),
        [InputRequired(_l("Required"))],
        filters=[stripped],
        render_kw=_LINE,
        description=_l("What the reader reads; upper and lower case are the same."),
    )

    @property
    def visible(self) -> list[Any]:
        """The fields that people fill in, the number first."""
        return sorted(super().visible, key=lambda field: field.name != "id")


class TagRemovalForm(Form):
    """A tag is removed whose number is typed."""

    typed_id = StringField(_l("Type the RFID number to confirm"), render_kw={"autocomplete": "off"})

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.typed_id.validators = [IdTyped(wanted)]


class UploadForm(Form):
    """A file of tags, or its lines pasted."""

    file = UploadField(_l("CSV file"), render_kw={"accept": ".csv,.txt,.tsv,text/csv,text/plain"})
    lines = TextAreaField(
        _l("Or paste the lines here"),
        description=_l("As they come from a spreadsheet, with their titles."),
        render_kw={"spellcheck": "false"},
    )


class ImportForm(Form):
    """Lines that were looked at are to be recorded."""

    text = HiddenField()
    extent = RadioField(
        _l("What to import"),
        choices=[
            SelectChoice(GOOD, _l("The lines without errors")),
            SelectChoice(WHOLE, _l("Nothing, as long as there are errors")),
        ],
        default=GOOD,
    )


class LearningForm(FilterForm):
    """Where a card is held to the reader, and since when."""

    station_id = StringField(
        _l("Charging station"),
        [storable],
        filters=[stripped],
        description=_l("Empty: any"),
        render_kw={"list": "stations", "placeholder": _l("any")},
    )
    since = HiddenField()

    def given_since(self) -> int | None:
        """Return the milliseconds since 1970 from which on cards are shown."""
        text = request.args.get("since", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None
