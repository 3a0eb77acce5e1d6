"""Languages, time zones, and how numbers and moments are written for who looks at a page."""

from __future__ import annotations

import functools
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from babel import Locale, UnknownLocaleError, dates
from flask import Flask, has_request_context, request, session
from flask_babel import Babel, format_decimal, format_percent, get_locale, get_timezone, gettext
from flask_babel import format_date as babel_date
from markupsafe import Markup, escape

from .. import clock
from ..wording import Wording
from .logins import known_visitor

LANGUAGES = {"en": "English", "de": "Deutsch"}
THEMES = ("", "light", "dark")  # "": as the system has it
TRANSLATIONS = "ocpp_core/translations"
ZONE_COOKIE = "time_zone"  # set by static/js/theme.js to the browser's
DASH = "\N{EN DASH}"


def register(app: Flask) -> None:
    """Give the application its languages, and its templates the filters below."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = TRANSLATIONS
    Babel(app, locale_selector=_locale, timezone_selector=_zone)
    app.jinja_env.filters |= {
        "moment": moment,
        "day": day,
        "kwh": kwh,
        "kw": kw,
        "percent": percent,
        "number": number,
        "duration": duration,
        "say": say,
    }


def language() -> str:
    """Return the language of the page: `en` or `de`."""
    return str(get_locale().language)


def theme() -> str:
    """Return `light`, `dark`, or nothing for the system's."""
    known = known_visitor()
    chosen = known.user.theme if known else session.get("theme", "")
    return chosen if chosen in THEMES else ""


def say(text: str) -> str:
    """Return a text of the code, for example of an error, in the language of the page."""
    if isinstance(text, Wording):
        return gettext(text.template, **text.values)
    return gettext(text) if text else text


def moment(at: datetime | None, *, seconds: bool = False) -> Markup:
    """Return a moment in the visitor's zone, for programs with its exact value."""
    if at is None:
        return escape(DASH)
    local = at.astimezone(zone())
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        clock.wire(at), f"{local:%Y-%m-%d %H:%M:%S %Z}", _written(local, seconds=seconds)
    )


def written(at: datetime, *, seconds: bool = False) -> str:
    """Return a moment in the visitor's zone and locale as plain text."""
    return _written(at.astimezone(zone()), seconds=seconds)


def _written(local: datetime, *, seconds: bool) -> str:
    locale = get_locale()
    return str(_pattern(str(locale), seconds=seconds).apply(local, locale))


@functools.cache
def _pattern(locale: str, *, seconds: bool) -> dates.DateTimePattern:
    """Return how a moment is written; lists of moments would look it up again and again."""
    known = Locale.parse(locale)
    time_of_day = known.time_formats["medium" if seconds else "short"]
    return dates.parse_pattern(f"{known.date_formats['medium'].pattern} {time_of_day.pattern}")


def day(value: date | datetime | None) -> str:
    """Return a day; of a moment the one in the visitor's zone."""
    if value is None:
        return DASH
    if isinstance(value, datetime):
        value = value.astimezone(get_timezone()).date()
    return str(babel_date(value, "medium", rebase=False))


def kwh(energy_wh: float | None, digits: int = 3) -> str:
    """Return an energy in kWh with one to `digits` decimals, its unit with it."""
    return DASH if energy_wh is None else f"{number(energy_wh / 1000, digits, 1)} kWh"


def kw(power_w: float | None) -> str:
    """Return a power in kW with one decimal."""
    return DASH if power_w is None else f"{number(power_w / 1000, 1, 1)} kW"


def percent(value: float | None) -> str:
    """Return whole percent."""
    return DASH if value is None else str(format_percent(value / 100))


def number(value: float | None, digits: int = 3, least: int = 0) -> str:
    """Return a number with `least` to `digits` decimals."""
    if value is None:
        return DASH
    pattern = "#,##0" + ("." + "0" * least + "#" * (digits - least) if digits else "")
    return str(format_decimal(value, pattern))


def duration(span: timedelta | float | None) -> str:
    """Return a span (or its seconds) as hours and minutes."""
    if span is None:
        return DASH
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    hours, minutes = divmod(max(0, int(seconds)) // 60, 60)
    return gettext("%(hours)sh %(minutes)sm", hours=hours, minutes=minutes)


def month(value: date) -> str:
    """Return month and year."""
    return dates.format_skeleton("yMMMM", value, locale=get_locale())


def zone() -> tzinfo:
    """Return the visitor's time zone."""
    found: tzinfo = get_timezone()
    return found


def start_of(value: date) -> datetime:
    """Return the moment at which a day begins for the visitor, in UTC."""
    return datetime.combine(value, time(), zone()).astimezone(UTC)


def end_of(value: date) -> datetime:
    """Return the moment at which a day has ended for the visitor, in UTC."""
    return start_of(value + timedelta(days=1))


def current_day() -> date:
    """Return the day it is for the visitor."""
    return clock.utcnow().astimezone(zone()).date()


@functools.cache
def zones() -> tuple[str, ...]:
    """Return the names of all time zones."""
    return tuple(sorted(zoneinfo.available_timezones() - {"localtime", "Factory"}))


def _locale() -> str | None:
    """Return the chosen language, in the browser's variant of it (de_CH) where there is one."""
    if not has_request_context():
        return None
    known = known_visitor()
    chosen = (known.user.language if known else "") or session.get("language", "")
    for wanted, _ in request.accept_languages:
        spoken = wanted.partition("-")[0].lower()
        if spoken in LANGUAGES and chosen in ("", spoken):
            return _known(wanted.replace("-", "_")) or spoken
    return chosen if chosen in LANGUAGES else None


@functools.lru_cache(maxsize=256)
def _known(name: str) -> str | None:
    try:
        return str(Locale.parse(name))
    except (UnknownLocaleError, ValueError):
        return None


def _zone() -> Any:
    """Return the zone of the visitor's record, else of the browser, else of the server."""
    if not has_request_context():
        return None
    known = known_visitor()
    for name in (known.user.time_zone if known else "", request.cookies.get(ZONE_COOKIE, "")):
        if name and name in zones():
            return zoneinfo.ZoneInfo(name)
    return server_zone()


@functools.cache
def server_zone() -> tzinfo:
    """Return the time zone of this machine, UTC where it has none."""
    found: tzinfo = dates.get_timezone()
    return found
