"""Whatever a station says of itself, its pages show it as text."""

from __future__ import annotations

import pytest

from ocpp_core import clock
from ocpp_core.services import stations
from tests.support.busy_station import BOOT_FIELDS, busy_station

NOW = clock.utcnow()
PAYLOADS = {
    "script": "<script>alert(1)</script>{}",
    "image": "<img src=x onerror=alert(1)>{}",
    "attribute": "{}\" autofocus onfocus=alert(1) x='",
    "template": "{{{{7*7}}}}{{% raw %}}{}",
    "format": "%(x)s %s %n {{0}} {}",
    "comment": "--><!--{}]]>",
}
NOT_SHOWN = {"boot_reason", "username", "comment"}


@pytest.fixture(params=PAYLOADS)
def hostile(request, site):
    """A visitor of a site with a station whose texts are payloads, its id as well."""
    payload = PAYLOADS[request.param]
    site.hostile = True
    site.payload = payload
    site.id = payload.format("CP").replace("/", "_")
    busy_station(site.id, NOW, payload)
    return site


def test_all_pages_of_a_station_show_its_texts(hostile):
    shown = ""
    links = hostile.get("/stations").links()
    pages = [hostile.get("/stations"), hostile.get(links[hostile.payload.format("name")])]
    links = pages[1].links()
    edit = links[hostile.payload.format("1 name")]
    paths = [links["Edit"], links["Delete"], edit, "/connectors"]
    pages += [hostile.get(path) for path in paths]
    for page in pages:
        assert page.status == 200
        assert not [e for e in page.all("script") if "alert" in (e.text or "")]
        assert not [e for e in page.page.elements if e.get("onerror") or e.get("onfocus")]
        shown += page.text
    for name in (*BOOT_FIELDS, "1 error_code", "2 info", "limit source", "user", "action"):
        if name not in NOT_SHOWN:
            assert " ".join(hostile.payload.format(name).split()) in shown, name
    assert "49" not in shown


def test_the_panel_shows_its_texts(hostile):
    path = hostile.get("/stations").links()[hostile.payload.format("name")]
    panel = hostile.get(f"{path}/panel", headers={"HX-Request": "true"})
    assert " ".join(hostile.payload.format("1 info").split()) in panel.text


def test_the_quarantine_shows_what_unknown_stations_say(hostile):
    stations.take_into_quarantine(hostile.payload.format("NEW").replace("/", "_"), NOW)
    texts = [hostile.payload.format(name) for name in ("vendor", "model", "serial", "firmware")]
    vendor, model, serial, firmware = texts
    data = stations.BootData(
        vendor=vendor, model=model, serial_number=serial, firmware_version=firmware
    )
    stations.booted(hostile.payload.format("NEW").replace("/", "_"), data, NOW)
    page = hostile.get("/quarantine")
    (row,) = page.rows()
    assert row[1:4] == [" ".join(t.split()) for t in (f"{vendor} {model}", serial, firmware)]
    answer = page.submit({"name": hostile.payload}, action="/quarantine/adopt")
    assert answer.follow().title == " ".join(hostile.payload.split())
