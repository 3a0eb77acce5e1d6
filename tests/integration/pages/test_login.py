"""Logging in and out: who may, who is held up, and what is written in the log."""

from __future__ import annotations

import logging

import pytest

from ocpp_core.domain.roles import Role
from ocpp_core.services import logins
from ocpp_core.web.login_limits import LoginLimits
from ocpp_core.web.pages import login
from tests.support.site import PASSWORD

WRONG = "User name or password is wrong."


@pytest.fixture
def stranger(site, monkeypatch):
    """Somebody whom nobody knows yet, at a server that was just started."""
    monkeypatch.setattr(login, "limits", LoginLimits(pause_s=0))
    return site.as_role(None)


def enter(visitor, name="administrator", password=PASSWORD, target=""):
    page = visitor.get("/login", query_string={"next": target} if target else None)
    return page.submit({"name": name, "password": password}, button="Log in")


def test_the_right_password_opens_the_site(stranger):
    answer = enter(stranger)
    assert (answer.status, answer.location) == (303, "/")
    assert stranger.get("/account").status == 200


def test_upper_and_lower_case_of_the_name_are_one(stranger):
    assert enter(stranger, "  ADMINistrator ").status == 303


@pytest.mark.parametrize("name", ["administrator", "nobody", "<script>"])
def test_a_wrong_log_in_says_so_keeps_the_name_and_is_logged(stranger, name, caplog):
    caplog.set_level(logging.INFO)
    answer = enter(stranger, name, "a wrong one")
    assert answer.status == 422
    assert WRONG in answer.text
    assert name in [field.get("value") for field in answer.page.all("input")]
    records = [each for each in caplog.records if each.message == "failed log-in"]
    assert [each.user for each in records] == [name]
    assert "a wrong one" not in caplog.text
    assert stranger.get("/account").status == 303


def test_empty_fields_are_named(stranger):
    answer = stranger.get("/login").submit({}, button="Log in")
    assert answer.status == 422
    assert answer.texts("div", "invalid-feedback") == ["Required", "Required"]


def test_who_guesses_is_held_up(stranger, caplog):
    for _ in range(5):
        assert enter(stranger, password="guess").status == 422
    answer = enter(stranger)
    assert answer.status == 429
    assert "Too many failed attempts" in answer.text
    assert 0 < int(answer.response.headers["Retry-After"]) <= 300
    assert "too many failed log-ins" in caplog.text


def test_the_page_that_was_asked_for_comes_after_the_log_in(stranger):
    answer = stranger.get("/transactions?state=active")
    assert answer.status == 303
    page = stranger.get(answer.location)
    entered = page.submit({"name": "administrator", "password": PASSWORD}, button="Log in")
    assert entered.location == "/transactions?state=active"


@pytest.mark.parametrize(
    "target",
    [
        "https://example.com/",
        "//example.com/",
        "/\\example.com",
        "\\\\example.com",
        "javascript:alert(1)",
        "/\tevil",
        "http:example.com",
        " //example.com",
        "//[",  # no URL at all
        "http://[",
        "/\\[",
        "//\N{ACCOUNT OF}.example.com",
    ],
)
def test_nobody_is_sent_elsewhere(stranger, target):
    assert enter(stranger, target=target).location == "/"


def test_a_stream_or_a_part_of_a_page_is_not_redirected(stranger):
    headers = {"Accept": "text/event-stream"}
    assert stranger.get("/live/overview", headers=headers).status == 401
    part = stranger.get("/transactions", headers={"HX-Request": "true"})
    assert (part.status, part.response.headers["HX-Redirect"]) == (401, "/login")


def test_logging_out_ends_the_session_for_good(stranger):
    enter(stranger)
    cookie = stranger.client.get_cookie("ocpp_session").value
    assert stranger.post("/logout").location == "/login"
    stranger.client.set_cookie("ocpp_session", cookie)
    assert stranger.get("/account").status == 303


def test_each_log_in_has_a_session_of_its_own(stranger):
    enter(stranger)
    first = stranger.client.get_cookie("ocpp_session").value
    stranger.client.delete_cookie("ocpp_session")
    enter(stranger)
    assert stranger.client.get_cookie("ocpp_session").value != first


def test_the_cookie_is_kept_from_scripts_and_other_sites(stranger):
    headers = enter(stranger).response.headers
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie  # or a plain installation at home could not be used
    page = stranger.client.get("/account", base_url="https://localhost/")
    assert "Secure" in page.headers.get("Set-Cookie", "Secure")


def test_a_token_of_before_the_log_in_is_worth_nothing_after_it(stranger):
    before = stranger.token()
    enter(stranger)
    answer = stranger.open("POST", "/preferences", data={"csrf_token": before, "theme": "dark"})
    assert answer.status == 400


def test_somebody_who_is_removed_is_out_at_once(site):
    operator = site.as_role(Role.OPERATOR)
    assert operator.get("/account").status == 200
    logins.revoke_all("operator")
    assert operator.get("/account").status == 303


def test_language_and_theme_are_the_visitors(stranger):
    stranger.headers["Accept-Language"] = "de-DE,de;q=0.9,en;q=0.5"
    page = stranger.get("/login")
    assert page.title == "Anmelden"
    assert page.page.all("html")[0].get("lang") == "de-DE"
    stranger.post("/preferences", {"language": "en", "theme": "dark", "next": "/login"})
    page = stranger.get("/login")
    assert page.title == "Log in"
    assert page.page.all("html")[0].get("data-bs-theme") == "dark"


def test_a_choice_of_a_user_is_kept_with_the_user(site):
    site.post("/preferences", {"language": "de", "theme": "light", "next": "/account"})
    again = site.as_role(Role.ADMINISTRATOR)
    html = again.get("/account").page.all("html")[0]
    assert (html.get("lang"), html.get("data-bs-theme")) == ("de", "light")


def test_an_unknown_choice_changes_nothing(site):
    site.post("/preferences", {"language": "xx", "theme": "pink"})
    html = site.get("/account").page.all("html")[0]
    assert (html.get("lang"), html.get("data-bs-theme")) == ("en", None)
