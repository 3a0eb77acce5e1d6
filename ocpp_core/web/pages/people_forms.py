"""The forms about people and keys."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import EqualTo, InputRequired, Length, Optional

from ...domain.roles import Role
from ...domain.texts import SHORT
from ...services import passwords
from .. import localization
from ..forms import FilterForm, Form, IdTyped
from .login import ROLE_NAMES

SHORTEST_PASSWORD = 8
_REQUIRED = _l("Required")
_LENGTH = Length(SHORTEST_PASSWORD, passwords.LONGEST, _l("Needs %(min)d to %(max)d characters."))
_NEW = {"autocomplete": "new-password"}


def _name(**kwargs: Any) -> StringField:
    too_long = _l("must not have more than %(longest)s characters", longest=SHORT)
    validators = [InputRequired(_REQUIRED), Length(max=SHORT, message=too_long)]
    return StringField(_l("Name"), validators, **kwargs)


def _role() -> SelectField:
    return SelectField(
        _l("Role"),
        choices=[SelectChoice(role.value, ROLE_NAMES[role]) for role in Role],
        description=_l(
            "Viewers see everything but secrets, operators also send commands to stations, "
            "administrators also change stations, tags and users."
        ),
    )


class NewUserForm(Form):
    """A user who is added."""

    name = _name(render_kw={"autocomplete": "off"})
    role = _role()
    password = PasswordField(
        _l("Password"),
        [InputRequired(_REQUIRED), _LENGTH],
        render_kw=_NEW,
        description=_l("Users can change it on the page of their account."),
    )


class UserForm(Form):
    """What an administrator changes of a user."""

    role = _role()
    password = PasswordField(
        _l("New password"),
        [Optional(), _LENGTH],
        render_kw=_NEW,
        description=_l("Leave it empty to keep the present one. A new one ends all sessions."),
    )


class PasswordForm(Form):
    """The own password."""

    present = PasswordField(
        _l("Present password"),
        [InputRequired(_REQUIRED)],
        render_kw={"autocomplete": "current-password"},
    )
    password = PasswordField(
        _l("New password"), [InputRequired(_REQUIRED), _LENGTH], render_kw=_NEW
    )
    repeated = PasswordField(
        _l("New password, repeated"),
        [InputRequired(_REQUIRED), EqualTo("password", _l("Differs from the new password."))],
        render_kw=_NEW,
    )


def _languages() -> list[SelectChoice]:
    known = (SelectChoice(code, name) for code, name in localization.LANGUAGES.items())
    return [SelectChoice("", _("As the browser")), *known]


def _zones() -> list[SelectChoice]:
    return [SelectChoice("", _("As the browser")), *map(SelectChoice, localization.zones())]


def _themes() -> list[SelectChoice]:
    names = {"": _("As the system"), "light": _("Light"), "dark": _("Dark")}
    return [SelectChoice(theme, name) for theme, name in names.items()]


class PreferencesForm(Form):
    """How somebody likes the pages."""

    language = SelectField(_l("Language"), choices=_languages)
    time_zone = SelectField(_l("Time zone"), choices=_zones)
    theme = SelectField(_l("Theme"), choices=_themes)


class KeyForm(Form):
    """An API key that is added."""

    name = _name(
        render_kw={"autocomplete": "off"},
        description=_l("Which program uses it, for example: billing"),
    )
    role = _role()


class RemovalForm(Form):
    """Something is removed whose name is typed."""

    typed = StringField(_l("Type the name to confirm"), render_kw={"autocomplete": "off"})

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.typed.validators = [IdTyped(wanted)]


class UserFilter(FilterForm):
    """Filter of the list of users."""

    search = StringField(_l("Name"))


class SessionFilter(FilterForm):
    """Filter of the list of sessions."""

    user = StringField(_l("User"))
