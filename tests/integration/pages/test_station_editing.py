"""Adding, changing and removing stations in pages."""

from __future__ import annotations

import pytest

from ocpp_core import clock
from ocpp_core.domain import credentials
from ocpp_core.domain.roles import Role
from ocpp_core.errors import NotFound
from ocpp_core.services import station_records, stations
from ocpp_core.services.station_records import StationChanges
from tests.support.busy_station import busy_station

NOW = clock.utcnow()
STRONG = "0123456789abcdef0123456789abcdef"  # hashed at once; what people type takes its time


def add(station_id="CP1", **changes):
    return station_records.add(station_id, StationChanges(**changes), NOW)


def stored(station_id="CP1"):
    return stations.find_admission(station_id).password_hash


def shown(page, name):
    (value,) = [each.get("value") for each in page.all("input") if each.get("id") == name]
    return value


# --- adding --------------------------------------------------------------------------------------


def test_a_station_is_added(any_site):
    page = any_site.get("/stations/new")
    assert page.title == "New charging station"
    answer = page.submit(
        {
            "id": " CP 1 ",
            "name": "Hall",
            "comment": "two\r\nlines",
            "username": "cp",
            "password": STRONG,
            "default_version": "2.0.1",
            "boot_status": "Pending",
            "cleans_tags": False,
        },
        button="Create",
    ).follow()
    assert answer.title == "Hall"
    assert "Charging station CP 1 was added." in answer.text
    view = station_records.find("CP 1")
    assert (view.name, view.comment, view.username) == ("Hall", "two\nlines", "cp")
    assert (view.default_version, view.boot_status, view.cleans_tags) == ("2.0.1", "Pending", False)
    assert credentials.verify(stored("CP 1"), STRONG.encode())


def test_what_is_left_empty_is_usual(site):
    site.get("/stations/new").submit({"id": "CP1"}, button="Create")
    view = station_records.find("CP1")
    assert (view.boot_status, view.cleans_tags, view.default_version) == ("Accepted", True, None)
    assert (view.has_password, view.username, view.name) == (False, None, "")


@pytest.mark.parametrize(
    ("values", "field", "text"),
    [
        ({"id": ""}, "id", "Required"),
        ({"id": "a/b"}, "id", "must not contain a slash or be a dot segment"),
        ({"id": "x" * 256}, "id", "must have 1 to 255 characters"),
        ({"name": "x" * 256}, "name", "must not have more than 255 characters"),
        ({"name": "a\tb"}, "name", "must not contain control characters"),
        ({"comment": "x" * 10_001}, "comment", "must not have more than 10000 characters"),
        ({"username": "x" * 256}, "username", "must not have more than 255 characters"),
        ({"password": "x" * 256}, "password", "is too long"),
        ({"password": "x", "generates": "y"}, "generates", "Choose one"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(site, values, field, text):
    given = {"id": "CP1", "boot_status": "Accepted", "default_version": "", "name": "kept"}
    page = site.post("/stations/new", {**given, **values})
    assert page.status == 422
    (error,) = [e for e in page.all("div") if e.get("id") == f"{field}-error"]
    assert text in "".join(error.itertext())
    assert shown(page, "name") == values.get("name", "kept").strip()
    with pytest.raises(NotFound):
        station_records.find("CP1")


def test_a_password_that_was_typed_is_never_shown_again(site):
    page = site.post("/stations/new", {"id": "", "password": "secret"})
    assert "secret" not in page.html


def test_an_id_is_taken_once(site):
    add()
    page = site.get("/stations/new").submit({"id": "CP1"}, button="Create")
    assert page.status == 422
    assert page.texts("div", "invalid-feedback") == ["Station CP1 exists"]  # beside its field


def test_a_generated_password_is_shown_once(site):
    page = site.get("/stations/new").submit({"id": "CP1", "generates": True}, button="Create")
    assert page.status == 201
    password = shown(page, "password")
    assert credentials.verify(stored(), password.encode())
    assert shown(page, "username") == "CP1"
    assert shown(page, "url") == "ws://localhost/OCPP/CP1"
    assert password not in site.get("/stations/CP1/edit").html


def test_adding_a_station_in_quarantine_adopts_it(site):
    stations.take_into_quarantine("CP1", NOW)
    site.get("/stations/new").submit({"id": "CP1"}, button="Create").follow()
    assert not station_records.find("CP1").in_quarantine


# --- changing ------------------------------------------------------------------------------------


def test_a_station_is_changed(site):
    add(name="old", comment="two\nlines", password=STRONG, default_version="1.6", cleans_tags=False)
    page = site.get("/stations/CP1/edit")
    assert page.title == "Edit old"
    before = station_records.find("CP1")
    page.submit({}, button="Save").follow()
    assert station_records.find("CP1") == before
    answer = page.submit({"name": "new", "default_version": "", "cleans_tags": True}, button="Save")
    assert answer.follow().title == "new"
    view = station_records.find("CP1")
    assert (view.name, view.comment, view.default_version) == ("new", "two\nlines", None)
    assert (view.cleans_tags, view.has_password) == (True, True)


def test_the_id_stays_and_the_password_is_not_shown(site):
    add(password=STRONG)
    page = site.get("/stations/CP1/edit")
    assert not [each for each in page.all("input") if each.get("name") == "id"]
    assert shown(page, "password") in (None, "")
    site.post("/stations/CP1/edit", {"id": "CP2", "boot_status": "Accepted", "default_version": ""})
    assert station_records.find("CP1").id == "CP1"


def test_a_password_is_replaced_generated_and_removed(site):
    add(password=STRONG)
    page = site.get("/stations/CP1/edit")
    page.submit({"password": STRONG[::-1]}, button="Save").follow()
    assert credentials.verify(stored(), STRONG[::-1].encode())
    generated = shown(page.submit({"generates": True}, button="Save"), "password")
    assert credentials.verify(stored(), generated.encode())
    page.submit({"removes": True}, button="Save").follow()
    assert stored() is None
    assert "Remove the password" not in site.get("/stations/CP1/edit").text


@pytest.mark.parametrize(
    "wishes", [{"generates": "y", "removes": "y"}, {"password": STRONG, "removes": "y"}]
)
def test_two_wishes_at_once_are_refused(site, wishes):
    add(password=STRONG)
    before = stored()
    given = {"boot_status": "Accepted", "default_version": "", **wishes}
    assert site.post("/stations/CP1/edit", given).status == 422
    assert stored() == before


@pytest.mark.parametrize("name", ["boot_status", "default_version"])
def test_what_cannot_be_chosen_is_refused(site, name):
    add()
    given = {"boot_status": "Accepted", "default_version": "", name: "x"}
    assert site.post("/stations/CP1/edit", given).status == 422


# --- removing ------------------------------------------------------------------------------------


def test_what_is_lost_is_named_before(site):
    busy_station("CP1", NOW, name="Hall")
    page = site.get("/stations/CP1/delete")
    assert page.title == "Delete Hall"
    facts = dict(zip(page.texts("dt"), page.texts("dd"), strict=True))
    assert facts["Connectors with their names"] == "2"
    assert facts["Charging limits"] == "2"
    assert facts["Meter values of no transaction"] == "0"
    assert facts["Transactions with their meter values"] == "1"


def test_a_station_is_removed_when_its_id_is_typed(any_site):
    busy_station("CP1", NOW)
    page = any_site.get("/stations/CP1/delete")
    for typed in ("", "cp1", "CP2"):
        answer = page.submit({"typed_id": typed}, button="Delete charging station")
        assert answer.status == 422
        assert "This is not the id" in answer.text
    answer = page.submit({"typed_id": "CP1"}, button="Delete charging station").follow()
    assert "Charging station CP1 was removed." in answer.text
    with pytest.raises(NotFound):
        station_records.find("CP1")
    assert any_site.get("/transactions/4711").status in (200, 404)


# --- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/stations/new", "/stations/CP1/edit", "/stations/CP1/delete"])
def test_only_administrators_change_stations(site, path):
    add()
    for role in (Role.OPERATOR, Role.VIEWER):
        visitor = site.as_role(role)
        assert visitor.get(path).status == 403
        assert visitor.post(path, {"typed_id": "CP1", "id": "CP2"}).status == 403
    assert site.open("POST", path, data={"typed_id": "CP1", "id": "CP2"}).status == 400  # no token
    assert [each.id for each in station_records.page().items] == ["CP1"]
