"""The forms about stations and connectors."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, ValidationError

from ...domain import credentials, station_ids, texts
from ...domain.connectors import AVAILABLE, FAULTED, OCCUPIED, UNAVAILABLE
from ...services.changes import UNSET, Unset
from ...services.station_records import VERSIONS, StationChanges
from ...services.station_views import StationView
from ..forms import FilterForm, Form, IdTyped

BOOT_STATUSES = (
    SelectChoice("Accepted", _l("Accepted: it may charge")),
    SelectChoice("Pending", _l("Pending: it has to wait")),
    SelectChoice("Rejected", _l("Rejected: it may not charge")),
)
_ANY = SelectChoice("", _l("All"))
ONLINE = {"true": True, "false": False}
ADOPTED, WAITING, ALL = "", "true", "all"
IN_QUARANTINE = {ADOPTED: False, WAITING: True, ALL: None}
_OFF = {"autocomplete": "off"}


def stripped(text: str | None) -> str | None:
    """Drop the blanks around what was typed."""
    return text.strip() if text is not None else None


def _line(label: Any, longest: int = texts.SHORT, **kwargs: Any) -> StringField:
    """Return a field whose browser keeps to the limit that the service checks."""
    attributes = {**_OFF, "maxlength": longest}
    return StringField(label, filters=[stripped], render_kw=attributes, **kwargs)


class StationForm(Form):
    """What may be said of a station."""

    name = _line(_l("Name"), description=_l("What people call it; empty: its id."))
    comment = TextAreaField(_l("Comment"), render_kw={"maxlength": texts.LONG})
    username = _line(
        _l("User name of the charger"),
        description=_l("What the charger gives as user name; empty: its id."),
    )
    password = PasswordField(
        _l("New password of the charger"),
        render_kw={"autocomplete": "new-password", "maxlength": texts.SHORT},
    )
    generates = BooleanField(
        _l("Generate a password"), description=_l("It is shown once, after saving.")
    )
    removes = BooleanField(_l("Remove the password"))
    default_version = SelectField(
        _l("OCPP version if the charger names none"),
        choices=[
            SelectChoice("", _l("Refuse such connections")),
            *(SelectChoice(version, f"OCPP {version}") for version in VERSIONS),
        ],
        description=_l("Only for chargers that send no Sec-WebSocket-Protocol."),
    )
    boot_status = SelectField(
        _l("Answer to the next boot"),
        choices=BOOT_STATUSES,
        description=_l("What the charger is told when it says that it has started."),
    )
    cleans_tags = BooleanField(
        _l("Cut RFID numbers at the underscore"),
        default=True,
        description=_l("Some chargers append their own number behind an underscore."),
    )

    @classmethod
    def of(cls, station: StationView) -> StationForm:
        """Return the form to change a station."""
        form = cls(obj=station)
        if station.has_password:
            form.password.description = _l("Empty: the present one stays.")
        else:
            form.password.description = _l("Empty: anybody who knows the id can connect.")
            del form.removes
        return form

    def validate_generates(self, field: BooleanField) -> None:
        """Refuse two wishes at once."""
        others = bool(self.password.data) + bool(self.removes is not None and self.removes.data)
        if field.data + others > 1:
            raise ValidationError(_l("Choose one: typed, generated, or none at all."))

    def changes(self) -> tuple[StationChanges, str | None]:
        """Return what to set, and the password that was generated if one was."""
        generated = credentials.generate() if self.generates.data else None
        changes = StationChanges(
            name=self.name.data or "",
            comment=(self.comment.data or "").replace("\r\n", "\n"),
            username=self.username.data or None,
            password=self._password(generated),
            default_version=self.default_version.data or None,
            cleans_tags=self.cleans_tags.data,
            boot_status=self.boot_status.data,
        )
        return changes, generated

    def _password(self, generated: str | None) -> str | Unset | None:
        if self.removes is not None and self.removes.data:
            return None
        return generated or self.password.data or UNSET


class NewStationForm(StationForm):
    """A station that is added."""

    id = _line(
        _l("Id"),
        station_ids.MAX_LENGTH,
        validators=[InputRequired(_l("Required"))],
        description=_l("With what its URL ends; upper and lower case differ."),
    )
    removes = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.password.label.text = _l("Password of the charger")
        self.password.description = _l("Empty: anybody who knows the id can connect.")


class RemovalForm(Form):
    """A station is removed whose id is typed."""

    typed_id = StringField(_l("Type the id to confirm"), render_kw=_OFF)

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.typed_id.validators = [IdTyped(wanted)]


class StationFilter(FilterForm):
    """Filters of the list of stations."""

    search = _line(_l("Search"), description=_l("Part of id, name, comment or serial number"))
    online = SelectField(
        _l("Connection"),
        default="",
        choices=[
            _ANY,
            SelectChoice("true", _l("Online")),
            SelectChoice("false", _l("Offline")),
        ],
    )
    in_quarantine = SelectField(
        _l("Quarantine"),
        default="",
        choices=[
            SelectChoice(ADOPTED, _l("Adopted")),
            SelectChoice(WAITING, _l("In quarantine")),
            SelectChoice(ALL, _l("All")),
        ],
    )

    def wanted(self) -> dict[str, Any]:
        """Return what the service is to look for; nothing where the filters cannot be used."""
        if not self.usable:
            return {"in_quarantine": False}
        return {
            "search": self.search.data or None,
            "online": ONLINE.get(self.online.data),
            "in_quarantine": IN_QUARANTINE[self.in_quarantine.data or ADOPTED],
        }


class ConnectorFilter(FilterForm):
    """Filters of the list of connectors."""

    station_id = _line(_l("Charging station"), description=_l("Its id"))
    status = SelectField(
        _l("Last status"),
        default="",
        choices=[
            _ANY,
            SelectChoice(AVAILABLE, _l("Available")),
            SelectChoice(OCCUPIED, _l("Charging")),
            SelectChoice(UNAVAILABLE, _l("Unavailable")),
            SelectChoice(FAULTED, _l("Faulted")),
        ],
    )
    search = _line(_l("Search"), description=_l("Part of a name or of the station's id"))

    def wanted(self) -> dict[str, Any]:
        """Return what the service is to look for; nothing where the filters cannot be used."""
        if not self.usable:
            return {}
        return {field.name: field.data or None for field in self}


class ConnectorForm(Form):
    """The name of a connector."""

    name = _line(_l("Name"), description=_l("Empty: it is called by its station and number."))


class AdoptionForm(Form):
    """A station is taken out of quarantine, perhaps under a name."""

    station_id = StringField(_l("Id"))
    name = _line(_l("Name"))
