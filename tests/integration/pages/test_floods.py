"""What is sent to keep the server busy: refused before it costs anything."""

from __future__ import annotations

import pytest

from ocpp_core.domain.roles import Role

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.OPERATOR])
@pytest.mark.parametrize("path", ["/login", "/preferences", "/logout"])
def test_a_long_form_of_a_stranger_is_not_read(site, role, path):
    body = b"a=1&" * 20_000
    answer = site.as_role(role).client.post(path, data=body, content_type=FORM)
    assert answer.status_code == 413


def test_the_longest_name_and_password_are_read(site):
    stranger = site.as_role(None)
    page = stranger.get("/login")
    answer = page.submit({"name": "n" * 255, "password": "\N{ELECTRIC PLUG}" * 1024})
    assert answer.status == 422
    assert "wrong" in answer.text
