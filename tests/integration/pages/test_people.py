"""Pages about users: who sees them, what they change, and that an administrator is left."""

from __future__ import annotations

import pytest

from ocpp_core import clock
from ocpp_core.domain.roles import Role
from ocpp_core.services import logins, people
from tests.support.site import PASSWORD

PAGES = [
    "/users",
    "/users/new",
    "/users/edit/viewer",
    "/users/delete/viewer",
    "/keys",
    "/keys/new",
    "/sessions",
]
CHANGES = [
    "/users/new",
    "/users/edit/viewer",
    "/users/delete/viewer",
    "/keys/new",
    "/sessions/end/1",
    "/sessions/end-all/viewer",
]


def add(name, role=Role.VIEWER):
    return people.put(name, role, "no hash", clock.utcnow())[0]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_they_are_for_administrators(site, role):
    other = site.as_role(role)
    assert [other.get(path).status for path in PAGES] == [403] * len(PAGES)
    assert [other.post(path).status for path in CHANGES] == [403] * len(CHANGES)


def test_without_a_token_nothing_changes(site):
    add("viewer")
    assert [site.open("POST", path).status for path in CHANGES] == [400] * len(CHANGES)
    assert [site.get(path).status for path in CHANGES[-2:]] == [405] * 2
    assert people.has_user("viewer")


def test_users_are_listed_and_found(site):
    for name in ("Ann", "bob"):
        add(name)
    page = site.get("/users")
    assert [row[:2] for row in page.rows()] == [
        ["administrator you", "Administrator"],
        ["Ann", "Viewer"],
        ["bob", "Viewer"],
    ]
    found = page.submit({"search": "BO"}, button="Filter")
    assert [row[0] for row in found.rows()] == ["bob"]
    assert "No user has such a name." in site.get("/users?search=nobody").text


def test_a_long_list_goes_on(site, monkeypatch):
    monkeypatch.setattr("ocpp_core.web.pages.people.PER_PAGE", 2)
    for name in ("Ann", "bob"):
        add(name)
    first = site.get("/users")
    assert [row[0] for row in first.rows()] == ["administrator you", "Ann"]
    assert [row[0] for row in site.get(first.links()["Next"]).rows()] == ["bob"]


def test_a_user_is_added_and_can_log_in(site):
    form = site.get("/users/new")
    values = {"name": " Ann/A ", "role": "operator", "password": "long enough"}
    listed = form.submit(values).follow()
    assert "User Ann/A was added." in listed.text
    assert people.verify_user("ann/a", "long enough").role is Role.OPERATOR
    assert site.get(listed.links()["Edit Ann/A"]).title == "User Ann/A"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"name": "", "password": "long enough"}, "Required"),
        ({"name": "Ann", "password": ""}, "Required"),
        ({"name": "Ann", "password": "short"}, "Needs 8 to 1024 characters."),
        ({"name": "x" * 256, "password": "long enough"}, "must not have more than 255 characters"),
        ({"name": "a\tb", "password": "long enough"}, "must not contain control characters"),
        ({"name": "ADMINISTRATOR", "password": "long enough"}, "User ADMINISTRATOR exists"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(site, values, problem):
    refused = site.get("/users/new").submit(values)
    assert refused.status == 422
    assert problem in refused.text
    assert "long enough" not in refused.html
    if values["name"].isprintable():
        assert refused.form(button="Add user").values()["name"] == [values["name"]]


def test_a_role_that_does_not_exist_is_refused(site):
    refused = site.post("/users/new", {"name": "Ann", "role": "god", "password": "long enough"})
    assert refused.status == 422
    assert not people.has_user("Ann")


def test_a_changed_role_counts_at_once(site):
    viewer = site.as_role(Role.VIEWER)
    assert viewer.get("/users").status == 403
    site.get("/users/edit/viewer").submit({"role": "administrator"}).follow()
    assert viewer.get("/users").status == 200


def test_another_password_ends_the_sessions_of_the_user(site):
    viewer = site.as_role(Role.VIEWER)
    site.get("/users/edit/viewer").submit({"password": "a new one"}).follow()
    assert people.verify_user("viewer", "a new one") is not None
    assert viewer.get("/account").location.startswith("/login")
    unchanged = site.get("/users/edit/viewer").submit({"role": "viewer"})
    assert unchanged.status == 303
    assert people.verify_user("viewer", "a new one") is not None


def test_the_last_administrator_stays_one(site):
    refused = site.get("/users/edit/administrator").submit({"role": "viewer"})
    assert refused.status == 422
    assert "must stay administrator: there is no other" in refused.text
    refused = site.get("/users/delete/administrator").submit({"typed": "administrator"})
    assert refused.status == 422
    assert "The last administrator cannot be removed" in refused.text
    assert people.find("administrator").role is Role.ADMINISTRATOR


def test_who_takes_the_role_from_himself_goes_on_to_his_account(site):
    add("Ann", Role.ADMINISTRATOR)
    gone_on = site.get("/users/edit/administrator").submit({"role": "operator"}).follow()
    assert gone_on.title == "Your account"
    assert site.get("/users").status == 403


def test_the_own_password_is_not_changed_here(site):
    page = site.get("/users/edit/administrator")
    assert "password" not in page.form(button="Save").names()
    site.post("/users/edit/administrator", {"role": "administrator", "password": "a new one"})
    assert people.verify_user("administrator", PASSWORD) is not None


def test_a_user_is_removed_when_his_name_is_typed(site):
    viewer = site.as_role(Role.VIEWER)
    ask = site.get(site.get("/users").links()["Delete viewer"])
    assert ask.title == "Delete user viewer"
    refused = ask.submit({"typed": "Viewer"})
    assert refused.status == 422
    assert people.has_user("viewer")
    assert "User viewer was removed." in ask.submit({"typed": " viewer "}).follow().text
    assert viewer.get("/account").location.startswith("/login")
    assert not people.has_user("viewer")


def test_who_removes_himself_is_logged_out(site):
    add("Ann", Role.ADMINISTRATOR)
    site.get("/users/delete/administrator").submit({"typed": "administrator"})
    assert site.get("/users").location.startswith("/login")


@pytest.mark.parametrize("path", ["/users/edit/nobody", "/users/delete/nobody"])
def test_nobody_has_no_page(site, path):
    assert site.get(path).status == 404
    assert site.post(path).status == 404


def test_what_was_done_to_whom_is_logged(site, caplog):
    caplog.set_level("INFO", logger="ocpp_core.security")
    site.get("/users/new").submit({"name": "Ann", "role": "viewer", "password": "long enough"})
    site.get("/users/edit/Ann").submit({"role": "operator", "password": "even longer"})
    site.get("/users/delete/Ann").submit({"typed": "Ann"})
    done = [(r.message, r.subject, r.user) for r in caplog.records if r.name.endswith("security")]
    assert done == [
        (what, "Ann", "administrator") for what in ("user added", "user changed", "user removed")
    ]
    assert "long enough" not in caplog.text


def test_in_german(site):
    site.headers = {"Accept-Language": "de"}
    assert site.get("/users").title == "Benutzer"
    refused = site.get("/users/edit/administrator").submit({"role": "viewer"})
    assert "muss Administrator bleiben" in refused.text


# --- sessions of all ----------------------------------------------------------------------------


def test_a_revoked_session_is_logged_out_at_the_next_request(site):
    viewer = site.as_role(Role.VIEWER)
    page = site.get("/sessions")
    assert [row[0] for row in page.rows()] == ["viewer", "administrator"]
    assert viewer.get("/account").status == 200
    ended = page.submit(button="End session").follow()
    assert "The session has ended." in ended.text
    assert viewer.get("/account").location.startswith("/login")
    assert "That session had ended before." in page.submit(button="End session").follow().text


def test_sessions_of_one_user_are_ended_together(site):
    viewer = site.as_role(Role.VIEWER)
    logins.begin(
        "viewer", "192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0", clock.utcnow()
    )
    page = site.get("/sessions").submit({"user": "VIEWER"}, button="Filter")
    assert [row[:3] for row in page.rows()] == [
        ["viewer", "Firefox, Linux", "192.0.2.7"],
        ["viewer", "tests", "127.0.0.1"],
    ]
    assert "have ended" in page.submit(button="End all of viewer").follow().text
    assert viewer.get("/account").location.startswith("/login")
    assert "No user of this name is logged in." in site.get("/sessions?user=viewer").text


def test_what_a_browser_says_of_itself_is_only_text(site):
    agent = "<script>alert(1)</script>{{ 7*7 }}"
    site.hostile = True
    logins.begin("administrator", agent, agent, clock.utcnow())
    assert "<script>alert" not in site.get("/sessions").html
    assert "<script>alert" not in site.get("/account").html


@pytest.mark.parametrize("path", ["/sessions/end/9223372036854775808", "/sessions/end/x"])
def test_an_odd_session_is_no_page(site, path):
    assert site.post(path).status == 404


def test_a_list_of_sessions_that_does_not_exist_is_refused(site):
    assert site.get("/sessions?cursor=x").status == 400
    assert site.get("/users?cursor=x").status == 400
