"""Exports: CSV and XLSX with OCPP.Core's columns, read again."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from openpyxl import load_workbook

from ocpp_core.domain.roles import Role
from ocpp_core.models.stations import Connector, Station
from ocpp_core.models.tags import Tag
from ocpp_core.models.transactions import Transaction
from ocpp_core.services import transaction_export
from ocpp_core.storage.writer import unit_of_work
from ocpp_core.web import downloads

START = datetime(2026, 5, 1, 10, tzinfo=UTC)
MAY = "from=2026-05-01&to=2026-05-31"
LIST = ["Connector", "Start", "Start-Tag", "Start-Meter", "Stop", "Stop-Tag", "Stop-Meter"]
LIST += ["Charged"]
DETAILS = ["Transaction ID", "Charging station", "Connector", "Start-Tag ID", "Start-Tag", "Group"]
DETAILS += ["Start", "Start-Meter", "Stop-Tag ID", "Stop-Tag", "Stop", "Stop-Meter", "Energy (kWh)"]


@pytest.fixture
def site(site):
    """A visitor in Berlin, with a station and a tag."""
    site.client.set_cookie("time_zone", "Europe/Berlin")
    furnish()
    return site


@unit_of_work
def furnish():
    Station.create(id="CP1", name="Hall", created_at=START)
    for evse, name in ((1, "left"), (2, "")):
        Connector.create(station="CP1", evse_id=evse, connector_id=1, name=name)
    Tag.create(id="ann", folded="ann", name="Ann Müller", group="Sales; North", created_at=START)


@unit_of_work
def add(number, minutes=0, **values):
    at = START + timedelta(minutes=minutes)
    defaults = {"uid": str(number), "station_id": "CP1", "evse_id": 1, "connector_id": 1}
    defaults |= {"active": False, "start_tag": "Ann", "started_at": at}
    defaults |= {"meter_start_wh": 1000.0, "meter_last_wh": 6500.4}
    values = defaults | values
    if not values["active"]:
        values = {"stopped_at": at + timedelta(hours=1), "stop_tag": "other"} | values
    values.setdefault("tag_folded", (values["start_tag"] or "").lower() or None)
    Transaction.create(id=number, **values)


def read(answer, encoding="utf-8-sig"):
    assert answer.status == 200, answer.text
    text = answer.response.data.decode(encoding)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True))


def sheet(answer):
    assert answer.status == 200, answer.text
    assert int(answer.response.headers["Content-Length"]) == len(answer.response.data)
    return load_workbook(io.BytesIO(answer.response.data)).active


def name(answer):
    return answer.response.headers["Content-Disposition"]


def test_the_list_has_the_columns_of_ocpp_core(site):
    add(1)
    add(2, 5, active=True, start_tag="gone", evse_id=2)
    head, active, ended = read(site.get("/transactions/export.csv"))
    assert head == LIST
    assert ended[:4] == ["left", "5/1/2026 12:00:00 PM", "Ann Müller", "1"]
    assert ended[4:] == ["5/1/2026 1:00:00 PM", "other", "6.5", "5.5"]
    assert active == ["Hall:2", "5/1/2026 12:05:00 PM", "gone", "1", "", "", "", "5.5"]


def test_details_have_the_columns_of_ocpp_core(site):
    add(1)
    add(2, 5, evse_id=2, start_tag=None, meter_start_wh=None, station_id="removed")
    head, one, two = read(site.get(f"/report/details.csv?{MAY}"))
    assert head == DETAILS
    assert one == [
        *("1", "Hall", "left", "Ann", "Ann Müller", "Sales; North", "5/1/2026 12:00:00 PM", "1"),
        *("other", "", "5/1/2026 1:00:00 PM", "6.5", "5.5"),
    ]
    assert two[:6] == ["2", "removed", "2", "", "", ""]
    assert two[-2:] == ["6.5", ""]


def test_the_summary_has_the_columns_of_ocpp_core(site):
    add(1)
    add(2, meter_last_wh=1000.6)
    add(3, start_tag="gone")
    assert read(site.get(f"/report/summary.csv?{MAY}")) == [
        ["Group", "Charge-Tag", "Energy"],
        ["", "gone", "5.5"],
        ["Sales; North", "Ann Müller", "5.501"],
    ]


def test_german_files_are_what_a_german_spreadsheet_expects(site):
    add(1)
    site.headers["Accept-Language"] = "de"
    head, row = read(site.get("/transactions/export.csv"))
    assert head[:4] == ["Anschluss", "Beginn", "RFID-Karte", "Beginn-Zähler"]
    assert head[4:] == ["Ende", "RFID-Karte", "Ende-Zähler", "Geladen"]
    assert row[1:4] == ["01.05.2026 12:00:00", "Ann Müller", "1"]
    assert row[-1] == "5,5"
    found = sheet(site.get(f"/report/summary.xlsx?{MAY}"))
    assert found.title == "RFID Auswertung"
    assert [cell.value for cell in found[1]] == ["Gruppe", "RFID-Karte", "Energie"]


def test_sheets_have_numbers_and_dates(site):
    add(1)
    found = sheet(site.get(f"/report/details.xlsx?{MAY}"))
    assert found.title == "Transactions"
    assert [cell.value for cell in found[1]] == DETAILS
    row = [cell.value for cell in found[2]]
    assert (row[0], row[6], row[7]) == (1, datetime.fromisoformat("2026-05-01T12:00:00"), 1)
    assert row[12] == 5.5
    listed = sheet(site.get("/transactions/export.xlsx"))
    assert [cell.value for cell in listed[1]] == LIST
    assert listed["H2"].value == 5.5


def test_older_programs_get_iso_8859_1(site):
    add(1, start_tag="€")
    answer = site.get(f"/report/details.csv?{MAY}&encoding=latin1")
    assert answer.response.content_type == "text/csv; charset=iso-8859-1"
    assert read(answer, "iso-8859-1")[1][3] == "?"
    assert answer.response.data[:14] == b"Transaction ID"
    plain = site.get(f"/report/details.csv?{MAY}")
    assert plain.response.content_type == "text/csv; charset=utf-8"
    assert plain.response.data[:3] == b"\xef\xbb\xbf"
    assert site.get(f"/report/details.csv?{MAY}&encoding=utf-7").status == 400


HOSTILE = ["=cmd|' /C calc'!A0", "+1", "@x", 'a"b;c', "a\nb", "\N{HIGH VOLTAGE SIGN}", "ä"]


def test_what_stations_and_people_write_stays_in_its_cell(site):
    for number, text in enumerate(HOSTILE, start=1):
        add(number, number, start_tag=text, stop_tag=text, station_id=text, evse_id=None)
    rows = read(site.get(f"/report/details.csv?{MAY}"))[1:]
    found = sheet(site.get(f"/report/details.xlsx?{MAY}"))
    for line, (text, row) in enumerate(zip(HOSTILE, rows, strict=True), start=2):
        guarded = f"'{text}" if text[0] in "=+@" else text
        assert [row[1], row[3], row[8]] == [guarded] * 3
        cells = [found[f"{column}{line}"] for column in "BDI"]
        assert [(cell.value, cell.data_type) for cell in cells] == [(text, "s")] * 3


def test_the_list_is_exported_with_the_filters_of_its_page(site, monkeypatch):
    monkeypatch.setattr(transaction_export, "BITE", 1)
    add(1)
    add(2, 10, evse_id=2)
    add(3, 20, start_tag="Bob", active=True)
    for number in range(4, 7):
        add(number, 24 * 60 * 40 + number)

    def starts(query):
        return [row[1] for row in read(site.get(f"/transactions/export.csv?{query}"))[1:]]

    assert len(starts("")) == 6
    assert starts("station_id=CP1&evse_id=2") == ["5/1/2026 12:10:00 PM"]
    assert starts("tag=bob") == starts("state=active") == ["5/1/2026 12:20:00 PM"]
    assert len(starts(MAY)) == 3
    assert starts(f"{MAY}&sort=started_at") == starts(MAY)[::-1]
    assert starts("station_id=nobody") == []
    assert site.get("/transactions/export.csv?state=odd").status == 400
    assert site.get("/transactions/export.xlsx?evse_id=1").status == 400


def test_files_are_named_for_what_is_in_them(site):
    add(1)
    path = "/transactions/export"
    assert name(site.get(f"{path}.csv")) == 'attachment; filename="Transactions.csv"'
    told = name(site.get(f"{path}.xlsx?station_id=CP1&evse_id=2"))
    assert told == 'attachment; filename="Transactions_Hall_2.xlsx"'
    assert "Transactions_left.csv" in name(site.get(f"{path}.csv?station_id=CP1&evse_id=1"))
    with time_machine.travel(datetime(2026, 6, 1, 23, 4, 5, tzinfo=UTC), tick=False):
        visitor = site.as_role(Role.VIEWER)
        visitor.client.set_cookie("time_zone", "Europe/Berlin")
        assert "ChargeReport_20260602010405.csv" in name(visitor.get("/report/summary.csv"))
        assert "AllTransactions_20260602010405.xlsx" in name(visitor.get("/report/details.xlsx"))


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ('a/b\\c:d*e?f"g<h>i|j', "a_b_c_d_e_f_g_h_i_j"),
        ("line\r\nSet-Cookie: x", "line__Set-Cookie_ x"),
        ("exe\N{RIGHT-TO-LEFT OVERRIDE}vsc", "exe_vsc"),
        ("x; filename=y%", "x_ filename=y_"),
        ("Säule", "Säule"),
        ("  .hidden. ", "hidden"),
        ("...", "_"),
        ("x" * 300, "x" * 100),
    ],
)
def test_names_of_files_are_legal_everywhere(text, cleaned):
    assert downloads.clean(text) == cleaned


def test_names_beyond_ascii_are_told_in_both_ways(site):
    query = "?station_id=S%C3%A4ule&evse_id=1"
    told = name(site.get(f"/transactions/export.csv{query}"))
    assert told == (
        'attachment; filename="Transactions_S_ule_1.csv";'
        " filename*=UTF-8''Transactions_S%C3%A4ule_1.csv"
    )


def test_other_kinds_of_files_are_not_known(site):
    assert site.get("/transactions/export.pdf").status == 404
