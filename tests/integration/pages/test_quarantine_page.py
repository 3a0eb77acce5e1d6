"""Stations in quarantine: adopting, ignoring, forgetting them in pages."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ocpp_core import clock
from ocpp_core.domain.roles import Role
from ocpp_core.errors import NotFound
from ocpp_core.services import quarantine, station_records, stations
from ocpp_core.services.station_records import StationChanges

NOW = clock.utcnow()
ACTIONS = ("adopt", "ignore", "take-back", "forget")


def knock(station_id="NEW 1"):
    stations.take_into_quarantine(station_id, NOW)
    stations.connected(station_id, "2.0.1", NOW)
    data = stations.BootData(vendor="Maker", model="Box", serial_number="S1", firmware_version="F1")
    stations.booted(station_id, data, NOW)


def test_nobody_waits(site):
    page = site.get("/quarantine")
    assert page.title == "Quarantine"
    assert "No station waits" in page.text


@pytest.mark.parametrize("setting", ["refuse", "quarantine"])
def test_a_setting_that_refuses_everybody_is_told(site, setting):
    site.app.extensions["ocpp_core"].config = SimpleNamespace(unknown_stations=setting)
    told = "OCPP_UNKNOWN_STATIONS" in site.get("/quarantine").text
    assert told == (setting == "refuse")


def test_who_waits_is_shown_with_what_it_said_of_itself(any_site):
    knock()
    (row,) = any_site.get("/quarantine").rows()
    assert row[0] == "NEW 1"
    assert row[1:5] == ["Maker Box", "S1", "F1", "OCPP 2.0.1"]


def test_one_click_adopts(site):
    knock()
    answer = site.get("/quarantine").submit({}, action="/quarantine/adopt").follow()
    assert answer.title == "NEW 1"
    assert "Charging station NEW 1 is adopted" in answer.text
    view = station_records.find("NEW 1")
    assert (view.in_quarantine, view.boot_status) == (False, "Accepted")


def test_a_station_is_adopted_under_a_name(site):
    knock()
    page = site.get("/quarantine")
    page.submit({"name": " Hall "}, action="/quarantine/adopt")
    assert station_records.find("NEW 1").name == "Hall"


def test_a_name_that_cannot_be_stored_is_refused(site):
    knock()
    page = site.post("/quarantine/adopt", {"station_id": "NEW 1", "name": "x" * 256})
    assert page.status == 422
    assert "must not have more than 255 characters" in page.text
    assert quarantine.count() == 1


def test_an_ignored_station_can_be_taken_back(site):
    knock()
    page = site.get("/quarantine").submit({}, action="/quarantine/ignore").follow()
    assert "Charging station NEW 1 is ignored." in page.text
    assert page.texts("h2", "card-title") == ["Waiting", "Ignored"]
    assert quarantine.waiting() == ()
    page = page.submit({}, action="/quarantine/take-back").follow()
    assert page.texts("h2", "card-title") == ["Waiting"]
    assert [view.id for view in quarantine.waiting()] == ["NEW 1"]


def test_ignored_stations_are_paged(site, monkeypatch):
    monkeypatch.setattr("ocpp_core.web.pages.quarantine.PER_PAGE", 2)
    for number in range(3):
        knock(f"N{number}")
        quarantine.ignore(f"N{number}", NOW)
    page = site.get("/quarantine")
    assert [row[0] for row in page.rows()] == ["N0", "N1"]
    assert [row[0] for row in site.get(page.links()["Next"]).rows()] == ["N2"]


def test_a_station_is_forgotten(site):
    knock()
    page = site.get("/quarantine").submit({}, action="/quarantine/forget").follow()
    assert "Charging station NEW 1 is forgotten." in page.text
    with pytest.raises(NotFound):
        station_records.find("NEW 1")


def test_who_was_adopted_meanwhile_is_left_alone(site):
    station_records.add("CP1", StationChanges(boot_status="Rejected"), NOW)
    for action in ("ignore", "take-back", "forget"):
        assert site.post(f"/quarantine/{action}", {"station_id": "CP1"}).status == 404
    assert site.post("/quarantine/adopt", {"station_id": "CP1"}).status == 303
    assert station_records.find("CP1").boot_status == "Rejected"
    assert site.post("/quarantine/adopt", {"station_id": "nobody"}).status == 404


def test_only_administrators_look_and_act(site):
    knock()
    for role in (Role.OPERATOR, Role.VIEWER):
        visitor = site.as_role(role)
        assert visitor.get("/quarantine").status == 403
        for action in ACTIONS:
            answer = visitor.post(f"/quarantine/{action}", {"station_id": "NEW 1"})
            assert answer.status == 403
    for action in ACTIONS:
        answer = site.open("POST", f"/quarantine/{action}", data={"station_id": "NEW 1"})
        assert answer.status == 400
    assert quarantine.count() == 1
