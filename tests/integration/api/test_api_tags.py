"""Charge tags over REST."""

from __future__ import annotations

import pytest


def test_a_tag_is_added_shown_changed_and_removed(rest):
    body = {"id": "ALICE", "type": "ISO14443", "name": "Alice", "group": "home"}
    added = rest.post("/tags", body)
    assert added.status_code == 201
    assert added.headers["Location"] == "/api/v1/tags/ALICE"
    assert added.get_json() == {**body, "expires_at": None, "blocked": False}
    changed = rest.patch("/tags/ALICE", {"blocked": True, "group": None})
    assert changed.get_json() == {**added.get_json(), "blocked": True, "group": None}
    assert rest.delete("/tags/ALICE").status_code == 204
    assert rest.get("/tags/ALICE").status_code == 404


def test_upper_and_lower_case_are_one_tag(rest):
    rest.post("/tags", {"id": "Alice"})
    assert rest.post("/tags", {"id": "ALICE"}).status_code == 409
    assert rest.get("/tags/aLICE").get_json()["id"] == "Alice"


@pytest.mark.parametrize("tag_id", ["04:A2:11", "a b", "a/b", "/a", "%41", "a?b", "\u00c4"])
def test_an_id_may_have_any_character(rest, tag_id):
    added = rest.post("/tags", {"id": tag_id})
    assert added.status_code == 201
    location = added.headers["Location"].removeprefix("/api/v1")
    assert rest.get(location).get_json()["id"] == tag_id
    assert rest.delete(location).status_code == 204


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("2027-01-31", "2027-02-01T00:00:00.000Z"),
        ("2027-01-31T10:00:00Z", "2027-01-31T10:00:00.000Z"),
        ("2027-01-31T10:00:00.1239+02:00", "2027-01-31T08:00:00.123Z"),
        ("2027-01-31t10:00:00", "2027-01-31T10:00:00.000Z"),
        ("9999-12-31", "9999-12-31T00:00:00.000Z"),
        (None, None),
    ],
)
def test_a_date_means_the_end_of_that_day(rest, given, stored):
    added = rest.post("/tags", {"id": "ALICE", "expires_at": given})
    assert added.get_json()["expires_at"] == stored


def test_expiry_is_taken_away_by_null(rest):
    rest.post("/tags", {"id": "ALICE", "expires_at": "2027-01-31"})
    assert rest.patch("/tags/ALICE", {"expires_at": None}).get_json()["expires_at"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "id"),
        ({"id": ""}, "id"),
        ({"id": " a"}, "id"),
        ({"id": "a\x00"}, "id"),
        ({"id": "x" * 256}, "id"),
        ({"id": "A", "type": "x" * 21}, "type"),
        ({"id": "A", "blocked": None}, "blocked"),
        ({"id": "A", "expires_at": "tomorrow"}, "expires_at"),
        ({"id": "A", "expires_at": "2027-02-30"}, "expires_at"),
        ({"id": "A", "expires_at": "2027-01-31T25:00:00Z"}, "expires_at"),
        ({"id": "A", "expires_at": "0001-01-01T00:00:00+14:00"}, "expires_at"),
        ({"id": "A", "expires_at": 1800000000}, "expires_at"),
        ({"id": "A", "parent": "B"}, "parent"),
    ],
)
def test_what_cannot_be_used_is_named(rest, body, field):
    refused = rest.post("/tags", body)
    assert refused.status_code == 400
    assert list(refused.get_json()["errors"]) == [field]


def test_an_unknown_tag_is_not_found(rest):
    assert rest.get("/tags/NOBODY").status_code == 404
    assert rest.patch("/tags/NOBODY", {"blocked": True}).status_code == 404
    assert rest.delete("/tags/NOBODY").status_code == 404
    assert rest.get("/tags/a%00b").status_code == 404


def test_tags_are_listed_filtered_and_paged(rest):
    for tag_id, group, blocked in (("b", "home", False), ("A", "home", True), ("C", None, False)):
        rest.post("/tags", {"id": tag_id, "group": group, "blocked": blocked})
    assert ids(rest, "") == ["A", "b", "C"]
    assert ids(rest, "?group=home") == ["A", "b"]
    assert ids(rest, "?blocked=true") == ["A"]
    assert ids(rest, "?search=c") == ["C"]
    first = rest.get("/tags?limit=2").get_json()
    rest_of_it = rest.get(f"/tags?limit=2&cursor={first['next']}").get_json()
    assert [t["id"] for t in first["items"] + rest_of_it["items"]] == ["A", "b", "C"]
    assert rest_of_it["next"] is None
    assert rest.get("/tags?blocked=2").status_code == 400


def ids(rest, query):
    return [tag["id"] for tag in rest.get(f"/tags{query}").get_json()["items"]]
