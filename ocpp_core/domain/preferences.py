"""How people may like their pages: language, time zone, light or dark.

Empty text leaves the choice to the browser.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..wording import Wording
from . import texts

THEMES = ("", "light", "dark")
_LANGUAGE = re.compile(r"([a-z]{2,3}([-_][A-Za-z0-9]{2,8})?)?")
_LONGEST_ZONE = 64


def check(values: Mapping[str, str]) -> None:
    """Raise InvalidInput unless each value fits the preference it is named by."""
    texts.refuse({name: _PROBLEMS[name](value) for name, value in values.items()})


def _language(text: str) -> str | None:
    return None if _LANGUAGE.fullmatch(text) else Wording("is not a language")


def _time_zone(text: str) -> str | None:
    try:
        if text and len(text) <= _LONGEST_ZONE:
            ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return Wording("is not a time zone")
    return texts.problem(text, _LONGEST_ZONE)


def _theme(text: str) -> str | None:
    return None if text in THEMES else Wording("is not a theme")


_PROBLEMS = {"language": _language, "time_zone": _time_zone, "theme": _theme}
