"""The sessions of all people: where they are logged in. For administrators."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ... import clock
from ...domain.roles import Role
from ...errors import NotFound
from ...services import logins, people
from ..browsers import short_name
from .area import done
from .people import area as people_area
from .people import note
from .people_forms import SessionFilter


@people_area.shows("/sessions", Role.ADMINISTRATOR)
def sessions() -> Any:
    """List the sessions, the newest first."""
    filters = SessionFilter()
    name = (filters.user.data or "").strip() or None
    page = logins.listing(name, now=clock.utcnow(), cursor=request.args.get("cursor"))
    return render_template(
        "people/sessions.html", page=page, filters=filters, name=name, browser=short_name
    )


@people_area.does("/sessions/end/<int(max=9223372036854775807):login_id>", Role.ADMINISTRATOR)
def end_session(login_id: int) -> Any:
    """End a session: its user is logged out with the next request."""
    return end_one(login_id, None, url_for("people.sessions"))


@people_area.does("/sessions/end-all/<rest:name>", Role.ADMINISTRATOR)
def end_sessions(name: str) -> Any:
    """End all sessions of a user, the own one too."""
    user = people.find(name)
    logins.revoke_all(user.name)
    note("sessions ended", user.name)
    text = _("All sessions of %(name)s have ended.", name=user.name)
    return done(text, url_for("people.sessions"))


def end_one(login_id: int, name: str | None, target: str) -> Any:
    """End a session, of this user if one is named, and go on to another page."""
    try:
        logins.revoke(login_id, name)
    except NotFound:
        flash(_("That session had ended before."), "info")
        return redirect(target, 303)
    note("session ended", str(login_id))
    return done(_("The session has ended."), target)
