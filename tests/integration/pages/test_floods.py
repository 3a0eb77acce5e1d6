"""What is sent to keep the server busy: refused before it costs anything."""

from __future__ import annotations

import pytest

from ocpp_core.domain.roles import Role
from ocpp_core.services import command_log
from tests.support.charging import NOW, add_station

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


def test_an_answer_that_is_nested_deeply_does_not_fill_the_page(site):
    add_station("CP1")
    data: object = [1] * 1000
    for _ in range(60):
        data = [data]
    entry = command_log.begin("CP1", "reset", {}, "ann", NOW)
    command_log.finish(entry, "Accepted", True, "", NOW, data={"x": data})
    page = site.get(f"/stations/CP1/commands/history/{entry}")
    assert "1, 1, 1" in page.text
    assert len(page.html) < 50_000
