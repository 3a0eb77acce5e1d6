"""What holds for every route of the pages, those of tomorrow included."""

from __future__ import annotations

import pytest

from ocpp_core.domain.roles import Role
from ocpp_core.models.base import database
from ocpp_core.web import auth
from tests.support.furnished import furnish
from tests.support.site_map import addresses, page_rules

PUBLIC = {"login.show", "login.enter", "login.leave", "login.prefer"}
ENGLISH = {"the", "The", "and", "of", "is", "are", "not", "this", "This", "with", "for", "from"}
SEEN = {"login_sessions"}  # notes when it was used last
ROLES = (Role.VIEWER, Role.OPERATOR)


@pytest.fixture
def furniture(site):
    site.as_role(Role.VIEWER)
    return furnish()


def test_each_view_names_who_may_use_it(site):
    rules = list(page_rules(site.app))
    assert len(rules) > 40
    views = {rule.endpoint: site.app.view_functions[rule.endpoint] for rule in rules}
    assert [name for name, view in views.items() if not auth.is_declared(view)] == []
    assert {name for name, view in views.items() if auth.is_public(view)} == PUBLIC


def test_each_route_either_shows_or_changes(site):
    both = [
        rule.endpoint
        for rule in page_rules(site.app)
        if (rule.methods or set()) - {"OPTIONS"} not in ({"GET", "HEAD"}, {"POST"})
    ]
    assert both == []


def test_every_page_is_as_it_should_be(site, furniture):
    answers = {
        each.url: site.get(each.url, headers=each.headers).status
        for each in addresses(site.app, "GET", furniture)
    }
    assert {url: status for url, status in answers.items() if status not in (200, 303)} == {}


def test_every_page_speaks_german(site, furniture):
    site.headers["Accept-Language"] = "de"
    english = []
    for each in addresses(site.app, "GET", furniture):
        seen = site.get(each.url, headers=each.headers)
        words = set(seen.text.split())
        english += [f"{each.url}: {word}" for word in ENGLISH & words]
    assert english == []


def test_no_page_changes_anything(site, furniture):
    site.get("/account")
    before = contents()
    for each in addresses(site.app, "GET", furniture):
        site.get(each.url, headers=each.headers)
    assert contents() == before


def test_strangers_are_sent_to_the_log_in(site, furniture):
    stranger = site.as_role(None)
    for method in ("GET", "POST"):
        for each in addresses(site.app, method, furniture):
            if each.role is None:
                continue
            answer = stranger.open(method, each.url)
            where = answer.response.headers.get("Location", "")
            assert (answer.status, where.startswith("/login")) == (303, True), each


def test_nothing_is_changed_without_a_token(site, furniture):
    before = contents()
    for each in addresses(site.app, "POST", furniture):
        for data in ({}, {"csrf_token": "made up"}):
            assert site.open("POST", each.url, data=data).status == 400, each
    assert contents() == before


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_is_too_low_is_refused(site, furniture, role):
    visitor = site.as_role(role)
    before = contents()
    for method in ("GET", "POST"):
        for each in addresses(site.app, method, furniture):
            if each.role is None or role.includes(each.role):
                continue
            send = visitor.get if method == "GET" else visitor.post
            assert send(each.url).status == 403, each
    assert contents() == before


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_its_pages(site, furniture, role):
    visitor = site.as_role(role)
    for each in addresses(site.app, "GET", furniture):
        if each.role is None or role.includes(each.role):
            assert visitor.get(each.url, headers=each.headers).status in (200, 303), each


def test_what_is_not_there_is_said_so(site):
    for path in (
        "/stations/nobody",
        "/stations/nobody/edit",
        "/transactions/99",
        "/messages/99",
        "/tags/edit/nobody",
        "/nothing/here",
    ):
        answer = site.get(path)
        assert answer.status == 404, path
        assert "Traceback" not in answer.html


def contents():
    """Return all rows of all tables."""
    with database.connection_context():
        tables = [name for name in database.get_tables() if name not in SEEN]
        return {
            name: database.execute_sql(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608
            for name in tables
        }
