"""An area of the site: its views with their roles, and what all pages have in common.

Who is not logged in is sent to the log-in page. What changes anything comes by POST with a CSRF
token. Errors become pages; what went wrong inside the server is in the log under the page's id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, flash, g, redirect, request, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import default_exceptions
from werkzeug.wrappers import Response as AnyResponse

from ...domain.roles import Role
from ...errors import Unauthorized
from .. import auth, layout, logins
from . import failures

View = Callable[..., Any]

csrf = CSRFProtect()

# Of a form: reading many small fields takes a second per megabyte, and all wait. The largest is an
# import of tags, which administrators alone send; strangers send names and passwords.
MOST_BYTES = {
    Role.ADMINISTRATOR: 4 * 1024 * 1024,
    Role.OPERATOR: 64 * 1024,
    Role.VIEWER: 16 * 1024,
    None: 16 * 1024,
}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",  # Tabler's arrows and check marks
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{kind} {allowed}" for kind, allowed in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Area(Blueprint):
    """A blueprint whose routes name the role that they need; none: anybody."""

    def __init__(self, name: str) -> None:
        super().__init__(name, __name__)
        self.before_request(_begin)
        self.after_request(_finish)
        self.context_processor(layout.values)
        self.register_error_handler(Exception, failures.answer)
        for code in default_exceptions:  # a handler of the site for a code would come first
            self.register_error_handler(code, failures.answer)

    def shows(self, rule: str, role: Role | None) -> Callable[[View], View]:
        """Declare a view that shows something (GET)."""
        return self._declare(rule, role, "GET")

    def does(self, rule: str, role: Role | None) -> Callable[[View], View]:
        """Declare a view that changes something (POST, with a token)."""
        return self._declare(rule, role, "POST")

    def _declare(self, rule: str, role: Role | None, method: str) -> Callable[[View], View]:
        def declare(view: View) -> View:
            guarded = auth.public(view) if role is None else auth.requires(role)(view)
            self.add_url_rule(rule, view.__name__, guarded, methods=[method])
            return view

        return declare


def done(message: str, target: str) -> AnyResponse:
    """Say what was done, and go on to another page."""
    flash(message, "success")
    return redirect(target, 303)


def safe_target(given: str | None) -> str:
    """Return where to go after a form: a path of this site, else the overview."""
    target = (given or "").replace("\\", "/")
    is_ours = target.startswith("/") and not target.startswith("//")
    return target if is_ours and target.isprintable() else url_for("overview.show")


def _begin() -> None:
    known = logins.visitor()
    most_bytes = MOST_BYTES[known.user.role if known else None]
    request.max_content_length = request.max_form_memory_size = most_bytes
    if known is not None:
        g.caller = logins.caller_of(known)
    elif request.url_rule is not None and not _is_public():
        raise Unauthorized("log in first")
    if request.method == "POST":
        csrf.protect()


def _is_public() -> bool:
    return auth.is_public(current_app.view_functions[request.endpoint or ""])


def _finish(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
