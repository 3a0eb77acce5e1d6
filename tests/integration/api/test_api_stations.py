"""Stations, their connectors and messages over REST."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest

from ocpp_core.domain.connectors import ConnectorRef, StatusReport
from ocpp_core.domain.moments import Reported
from ocpp_core.models.stations import Station
from ocpp_core.services import stations
from ocpp_core.services.message_log import Entry, MessageLog
from ocpp_core.storage.writer import unit_of_work
from tests.integration.api.support import NOW


@unit_of_work
def quarantine(station_id):
    Station.create(id=station_id, created_at=NOW, in_quarantine=True, boot_status="Pending")


def test_a_station_is_added_shown_changed_and_removed(rest):
    added = rest.post("/stations", {"id": "CP1", "name": "Yard", "password": "s3cret-and-long"})
    assert added.status_code == 201
    assert added.headers["Location"] == "/api/v1/stations/CP1"
    shown = rest.get("/stations/CP1").get_json()
    assert shown == added.get_json()
    assert (shown["name"], shown["boot_status"], shown["online"]) == ("Yard", "Accepted", False)
    assert shown["has_password"]
    assert "password" not in shown
    changed = rest.patch("/stations/CP1", {"boot_status": "Rejected", "comment": "a\nb"})
    assert changed.get_json() == {**shown, "boot_status": "Rejected", "comment": "a\nb"}
    removed = rest.delete("/stations/CP1")
    assert (removed.status_code, removed.data) == (204, b"")
    assert rest.get("/stations/CP1").status_code == 404


def test_all_of_a_record_can_be_given_at_once(rest):
    record = {
        "id": "CP1",
        "name": "Yard",
        "comment": "behind the hall",
        "username": "charger",
        "password": "0123456789abcdef",
        "boot_status": "Pending",
        "default_version": "1.6",
        "cleans_tags": False,
    }
    shown = rest.post("/stations", record).get_json()
    assert {name: shown[name] for name in record if name != "password"} == {
        name: value for name, value in record.items() if name != "password"
    }


def test_null_takes_user_name_password_and_version_away(rest):
    rest.post(
        "/stations",
        {"id": "CP1", "username": "u", "password": "long-enough-1", "default_version": "2.1"},
    )
    nothing = {"username": None, "password": None, "default_version": None}
    shown = rest.patch("/stations/CP1", nothing).get_json()
    assert (shown["username"], shown["default_version"]) == (None, None)
    assert not shown["has_password"]


def test_a_change_without_members_changes_nothing(rest):
    added = rest.post("/stations", {"id": "CP1", "name": "Yard"}).get_json()
    assert rest.patch("/stations/CP1", {}).get_json() == added
    assert rest.patch("/stations/CP1").get_json() == added


def test_an_id_that_exists_is_a_conflict(rest):
    rest.post("/stations", {"id": "CP1", "name": "first"})
    again = rest.post("/stations", {"id": "CP1", "name": "second"})
    assert again.status_code == 409
    assert again.get_json()["type"] == "urn:ocpp-core:problem:already-exists"
    assert rest.get("/stations/CP1").get_json()["name"] == "first"


def test_a_station_is_adopted_from_quarantine(rest):
    quarantine("CP9")
    assert [s["id"] for s in items(rest, "?in_quarantine=true")] == ["CP9"]
    shown = rest.patch("/stations/CP9", {"boot_status": "Accepted"}).get_json()
    assert not shown["in_quarantine"]


@pytest.mark.parametrize(
    "station_id",
    [
        *("a b", "50%", "%2F", "a?b#c", "a:b", "a;b", "+1", "a&b=c", "..a", "a\\b"),
        *("S\u00e4ule", "Sa\u0308ule"),  # one id in two forms of Unicode
    ],
)
def test_an_id_may_have_any_character_but_a_slash(rest, station_id):
    added = rest.post("/stations", {"id": station_id})
    assert added.status_code == 201
    location = added.headers["Location"].removeprefix("/api/v1")
    assert rest.get(location).get_json() == added.get_json()
    assert rest.get(f"/stations/{quote(station_id)}").get_json() == added.get_json()
    assert rest.delete(location).status_code == 204


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "id"),
        ({"id": ""}, "id"),
        ({"id": "x" * 256}, "id"),
        ({"id": "a/b"}, "id"),
        ({"id": " a"}, "id"),
        ({"id": "a\x00b"}, "id"),
        ({"id": 7}, "id"),
        ({"id": "CP1", "name": None}, "name"),
        ({"id": "CP1", "name": "a\x00"}, "name"),
        ({"id": "CP1", "comment": "a\x07"}, "comment"),
        ({"id": "CP1", "cleans_tags": "yes"}, "cleans_tags"),
        ({"id": "CP1", "cleans_tags": 1}, "cleans_tags"),
        ({"id": "CP1", "boot_status": "accepted"}, "boot_status"),
        ({"id": "CP1", "default_version": "2.0"}, "default_version"),
        ({"id": "CP1", "password": ""}, "password"),
        ({"id": "CP1", "online": True}, "online"),
        ({"id": "CP1", "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_used_is_named(rest, body, field):
    refused = rest.post("/stations", body)
    assert refused.status_code == 400
    assert list(refused.get_json()["errors"]) == [field]
    assert items(rest) == []


def test_a_station_cannot_be_renamed(rest):
    rest.post("/stations", {"id": "CP1"})
    refused = rest.patch("/stations/CP1", {"id": "CP2"})
    assert refused.status_code == 400
    assert list(refused.get_json()["errors"]) == ["id"]


def test_a_refused_password_is_not_repeated(rest):
    refused = rest.post("/stations", {"id": "CP1", "password": ["hunter2-hunter2"]})
    assert b"hunter2" not in refused.data


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b'"CP1"',
        b"null",
        b'{"id": NaN}',
        b'{"id": 1e999}',
        b'{"id": "\\ud800"}',
        b'\xff{"id": "CP1"}',
        b'{"id": ' + b"[" * 600 + b"]" * 600 + b"}",
        b'{"id": ' + b"[" * 5000,
    ],
)
def test_what_is_no_json_object_is_refused(rest, data):
    refused = rest.post("/stations", data=data, content_type="application/json")
    assert refused.status_code == 400


def test_a_body_of_another_type_is_refused(rest):
    for content_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        refused = rest.post("/stations", data=b'{"id": "CP1"}', content_type=content_type)
        assert refused.status_code == 415


def test_a_body_beyond_a_mebibyte_is_refused(rest):
    data = b'{"id": "CP1", "comment": "' + b"x" * 2**20 + b'"}'
    refused = rest.post("/stations", data=data, content_type="application/json")
    assert refused.status_code == 413


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/connectors"),
        ("GET", "/messages"),
        ("GET", "/commands"),
    ],
)
@pytest.mark.parametrize("station_id", ["CP1", "%00", "cp%C3", "x" * 300, "%F0%9F%94%8C"])
def test_an_unknown_station_is_not_found(rest, method, path, station_id):
    missing = rest.call(method, f"/stations/{station_id}{path}")
    assert missing.status_code == 404
    assert missing.mimetype == "application/problem+json"


def test_stations_are_listed_page_by_page(rest):
    for number in (3, 1, 5, 2, 4):
        rest.post("/stations", {"id": f"CP{number}"})
    first = rest.get("/stations?limit=2").get_json()
    second = rest.get(f"/stations?limit=2&cursor={first['next']}").get_json()
    last = rest.get(f"/stations?limit=2&cursor={second['next']}").get_json()
    ids = [s["id"] for page in (first, second, last) for s in page["items"]]
    assert ids == ["CP1", "CP2", "CP3", "CP4", "CP5"]
    assert last["next"] is None


def test_stations_are_filtered(rest):
    rest.post("/stations", {"id": "CP1", "name": "Yard"})
    rest.post("/stations", {"id": "CP2", "name": "Street"})
    stations.connected("CP2", "2.0.1", NOW)
    assert [s["id"] for s in items(rest, "?online=true")] == ["CP2"]
    assert [s["id"] for s in items(rest, "?online=false")] == ["CP1"]
    assert [s["id"] for s in items(rest, "?search=yar")] == ["CP1"]
    assert [s["id"] for s in items(rest, "?in_quarantine=false")] == ["CP1", "CP2"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=nonsense", "cursor"),
        ("cursor=" + "x" * 2000, "cursor"),
        ("online=maybe", "online"),
        ("search=%00", "search"),
        ("page=2", "page"),
    ],
)
def test_a_query_that_cannot_be_used_is_named(rest, query, field):
    refused = rest.get(f"/stations?{query}")
    assert refused.status_code == 400
    assert list(refused.get_json()["errors"]) == [field]


def test_connectors_are_shown_with_their_station_and_alone(rest):
    for station_id in ("CP1", "CP2"):
        rest.post("/stations", {"id": station_id})
    for evse_id in (2, 1):
        report = StatusReport("Charging", "NoError")
        stations.report_status("CP1", ConnectorRef(evse_id), report, Reported(NOW), NOW)
    alone = rest.get("/stations/CP1/connectors").get_json()
    assert alone["next"] is None
    assert [c["evse_id"] for c in alone["items"]] == [1, 2]
    first = alone["items"][0]
    assert (first["status"], first["ocpp_status"]) == ("Occupied", "Charging")
    assert first["status_at"] == "2026-01-01T12:00:00.000Z"
    assert rest.get("/stations/CP1").get_json()["connectors"] == alone["items"]
    assert [s["connectors"] for s in items(rest)] == [alone["items"], []]


def test_messages_are_listed_newest_first(rest):
    rest.post("/stations", {"id": "CP1"})
    log = MessageLog(2, 30)
    for number, (request, response, code) in enumerate(
        [
            ('{"b":1,"a":null}', '{"currentTime":"x"}', None),
            ("no json", '{"details":{}}', "FormationViolation"),
            ('{"type":"Soft"}', None, "CallTimeout"),
        ]
    ):
        at = NOW + timedelta(seconds=number)
        action = "Heartbeat" if number == 0 else ""
        log.add(Entry("CP1", number < 2, str(number), action, request, response, code, at, 1.5))
    log.flush()
    newest, unreadable, heartbeat = rest.get("/stations/CP1/messages").get_json()["items"]
    assert (newest["direction"], newest["response"]) == ("out", None)
    assert newest["error_code"] == "CallTimeout"
    assert unreadable["request"] == "no json"
    assert heartbeat["direction"] == "in"
    assert list(heartbeat["request"].items()) == [("b", 1), ("a", None)]
    found = rest.get("/stations/CP1/messages?action=Heartbeat&limit=1").get_json()["items"]
    assert found == [heartbeat]


def items(rest, query=""):
    return rest.get(f"/stations{query}").get_json()["items"]
