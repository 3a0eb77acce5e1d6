"""The management pages: `/` and below."""

from __future__ import annotations

import importlib
import pkgutil

from flask import Flask, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from .. import localization, logins
from . import failures
from .area import HEADERS, Area, csrf

PROGRAMS = ("/api/", "/ocpp/")  # what lies below answers unknown paths in its own way


def register(app: Flask) -> None:
    """Add all pages to `app`; ids in paths and callers are known already."""
    app.config.update(WTF_CSRF_CHECK_DEFAULT=False, WTF_CSRF_TIME_LIMIT=None)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    logins.register(app)
    localization.register(app)
    csrf.init_app(app)
    for area in areas():
        app.register_blueprint(area)
    app.before_request(_explain_unrouted)


def areas() -> tuple[Area, ...]:
    """Return the areas of all modules of this package."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = (importlib.import_module(f"{__name__}.{name}") for name in names)
    found = (getattr(module, "area", None) for module in modules)
    return tuple(dict.fromkeys(area for area in found if isinstance(area, Area)))


def _explain_unrouted() -> Response | None:
    """Answer what no route takes with a page, except where programs ask."""
    error = request.routing_exception
    if not isinstance(error, HTTPException) or f"{request.path}/".lower().startswith(PROGRAMS):
        return None
    response = failures.answer(error)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
