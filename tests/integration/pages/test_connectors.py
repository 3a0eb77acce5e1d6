"""The list of connectors and the page of one."""

from __future__ import annotations

import pytest

from ocpp_core import clock
from ocpp_core.domain.roles import Role
from ocpp_core.services import station_records
from tests.support.busy_station import busy_station

NOW = clock.utcnow()


@pytest.fixture
def connectors(site):
    busy_station("CP 1", NOW, name="Hall")
    station_records.rename_connector("CP 1", 2, 1, "", NOW)
    return site


def test_a_site_without_connectors_says_where_they_come_from(site):
    page = site.get("/connectors")
    assert "No connector yet" in page.text
    assert page.links()["To the charging stations"] == "/stations"


def test_connectors_are_listed_with_status_and_meter(connectors):
    connectors.client.set_cookie("time_zone", "UTC")
    rows = connectors.get("/connectors").rows()
    assert [row[2] for row in rows] == ["1 name", "Hall:2"]
    assert [row[1] for row in rows] == ["1", "2"]
    assert [row[3] for row in rows] == ["Charging 1 ocpp_status", "Faulted 2 ocpp_status"]
    assert rows[0][5] == "12.345 kWh"


def test_lists_are_filtered_and_paged_by_the_query(connectors, monkeypatch):
    monkeypatch.setattr("ocpp_core.web.pages.connectors.PER_PAGE", 1)
    first = connectors.get("/connectors")
    assert [row[2] for row in first.rows()] == ["1 name"]
    assert [row[2] for row in connectors.get(first.links()["Next"]).rows()] == ["Hall:2"]
    assert [row[2] for row in connectors.get("/connectors?status=Faulted").rows()] == ["Hall:2"]
    assert [row[2] for row in connectors.get("/connectors?search=1+NAME").rows()] == ["1 name"]
    assert connectors.get("/connectors?station_id=CP+1").rows() != []
    assert "No connector fits" in connectors.get("/connectors?station_id=CP1").text
    assert connectors.get("/connectors?cursor=x").status == 400
    assert "Not a valid choice" in connectors.get("/connectors?status=x").text


def test_operators_act_on_connectors_of_stations_that_are_online(connectors):
    operator = connectors.as_role(Role.OPERATOR)
    links = operator.get("/connectors").links()
    for text, name in (
        ("Start transaction: Hall:2", "start-transaction"),
        ("Stop transaction: Hall:2", "stop-transaction"),
        ("Unlock connector: Hall:2", "unlock-connector"),
    ):
        assert links[text] == f"/stations/CP%201/commands/{name}?connector=2"
    assert (
        "Start transaction: Hall:2"
        not in connectors.as_role(Role.VIEWER).get("/connectors").links()
    )


def test_nobody_acts_on_connectors_of_stations_that_are_offline(site):
    busy_station("CP1", NOW, online=False)
    assert not [name for name in site.get("/connectors").links() if "Unlock" in name]


def test_a_connector_is_named(connectors):
    page = connectors.get("/stations/CP%201/connectors/2/1")
    assert page.title == "Connector Hall:2"
    for text in ("2 ocpp_status", "2 error_code", "2 info", "12.345 kWh"):
        assert text in page.text
    answer = page.submit({"name": " left "}, button="Save").follow()
    assert answer.title == "Hall"
    assert "The connector is now called left." in answer.text
    page.submit({"name": ""}, button="Save").follow()
    assert connectors.get("/stations/CP%201/connectors/2/1").title == "Connector Hall:2"


def test_a_name_that_is_too_long_is_refused_beside_its_field(connectors):
    page = connectors.get("/stations/CP%201/connectors/2/1")
    answer = page.submit({"name": "x" * 256}, button="Save")
    assert answer.status == 422
    assert "must not have more than 255 characters" in answer.text
    assert [each.get("value") for each in answer.all("input")].count("x" * 256) == 1


@pytest.mark.parametrize("place", ["0/0", "3/1", "2/2", "999999999999999999999/1"])
def test_what_is_no_connector_is_not_there(connectors, place):
    assert connectors.get(f"/stations/CP%201/connectors/{place}").status == 404


def test_only_administrators_name_connectors(connectors):
    path = "/stations/CP%201/connectors/2/1"
    for role in (Role.OPERATOR, Role.VIEWER):
        visitor = connectors.as_role(role)
        page = visitor.get(path)
        assert page.status == 200
        assert page.texts("button") == [text for text in page.texts("button") if text != "Save"]
        assert visitor.post(path, {"name": "x"}).status == 403
    assert connectors.open("POST", path, data={"name": "x"}).status == 400
    assert station_records.connectors("CP 1")[2].name == ""
