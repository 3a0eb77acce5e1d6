"""The own account: preferences, password, own sessions. For everybody who is logged in."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, session, url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from ... import clock
from ...domain.roles import Role
from ...errors import Busy, InvalidInput
from ...services import logins, people
from ...wording import Wording
from .. import localization
from ..browsers import short_name
from ..logins import Visitor, visitor
from .area import done
from .login import ROLE_NAMES, limits, security
from .people import area as people_area
from .people_forms import PasswordForm, PreferencesForm
from .sessions import end_one

PER_PAGE = 20


@people_area.shows("/account", Role.VIEWER)
def account() -> Any:
    """Show who one is, what one prefers, and where one is logged in."""
    user = _visitor().user
    form = PreferencesForm(language=user.language, time_zone=user.time_zone, theme=user.theme)
    return _account_page(form)


@people_area.does("/account", Role.VIEWER)
def set_preferences() -> Any:
    """Store the preferences."""
    form, name = PreferencesForm(), _visitor().user.name
    wanted = {field.name: field.data for field in form.visible}
    if not form.accepts(lambda: people.set_preferences(name, **wanted)):
        return _account_page(form), 422
    for key in ("language", "theme"):  # of the time before the log-in
        session.pop(key, None)
    with force_locale(form.language.data or localization.language()):
        return done(_("Your preferences were saved."), url_for("people.account"))


@people_area.shows("/account/password", Role.VIEWER)
def password() -> Any:
    """Show the form of the own password."""
    return render_template("people/password.html", form=PasswordForm())


@people_area.does("/account/password", Role.VIEWER)
def change_password() -> Any:
    """Change the own password, which the present one is needed for."""
    form, known = PasswordForm(), _visitor()
    try:
        changed = form.accepts(lambda: _change_password(known, form))
    except Busy as busy:
        form.general.append(_too_many(busy))
        return render_template("people/password.html", form=form), 429
    if not changed:
        return render_template("people/password.html", form=form), 422
    security.info("password changed", extra={"user": known.user.name, **_address()})
    text = _("Your password was changed, and your other sessions have ended.")
    return done(text, url_for("people.account"))


@people_area.does("/account/sessions/end/<int(max=9223372036854775807):login_id>", Role.VIEWER)
def end_own_session(login_id: int) -> Any:
    """End one of the own sessions."""
    return end_one(login_id, _visitor().user.name, url_for("people.account"))


@people_area.does("/account/sessions/end-others", Role.VIEWER)
def end_other_sessions() -> Any:
    """End all own sessions but this one."""
    known = _visitor()
    logins.revoke_all(known.user.name, except_token=known.token)
    return done(_("Your other sessions have ended."), url_for("people.account"))


def _visitor() -> Visitor:
    known = visitor()
    assert known is not None  # noqa: S101 - the role was demanded
    return known


def _account_page(form: PreferencesForm) -> str:
    known = _visitor()
    sessions = logins.listing(
        known.user.name, now=clock.utcnow(), limit=PER_PAGE, cursor=request.args.get("cursor")
    )
    return render_template(
        "people/account.html",
        form=form,
        role=ROLE_NAMES[known.user.role],
        sessions=sessions,
        browser=short_name,
    )


def _change_password(known: Visitor, form: PasswordForm) -> None:
    name = known.user.name
    with limits.attempt(name, request.remote_addr or "") as attempt:
        attempt.succeeded = people.verify_user(name, form.present.data) is not None
    if not attempt.succeeded:
        security.warning("wrong present password", extra={"user": name, **_address()})
        wrong = Wording("This is not your present password.")
        raise InvalidInput(wrong, fields={"present": wrong})
    people.set_password(name, form.password.data, except_token=known.token)


def _too_many(busy: Busy) -> str:
    seconds = max(1, round(busy.retry_after_s))
    return _("Too many failed attempts. Try again in %(seconds)s seconds.", seconds=seconds)


def _address() -> dict[str, str]:
    return {"address": request.remote_addr or ""}
