"""Errors as pages: what went wrong in words, never an exception; its id is in the log."""

from __future__ import annotations

import logging
import math
from typing import Any

from flask import Response, g, make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from ... import errors
from .. import layout, logins
from ..localization import say

log = logging.getLogger(__name__)

KINDS: dict[type[Exception], tuple[int, Any]] = {
    CSRFError: (400, _l("The form has expired. Load the page again and repeat what you did.")),
    errors.InvalidInput: (400, _l("The input cannot be used.")),
    errors.Forbidden: (403, _l("Your role does not allow this.")),
    errors.NotFound: (404, _l("There is no such thing, or it was removed.")),
    errors.AlreadyExists: (409, _l("The id is taken.")),
    errors.Busy: (429, _l("Too many attempts. Try again later.")),
    errors.StorageUnavailable: (
        503,
        _l("The database cannot be reached. Try again in a moment; stations stay connected."),
    ),
}
STATUSES: dict[int, Any] = {
    400: _l("The request cannot be read."),
    404: _l("There is no such page."),
    405: _l("This address takes no such request."),
    413: _l("That is too much at once."),
}
OTHER = _l("An error of the server. It is in the log under the id below.")
STORAGE_RETRY_S = 5


def answer(error: Exception) -> AnyResponse:
    """Return the page that explains an error; who has to log in is sent there."""
    if isinstance(error, errors.Unauthorized):
        return _log_in()
    for kind, (status, text) in KINDS.items():
        if isinstance(error, kind):
            return _with_headers(_page(status, text, _detail(error)), error)
    if isinstance(error, HTTPException):
        return _of_http(error)
    log.error("request failed", exc_info=error)
    return _page(500, OTHER)


def _detail(error: Exception) -> str:
    if isinstance(error, errors.InvalidInput) and error.fields:
        return "; ".join(f"{name}: {say(text)}" for name, text in error.fields.items())
    told = errors.InvalidInput | errors.AlreadyExists
    return say(error.args[0]) if isinstance(error, told) and error.args else ""


def _of_http(error: HTTPException) -> AnyResponse:
    plain = error.get_response()
    if plain.status_code < 400:
        return make_response(plain)
    text = STATUSES.get(plain.status_code, OTHER)
    if plain.status_code >= 500:
        log.error("request failed", exc_info=error)
    page = _page(plain.status_code, text)
    if "Allow" in plain.headers:
        page.headers["Allow"] = plain.headers["Allow"]
    return page


def _log_in() -> AnyResponse:
    """Send to the log-in page; programs of a page are told so instead (STACK, trap 18)."""
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    place = url_for("login.show", next=target if target != "/" else None)
    if request.headers.get("HX-Request") == "true":
        return Response(status=401, headers={"HX-Redirect": url_for("login.show")})
    if request.accept_mimetypes.best in ("text/event-stream", "application/json"):
        return Response(status=401)
    return redirect(place, 303)


def _page(status: int, text: Any, detail: str = "") -> Response:
    """Return the page, with the menu where it is known who looks; a fragment for htmx."""
    knows = logins.known_visitor() is not None
    values = {
        **(layout.values() if knows else layout.bare_values()),
        "frame": "base.html" if knows else "errors/bare.html",
        "status": status,
        "text": text,
        "detail": detail,
        "id": g.get("request_id", ""),
    }
    is_part = request.headers.get("HX-Request") == "true"
    template = "errors/part.html" if is_part else "errors/page.html"
    return make_response(render_template(template, **values), status)


def _with_headers(response: Response, error: Exception) -> Response:
    if isinstance(error, errors.Busy):
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    elif isinstance(error, errors.StorageUnavailable):
        log.warning("database not available", extra={"reason": str(error)})
        response.headers["Retry-After"] = str(STORAGE_RETRY_S)
    return response
