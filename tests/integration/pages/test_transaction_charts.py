"""What the chart of a transaction is drawn from, and what tells it to move."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

from ocpp_core import clock, events
from ocpp_core.models.transactions import MeterSample, SampleKind, Transaction
from ocpp_core.storage.writer import unit_of_work

START = datetime(2026, 5, 1, 10, tzinfo=UTC)
START_MS = clock.to_milliseconds(START)


@unit_of_work
def add(number, watts):
    """Add an active session with a sample of its power each second."""
    values = {"uid": str(number), "station_id": "CP1", "evse_id": 1, "started_at": START}
    Transaction.create(id=number, active=True, **values)
    SampleKind.create(id=1, measurand="Power.Active.Import", unit="W", location="Outlet")
    for second, value in enumerate(watts):
        at = START + timedelta(seconds=second)
        MeterSample.create(connector=1, at=at, kind=1, value=value, transaction=number)


def chart(site, query=""):
    answer = site.get(f"/transactions/1/chart.json{query}", headers={"Accept": "application/json"})
    assert answer.response.mimetype == "application/json"
    return json.loads(answer.response.data)


def test_a_chart_has_curves(any_site):
    add(1, [0, 7000, 7100])
    assert chart(any_site) == {
        "series": [
            {
                "measure": "power",
                "phase": "",
                "derived": False,
                "times": [START_MS, START_MS + 1000, START_MS + 2000],
                "values": [0.0, 7000.0, 7100.0],
            }
        ],
        "complete": True,
    }


def test_what_came_since_can_be_asked_for(site):
    add(1, [0, 7000, 7100])
    (series,) = chart(site, f"?since={START_MS + 1000}")["series"]
    assert (series["times"], series["values"]) == ([START_MS + 2000], [7100.0])
    assert chart(site, f"?since={START_MS + 5000}")["series"] == []


def test_a_moment_that_is_none_is_refused(any_site):
    add(1, [0])
    for since in ("", "x", "-1", "1.5", "9" * 15, "9" * 30, "%D9%A1"):
        assert any_site.get(f"/transactions/1/chart.json?since={since}").status == 400, since


def test_strangers_are_told_so_without_a_redirect(site):
    add(1, [0])
    stranger = site.as_role(None)
    for path, kind in (
        ("/transactions/1/chart.json", "application/json"),
        ("/live/transactions/1", "text/event-stream"),
    ):
        assert stranger.get(path, headers={"Accept": kind}).status == 401


def read(site, number=1):
    """Yield the events of a stream by name."""
    response = site.client.get(f"/live/transactions/{number}", buffered=False)
    assert response.status_code == 200
    assert response.mimetype == "text/event-stream"
    with closing(response):
        for part in response.response:
            for block in part.decode().strip().split("\n\n"):
                lines = dict(line.split(": ", 1) for line in block.splitlines())
                yield lines["event"], json.loads(lines["data"])


def test_the_stream_tells_of_this_transaction_alone(site):
    add(1, [0])
    place = {"station_id": "CP1", "at": START, "evse_id": 1, "connector_id": 1}
    told = {"meter_wh": 1.0, "power_w": 2.0, "soc_percent": None}
    stream = read(site)
    assert next(stream)[0] == "hello"
    events.publish(events.MeterRead(**place, transaction_id=2, **told))
    events.publish(events.StationDisconnected("CP1", START, "gone"))
    events.publish(events.MeterRead(**place, transaction_id=1, **told))
    name, values = next(stream)
    assert (name, values["transaction_id"], values["power_w"]) == ("MeterRead", 1, 2.0)
    ending = {"tag": None, "energy_wh": None, "reason": "Local"}
    events.publish(events.TransactionEnded(**place, transaction_id=1, **ending))
    assert next(stream)[0] == "TransactionEnded"
    stream.close()


def test_there_is_no_stream_of_an_unknown_transaction(site):
    assert site.get("/live/transactions/9").status == 404
