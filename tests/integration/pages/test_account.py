"""The own account: everybody sees it, and changes what is his own."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from ocpp_core import clock
from ocpp_core.domain.roles import Role
from ocpp_core.services import logins, people
from ocpp_core.web.login_limits import PER_NAME_AND_ADDRESS, LoginLimits
from ocpp_core.web.pages import account
from tests.support.site import PASSWORD

NEW = "another battery staple"


@pytest.fixture(autouse=True)
def limits(monkeypatch):
    monkeypatch.setattr(account, "limits", LoginLimits(pause_s=0))


@pytest.mark.parametrize("role", list(Role))
def test_everybody_has_one(site, role):
    page = site.as_role(role).get("/account")
    assert page.title == "Your account"
    assert role.value.capitalize() in page.text
    assert [row[0] for row in page.rows()] == ["tests this session"]
    assert site.as_role(role).get("/account/password").status == 200


def test_strangers_have_none(site):
    stranger = site.as_role(None)
    for path in ("/account", "/account/password"):
        assert stranger.get(path).location.startswith("/login")
    for path in ("/account", "/account/password", "/account/sessions/end-others"):
        assert stranger.post(path).location.startswith("/login")
        assert site.open("POST", path).status == 400


def test_preferences_are_kept_and_used(site):
    page = site.get("/account")
    assert page.form(button="Save").values()["time_zone"] == [""]
    values = {"language": "de", "time_zone": "Europe/Berlin", "theme": "dark"}
    saved = page.submit(values, button="Save").follow()
    assert saved.title == "Mein Konto"
    assert "Einstellungen" in saved.text
    assert saved.all("html")[0].get("data-bs-theme") == "dark"
    assert saved.form(button="Speichern").values()["time_zone"] == ["Europe/Berlin"]
    user = people.find("administrator")
    assert (user.language, user.time_zone, user.theme) == ("de", "Europe/Berlin", "dark")


def test_without_preferences_the_browser_decides(site):
    site.post("/preferences", {"language": "de", "next": "/account"})
    assert site.get("/account").title == "Mein Konto"
    site.get("/account").submit({"language": "", "theme": ""}, button="Speichern")
    assert site.get("/account").title == "Your account"
    assert site.get("/account", headers={"Accept-Language": "de"}).title == "Mein Konto"


def test_time_is_shown_in_the_zone_that_was_chosen(site):
    zone = "Pacific/Auckland"
    site.get("/account").submit({"time_zone": zone}, button="Save").follow()
    now = clock.utcnow().astimezone(ZoneInfo(zone))
    moments = [each.get("title") for each in site.get("/account").all("time")]
    assert all(text.endswith(now.tzname()) for text in moments)


@pytest.mark.parametrize("field", ["language", "time_zone", "theme"])
def test_a_preference_that_does_not_exist_is_refused(site, field):
    refused = site.post("/account", {"language": "", "time_zone": "", "theme": "", field: "x"})
    assert refused.status == 422
    assert len(refused.all("div", "invalid-feedback")) == 1


def test_the_password_is_changed_with_the_present_one(site):
    token = logins.begin("administrator", "", "", clock.utcnow())
    page = site.get("/account/password")
    answer = page.submit({"present": PASSWORD, "password": NEW, "repeated": NEW})
    assert "Your password was changed" in answer.follow().text
    assert people.verify_user("administrator", NEW) is not None
    assert logins.find(token, clock.utcnow()) is None


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"present": "wrong one"}, "This is not your present password."),
        ({"present": ""}, "Required"),
        ({"repeated": "different"}, "Differs from the new password."),
        ({"password": "short", "repeated": "short"}, "Needs 8 to 1024 characters."),
    ],
)
def test_what_is_wrong_with_a_password_stands_beside_its_field(site, values, problem):
    right = {"present": PASSWORD, "password": NEW, "repeated": NEW}
    refused = site.get("/account/password").submit({**right, **values})
    assert refused.status == 422
    assert problem in refused.texts("div", "invalid-feedback")
    assert NEW not in refused.html
    assert people.verify_user("administrator", PASSWORD) is not None


def test_guessing_the_present_password_is_stopped(site, caplog):
    page = site.get("/account/password")
    guess = {"present": "wrong one", "password": NEW, "repeated": NEW}
    statuses = [page.submit(guess).status for _ in range(PER_NAME_AND_ADDRESS + 1)]
    assert statuses == [422] * PER_NAME_AND_ADDRESS + [429]
    right = page.submit({**guess, "present": PASSWORD})
    assert right.status == 429
    assert "Too many failed attempts." in right.text
    assert "wrong present password" in caplog.text
    assert "wrong one" not in caplog.text


def test_own_sessions_are_ended_one_by_one_or_all(site):
    tokens = [logins.begin("administrator", "", "", clock.utcnow()) for _ in range(3)]
    page = site.get("/account")
    first = page.all("form")
    assert len([form for form in first if "/sessions/end/" in form.get("action", "")]) == 3
    newest = logins.listing("administrator", now=clock.utcnow()).items[0]
    page.submit(action=f"/account/sessions/end/{newest.id}").follow()
    assert [logins.find(t, clock.utcnow()) is None for t in tokens] == [False, False, True]
    ended = page.submit(button="End all others").follow()
    assert "Your other sessions have ended." in ended.text
    assert len(ended.rows()) == 1


def test_nobody_ends_sessions_of_others_here(site):
    viewer = site.as_role(Role.VIEWER)
    admins = logins.listing("administrator", now=clock.utcnow()).items[0]
    answer = viewer.post(f"/account/sessions/end/{admins.id}").follow()
    assert "That session had ended before." in answer.text
    assert site.get("/account").status == 200
