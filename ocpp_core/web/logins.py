"""People who are logged in: the cookie of a browser, and the session in our table behind it.

The rest of the package sees `visitor`, `enter` and `leave`; Flask-Login stays in here. The signed
cookie holds a token that is worth something only while its row exists.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, g, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from .. import clock
from ..domain.roles import Role
from ..services import logins
from ..services.people import UserView
from .auth import Caller

COOKIE = "ocpp_session"
LONGEST_AGENT = 255


class Visitor(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Who is logged in, and by which session."""

    def __init__(self, token: str, login: logins.Login) -> None:
        self.token = token
        self.login = login
        self.user: UserView = login.user

    def get_id(self) -> str:
        """Return what the cookie names the session by."""
        return self.token

    def may(self, role: Role | str) -> bool:
        """Tell whether the visitor's role includes another."""
        return self.user.role.includes(Role(role))


class Cookies(SecureCookieSessionInterface):
    """Signed cookies that travel over TLS alone where the page did."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Tell whether the cookie is for https only."""
        return request.is_secure


def register(app: Flask) -> None:
    """Let the application know visitors by their cookies."""
    app.config.update(
        SESSION_COOKIE_NAME=COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=logins.LIFETIME,
    )
    app.session_interface = Cookies()
    manager = LoginManager()
    manager.init_app(app, add_context_processor=False)  # pages about errors ask nobody who looks
    manager.session_protection = None  # an address may change; the session is ours to end
    manager.user_loader(_load)


def visitor() -> Visitor | None:
    """Return who is logged in, None for an unknown visitor.

    Raises StorageUnavailable where that cannot be told.
    """
    if "visitor" not in g:
        g.visitor = current_user._get_current_object() if current_user.is_authenticated else None
    found: Visitor | None = g.visitor
    return found


def known_visitor() -> Visitor | None:
    """Return who was found at the begin of the request; asks nothing, so it cannot fail."""
    found: Visitor | None = g.get("visitor")
    return found


def caller_of(known: Visitor) -> Caller:
    """Return the visitor as who calls, for the checks of roles and the history of commands."""
    return Caller(known.user.name, known.user.role)


def enter(user: UserView) -> None:
    """Begin a session for a person who proved to be this user."""
    chosen = {name: session[name] for name in ("language", "theme") if name in session}
    session.clear()  # nothing that an unknown visitor was given stays valid, nor the CSRF token
    session.update(chosen)
    session.permanent = True
    agent = request.user_agent.string[:LONGEST_AGENT]
    token = logins.begin(user.name, request.remote_addr or "", agent, clock.utcnow())
    login = logins.find(token, clock.utcnow())
    if login is not None:  # the user was removed this moment
        login_user(Visitor(token, login))
    g.pop("visitor", None)


def leave() -> None:
    """End the visitor's session."""
    known = visitor()
    if known is not None:
        logins.end(known.token)
    logout_user()
    session.clear()
    g.pop("visitor", None)


def _load(token: Any) -> Visitor | None:
    login = logins.find(str(token), clock.utcnow())
    return Visitor(str(token), login) if login is not None else None
