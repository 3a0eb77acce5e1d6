"""Pages while the database cannot be reached: each says so, none breaks."""

from __future__ import annotations

import pytest

from ocpp_core.errors import StorageUnavailable
from ocpp_core.services import logins


@pytest.fixture
def away(site, monkeypatch):
    """The browser of somebody who had logged in before the database went away."""

    def refuse(*_args):
        raise StorageUnavailable("connection refused")

    monkeypatch.setattr(logins, "find", refuse)
    return site


@pytest.mark.parametrize(
    "path", ["/", "/login", "/account", "/users", "/tags/edit/x", "/live/overview"]
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_who_was_logged_in_is_told_to_wait(away, path, headers):
    answer = away.client.get(path, headers=headers)
    assert answer.status_code == 503
    assert "The database cannot be reached" in answer.text
    assert answer.headers["Retry-After"] == "5"
    assert "connection refused" not in answer.text


def test_a_form_that_is_sent_changes_nothing_and_says_so(away):
    assert away.client.post("/logout").status_code == 503


def test_an_unknown_address_stays_unknown(away):
    assert away.client.get("/nobody").status_code == 404


def test_a_stranger_still_sees_the_log_in(away):
    away.client.delete_cookie("ocpp_session")
    assert away.get("/login").status == 200
