"""Diagnostics (reference-behaviour, 7.11): problems first, and how many there are of what."""

from ocpp_core.domain.roles import Role
from tests.support.charging import add_connector, add_session, add_station, add_tag


def crowd():
    """Add a station that is fine, and one for each problem."""
    add_tag("TAG1", "Ada")
    add_station("CP1", "Fine")
    add_connector("CP1", 1, "Occupied", power_w=7000.0, soc_percent=40.0, meter_wh=1234500.0)
    add_session("CP1", active=True)
    add_station("CP2", "Gone", online=False)
    add_connector("CP2", 1, "Occupied")
    add_session("CP2", active=True)
    add_station("CP3", "Broken")
    add_connector("CP3", 1, "Faulted", error_code="OverVoltage", vendor_error_code="E7", info="hot")
    add_station("CP4", "Free")
    add_connector("CP4", 1)
    add_session("CP4", active=True)


def rows(page):
    """Return the rows by the name of the station, in their order."""
    return {row[0].split()[0]: row[1:] for row in page.rows()}


def test_problems_come_first_with_what_they_are(any_site):
    crowd()
    page = any_site.get("/diagnostics")
    assert list(rows(page)) == ["Broken", "Free", "Gone", "Fine"]
    assert page.texts("span", "problem-badge") == ["Status: Available", "Station offline!"]
    assert len(page.all("tr", "is-problem")) == 3


def test_a_row_tells_what_is_known(site):
    crowd()
    shown = rows(site.get("/diagnostics"))
    protocol, status, transaction, meter, power = shown["Fine"]
    assert "OCPP 1.6" in protocol
    assert status.startswith("Charging")
    assert transaction.endswith("\u00b7 Ada")
    assert meter.startswith("1,234.5 kWh")
    assert power == "7.0 kW | 40%"
    assert "OverVoltage (E7): hot" in shown["Broken"][1]
    assert shown["Free"][4] == "–"  # noqa: RUF001 - the dash of the page
    assert "Whole station" not in site.get("/diagnostics").text


def test_what_the_whole_station_says_is_shown(site):
    add_station("CP1", "Hall")
    add_connector("CP1", 0, "Faulted", error_code="GroundFailure")
    add_connector("CP1", 1)
    assert "Whole station: Faulted GroundFailure" in rows(site.get("/diagnostics"))["Hall"][1]


def test_four_figures_stand_on_top(site):
    crowd()
    page = site.get("/diagnostics")
    assert page.texts("dt") == ["Connectors", "Online", "Open transactions", "Issues"]
    assert page.texts("dd") == ["4", "3", "3", "3"]
    assert page.all("div", "figure-red")
    assert page.links()["Open transactions"].startswith("/transactions?state=active")


def test_without_connectors_it_says_where_they_come_from(site):
    page = site.get("/diagnostics")
    assert "No connectors yet" in page.text
    assert page.texts("dd") == ["0", "0", "0", "0"]
    assert not page.all("div", "figure-red")


def test_a_long_list_comes_in_pages(site, monkeypatch):
    monkeypatch.setattr("ocpp_core.web.pages.diagnostics.PER_PAGE", 3)
    crowd()
    page = site.get("/diagnostics")
    assert list(rows(page)) == ["Broken", "Free", "Gone"]
    assert list(rows(site.get(page.links()["Next"]))) == ["Fine"]
    assert site.get("/diagnostics?cursor=x").status == 400


def test_everybody_may_look(site):
    crowd()
    assert len(rows(site.as_role(Role.VIEWER).get("/diagnostics"))) == 4
    assert site.as_role(None).get("/diagnostics").status == 303


def test_it_speaks_german(site):
    crowd()
    site.headers = {"Accept-Language": "de"}
    page = site.get("/diagnostics")
    assert page.texts("dt") == ["Anschlüsse", "Online", "Offene Transaktionen", "Auffälligkeiten"]
    assert page.texts("span", "problem-badge") == ["Status: Verfügbar", "Station offline!"]
    assert rows(page)["Fine"][4] == "7,0 kW | 40 %"
