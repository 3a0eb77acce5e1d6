"""Numbers, moments and texts as the visitor writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask

from ocpp_core.web import localization
from ocpp_core.web.localization import DASH
from ocpp_core.wording import Wording
from tests.support.server import ROOT

AT = datetime(2026, 7, 1, 22, 30, 5, tzinfo=UTC)
SPACES = str.maketrans({"\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " "})


@pytest.fixture(scope="module")
def app():
    made = Flask("ocpp_core", root_path=str(ROOT))
    made.secret_key = "of these tests"
    localization.register(made)
    return made


@pytest.fixture
def known(monkeypatch):
    """Who looks at the page; by default nobody who is known."""
    looking = SimpleNamespace(who=None)
    monkeypatch.setattr(localization, "known_visitor", lambda: looking.who)
    return looking


@pytest.fixture
def page(app, known):
    """Begin a request of a browser."""

    def begin(languages="en", zone="UTC"):
        headers = {"Accept-Language": languages, "Cookie": f"time_zone={zone}"}
        return app.test_request_context("/", headers=headers)

    return begin


def test_numbers_follow_the_language(page):
    with page("de"):
        assert localization.kwh(12345.678) == "12,346 kWh"
        assert localization.number(1234567.5) == "1.234.567,5"
        assert localization.kw(7360.0) == "7,4 kW"
    with page("en"):
        assert localization.kwh(12000.0) == "12.0 kWh"
        assert localization.percent(81.6) == "82%"


def test_what_is_unknown_is_a_dash(page):
    with page():
        for write in (localization.kwh, localization.kw, localization.percent, localization.day):
            assert write(None) == DASH
        assert localization.moment(None) == DASH


@pytest.mark.parametrize(
    ("languages", "zone", "written"),
    [
        ("de", "Europe/Berlin", "02.07.2026 00:30"),
        ("de-CH", "Europe/Zurich", "02.07.2026 00:30"),
        ("en", "UTC", "Jul 1, 2026 10:30 PM"),
        ("en-GB", "Europe/London", "1 Jul 2026 23:30"),
        ("fr,en;q=0.5", "America/New_York", "Jul 1, 2026 6:30 PM"),
    ],
)
def test_moments_follow_language_and_zone(page, languages, zone, written):
    with page(languages, zone):
        assert localization.written(AT).translate(SPACES) == written


def test_a_moment_keeps_its_exact_value(page):
    with page("de", "Europe/Berlin"):
        shown = localization.moment(AT)
        assert 'datetime="2026-07-01T22:30:05.000Z"' in shown
        assert 'title="2026-07-02 00:30:05 CEST"' in shown


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../../etc/passwd", "", "\N{SNOWMAN}"])
def test_an_unknown_zone_is_the_servers(app, known, zone):
    with app.test_request_context("/", environ_base={"HTTP_COOKIE": f"time_zone={zone}"}):
        assert localization.zone() == localization.server_zone()


def test_the_users_own_choice_wins(page, known):
    user = SimpleNamespace(language="de", time_zone="Asia/Tokyo", theme="dark")
    known.who = SimpleNamespace(user=user)
    with page("en", "UTC"):
        assert localization.language() == "de"
        assert str(localization.zone()) == "Asia/Tokyo"
        assert localization.theme() == "dark"


def test_a_day_is_the_visitors(page):
    with page("en", "Europe/Berlin"):
        day = date(2026, 3, 29)  # 23 hours long: summer time begins
        assert localization.start_of(day) == datetime(2026, 3, 28, 23, tzinfo=UTC)
        assert localization.end_of(day) - localization.start_of(day) == timedelta(hours=23)


def test_durations_are_hours_and_minutes(page):
    with page("en"):
        assert localization.duration(timedelta(hours=26, minutes=5, seconds=59)) == "26h 5m"
        assert localization.duration(61) == "0h 1m"
    with page("de"):
        assert localization.duration(3600) == "1 Std. 0 Min."


def test_texts_of_the_code_are_said_in_the_language_of_the_page(page):
    text = Wording("must not have more than %(longest)s characters", longest=5)
    assert text == "must not have more than 5 characters"
    with page("de"):
        assert localization.say(text) == "darf höchstens 5 Zeichen haben"
        assert localization.say("100% of something unknown") == "100% of something unknown"
