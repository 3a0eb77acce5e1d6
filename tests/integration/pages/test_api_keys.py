"""Pages about API keys: shown once, then only named."""

from __future__ import annotations

import re

import pytest

from ocpp_core import clock
from ocpp_core.domain.roles import Role
from ocpp_core.services import api_keys


def test_without_keys_the_page_says_what_to_do(site):
    page = site.get("/keys")
    assert "No API keys yet" in page.text
    assert page.rows() == []


def test_a_key_is_shown_once_and_works(site):
    made = site.get("/keys/new").submit({"name": "billing", "role": "viewer"})
    assert (made.status, made.title) == (201, "API key billing")
    (key,) = set(re.findall(r"ocpp_[\w-]{43}", made.html))
    assert api_keys.find(key).role is Role.VIEWER
    client = site.app.test_client()
    assert client.get("/api/v1/stations", headers={"X-API-Key": key}).status_code == 200
    listed = site.get("/keys")
    assert [row[:2] for row in listed.rows()] == [["billing", "Viewer"]]
    assert "ocpp_" not in listed.html


@pytest.mark.parametrize(
    ("name", "problem"),
    [("", "Required"), ("billing", "API key billing exists"), ("a\tb", "control characters")],
)
def test_a_key_needs_a_name_of_its_own(site, name, problem):
    api_keys.add("billing", Role.VIEWER, clock.utcnow())
    refused = site.get("/keys/new").submit({"name": name})
    assert refused.status == 422
    assert problem in refused.text


def test_a_key_is_removed_when_its_name_is_typed(site):
    key = api_keys.add("billing/a", Role.OPERATOR, clock.utcnow())
    ask = site.get(site.get("/keys").links()["Delete billing/a"])
    assert "Operator" in ask.text
    assert ask.submit({"typed": "billing"}).status == 422
    assert api_keys.find(key) is not None
    assert "API key billing/a was removed." in ask.submit({"typed": "billing/a"}).follow().text
    assert api_keys.find(key) is None
    assert site.get("/keys/delete/billing/a").status == 404


def test_keys_that_programs_named_oddly_are_only_text(site):
    site.hostile = True
    name = '"><script>alert(1)</script>{{ 7*7 }}'
    api_keys.add(name, Role.VIEWER, clock.utcnow())
    page = site.get("/keys")
    assert "<script>alert" not in page.html
    assert page.rows()[0][0] == name
    assert site.get(page.links()[f"Delete {name}"]).status == 200
