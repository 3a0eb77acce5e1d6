"""What the frame of every page needs: who looks, the menu, language, theme."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import request
from flask_babel import get_locale

from .. import __version__
from . import localization, navigation
from .logins import known_visitor
from .static_files import asset_url


def values() -> dict[str, Any]:
    """Return the values that all templates have."""
    known = known_visitor()
    return {
        **bare_values(),
        "me": known,
        "menu": navigation.menu(known.user.role) if known else (),
        "theme": localization.theme(),
        "time_zone": str(localization.zone()),
        "current_url": request.full_path.rstrip("?"),
    }


def bare_values() -> dict[str, Any]:
    """Return those that need no database: pages about errors have no others."""
    return {
        "asset": asset_url,
        "here": here,
        "version": __version__,
        "language": localization.language(),
        "languages": localization.LANGUAGES,
        "locale": str(get_locale()).replace("_", "-"),
        "theme": "",
        "me": None,
        "menu": (),
    }


def here(**changes: Any) -> str:
    """Return the path of this page with other values in its query; None leaves one out."""
    values = {**request.args.to_dict(), **changes}
    query = urlencode({name: value for name, value in values.items() if value not in (None, "")})
    return f"{request.path}?{query}" if query else request.path
