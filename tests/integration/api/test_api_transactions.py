"""Charging sessions over REST."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ocpp_core import clock
from ocpp_core.domain import metering
from ocpp_core.domain.connectors import ConnectorRef
from ocpp_core.domain.moments import Reported
from ocpp_core.domain.transactions import TransactionStart, TransactionStop
from ocpp_core.models.stations import Station
from ocpp_core.models.tags import Tag
from ocpp_core.services import transactions
from ocpp_core.services.transactions import Terms
from ocpp_core.storage.writer import unit_of_work
from tests.integration.api.support import NOW


@pytest.fixture(autouse=True)
def records(store):
    make_records()


@unit_of_work
def make_records():
    for station_id in ("CP1", "CP2"):
        Station.create(id=station_id, created_at=NOW)
    for tag in ("Alice", "Bob"):
        Tag.create(id=tag, folded=tag.lower(), created_at=NOW)


def start(station_id="CP1", evse_id=1, tag="Alice", minute=0):
    at = NOW + timedelta(minutes=minute)
    report = TransactionStart(ConnectorRef(evse_id), tag, 1000, Reported(at), clock.wire(at))
    return transactions.start(station_id, report, Terms(at)).transaction_id


def stop(number, station_id="CP1", minute=1):
    at = NOW + timedelta(minutes=minute)
    report = TransactionStop(number, 3500, Reported(at), "Bob", "EVDisconnected")
    transactions.stop(station_id, report, Terms(at))


def test_a_session_is_shown_while_it_is_active_and_when_it_has_ended(rest):
    number = start()
    active = rest.get(f"/transactions/{number}").get_json()
    assert active == {
        "id": number,
        "uid": str(number),
        "station_id": "CP1",
        "evse_id": 1,
        "connector_id": 1,
        "start_tag": "Alice",
        "started_at": "2026-01-01T12:00:00.000Z",
        "meter_start_wh": 1000,
        "stop_tag": None,
        "stopped_at": None,
        "meter_stop_wh": None,
        "energy_wh": 0,
        "stop_reason": None,
        "state": "active",
        "flags": [],
        "charging_state": None,
        "note": "",
    }
    stop(number)
    assert rest.get(f"/transactions/{number}").get_json() == {
        **active,
        "stop_tag": "Bob",
        "stopped_at": "2026-01-01T12:01:00.000Z",
        "meter_stop_wh": 3500,
        "energy_wh": 2500,
        "stop_reason": "EVDisconnected",
        "state": "ended",
        "flags": ["stopped-by-other"],
    }


def test_sessions_are_listed_newest_first_and_filtered(rest):
    first = start(minute=0)
    stop(first)
    second = start(station_id="CP2", tag="Bob", minute=10)
    third = start(evse_id=2, tag="ALICE", minute=20)
    assert ids(rest, "") == [third, second, first]
    assert ids(rest, "?station_id=CP1") == [third, first]
    assert ids(rest, "?station_id=CP1&evse_id=2") == [third]
    assert ids(rest, "?tag=alice") == [third, first]
    assert ids(rest, "?state=active") == [third, second]
    assert ids(rest, "?state=ended") == [first]
    assert ids(rest, "?from=2026-01-01T12:10:00Z") == [third, second]
    assert ids(rest, "?to=2026-01-01T13:10:00%2B01:00") == [first]
    assert ids(rest, "?station_id=nobody") == []


def test_sessions_are_listed_page_by_page(rest):
    numbers = [start(evse_id=evse_id, minute=0) for evse_id in range(1, 6)]
    found, cursor = [], ""
    while cursor is not None:
        page = rest.get(f"/transactions?limit=2{cursor and '&cursor='}{cursor}").get_json()
        found += [entry["id"] for entry in page["items"]]
        cursor = page["next"]
    assert found == sorted(numbers, reverse=True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=open", "state"),
        ("from=yesterday", "from"),
        ("to=2026-01-01", "to"),
        ("since=2026-01-01T00:00:00Z", "since"),
        ("evse_id=1", "evse_id"),
        ("station_id=CP1&evse_id=99999999999", "evse_id"),
        ("tag=%00", "tag"),
        ("cursor=WzFd", "cursor"),
    ],
)
def test_a_query_that_cannot_be_used_is_named(rest, query, field):
    refused = rest.get(f"/transactions?{query}")
    assert refused.status_code == 400
    assert list(refused.get_json()["errors"]) == [field]


@pytest.mark.parametrize("number", ["1", "0", "-1", "x", "99999999999999999999", "1.5"])
def test_an_unknown_number_is_not_found(rest, number):
    assert rest.get(f"/transactions/{number}").status_code == 404
    assert rest.get(f"/transactions/{number}/meter-values").status_code == 404
    closing = rest.post(f"/transactions/{number}/close", {"reason": "stuck"})
    assert closing.status_code == 404


def measure(number, minute, value):
    at = clock.wire(NOW + timedelta(minutes=minute))
    sample = {"value": value, "measurand": "Voltage", "phase": "L1", "unit": "V"}
    readings = metering.read([{"timestamp": at, "sampled_value": [sample]}], NOW)
    transactions.report_meter("CP1", ConnectorRef(1), readings, str(number), NOW)


def test_meter_values_are_listed_page_by_page(rest):
    number = start()
    measure(number, 2, "229.5")
    measure(number, 1, "231")
    path = f"/transactions/{number}/meter-values"
    first = rest.get(f"{path}?limit=1").get_json()
    last = rest.get(f"{path}?limit=1&cursor={first['next']}").get_json()
    values = [(v["at"], v["phase"], v["value"]) for v in first["items"] + last["items"]]
    assert values == [
        ("2026-01-01T12:01:00.000Z", "L1", 231),
        ("2026-01-01T12:02:00.000Z", "L1", 229.5),
    ]
    assert last["next"] is None
    assert rest.get(f"{path}?limit=x").status_code == 400


def test_a_stuck_session_is_closed_once_with_its_reason(rest):
    number = start()
    closed = rest.post(f"/transactions/{number}/close", {"reason": "station was replaced"})
    assert closed.status_code == 200
    assert closed.get_json()["state"] == "ended"
    assert closed.get_json()["flags"] == ["closed-by-operator"]
    assert closed.get_json()["note"] == "station was replaced"
    again = rest.post(f"/transactions/{number}/close", {"reason": "again"})
    assert again.get_json() == closed.get_json()


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": None}, {"reason": "a\x00"}])
def test_closing_needs_a_reason(rest, body):
    refused = rest.post(f"/transactions/{start()}/close", body)
    assert refused.status_code == 400
    assert list(refused.get_json()["errors"]) == ["reason"]


def ids(rest, query):
    return [entry["id"] for entry in rest.get(f"/transactions{query}").get_json()["items"]]
