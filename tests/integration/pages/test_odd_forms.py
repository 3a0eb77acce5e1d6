"""Forms as no browser sends them: refused or understood, never an error of the server."""

from __future__ import annotations

import io

import pytest

from tests.support.charging import add_station

FORMS = {
    "/users/new": ("name", "role", "password"),
    "/account": ("language", "theme"),
    "/account/password": ("present", "password", "repeated"),
    "/keys/new": ("name",),
    "/tags/new": ("id", "name", "expires", "blocked"),
    "/tags/import": ("lines", "file"),
    "/tags/import/take": ("text", "extent"),
    "/stations/new": ("id", "name", "boot_status"),
    "/stations/CP1/delete": ("typed_id",),
    "/stations/CP1/commands/reset": ("type", "confirmed", "typed_id"),
    "/stations/CP1/commands/start-transaction": ("tag", "connector"),
    "/quarantine/adopt": ("station_id", "name"),
}
FIELDS = [(path, name) for path, names in FORMS.items() for name in names]


@pytest.fixture
def token(site):
    add_station("CP1")
    fields = site.get("/tags/new").all("input")
    return next(each.get("value") for each in fields if each.get("name") == "csrf_token")


def is_refused(answer):
    return 400 <= answer.status_code < 500


def test_a_file_is_no_text(site, token):
    for path, name in FIELDS:
        sent = {"csrf_token": token, name: (io.BytesIO(b"\xff\x00"), "a.txt")}
        answer = site.client.post(path, data=sent)
        assert answer.status_code < 500, (path, name)


def test_a_text_is_no_file(site, token):
    answer = site.client.post("/tags/import", data={"csrf_token": token, "file": "id\nA"})
    assert is_refused(answer)
    assert "Choose a file" in answer.text


def test_json_is_no_form(site, token):
    headers = {"X-CSRFToken": token}
    for path, name in FIELDS:
        for value in (5, ["a"]):
            answer = site.client.post(path, json={name: value}, headers=headers)
            assert answer.status_code < 500, (path, name, value)
