"""Logging in and out, and the switches of language and theme that also strangers have."""

from __future__ import annotations

import logging
from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from ...domain.roles import Role
from ...errors import Busy
from ...services import people
from .. import localization, logins
from ..forms import Form
from ..login_limits import LoginLimits
from .area import Area, safe_target

area = Area("login")
limits = LoginLimits()

security = logging.getLogger("ocpp_core.security")


class LoginForm(Form):
    """Name and password."""

    name = StringField(_l("Username"), [InputRequired(_l("Required"))])
    password = PasswordField(_l("Password"), [InputRequired(_l("Required"))])


@area.shows("/login", None)
def show() -> Any:
    """Show the form; who is logged in goes on."""
    if logins.visitor() is not None:
        return redirect(safe_target(request.args.get("next")), 303)
    return render_template("login/form.html", form=LoginForm())


@area.does("/login", None)
def enter() -> Any:
    """Check name and password, slower and slower for who guesses."""
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("login/form.html", form=form), 422
    name, address = form.name.data.strip(), request.remote_addr or ""
    try:
        with limits.attempt(name, address) as attempt:
            user = people.verify_user(name, form.password.data)
            attempt.succeeded = user is not None
    except Busy as busy:
        return _refuse_busy(form, name, address, busy)
    if user is None:
        security.warning("failed log-in", extra={"user": name, "address": address})
        form.general.append(_("User name or password is wrong."))
        return render_template("login/form.html", form=form), 422
    logins.enter(user)
    security.info("logged in", extra={"user": user.name, "address": address})
    return redirect(safe_target(request.args.get("next")), 303)


@area.does("/logout", None)
def leave() -> Any:
    """End the session."""
    known = logins.visitor()
    if known is not None:
        address = request.remote_addr or ""
        security.info("logged out", extra={"user": known.user.name, "address": address})
        logins.leave()
        flash(_("You are logged out."), "success")
    return redirect(url_for("login.show"), 303)


@area.does("/preferences", None)
def prefer() -> Any:
    """Change language or theme, of the user or of an unknown visitor's browser."""
    language, theme = request.form.get("language"), request.form.get("theme")
    chosen = {
        **({"language": language} if language in localization.LANGUAGES else {}),
        **({"theme": theme} if theme in localization.THEMES else {}),
    }
    session.update(chosen)
    known = logins.visitor()
    if known is not None and chosen:
        people.set_preferences(known.user.name, **chosen)
    return redirect(safe_target(request.form.get("next")), 303)


def _refuse_busy(form: LoginForm, name: str, address: str, busy: Busy) -> Any:
    security.warning("too many failed log-ins", extra={"user": name, "address": address})
    seconds = max(1, round(busy.retry_after_s))
    form.general.append(
        _("Too many failed attempts. Try again in %(seconds)s seconds.", seconds=seconds)
    )
    return render_template("login/form.html", form=form), 429, {"Retry-After": str(seconds)}


ROLE_NAMES = {
    Role.ADMINISTRATOR: _l("Administrator"),
    Role.OPERATOR: _l("Operator"),
    Role.VIEWER: _l("Viewer"),
}
