"""Commands from pages to stations, through a real server: each end, leaving, and many that wait."""

from __future__ import annotations

import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.support.crowd import Crowd
from tests.support.fake_station import CallErrorAnswer, Disconnect, FakeStation, Silence
from tests.support.html_page import HtmlPage, text_of
from tests.support.records import Records
from tests.support.visitor import Visitor
from tests.support.waiting import until

TIMEOUT_S = 2.0  # of the shared server
CROWD = 100
HEARTBEAT = {"message": "Heartbeat"}

# What is proved here has nothing to do with the kind of database.
pytestmark = pytest.mark.parametrize("launch", ["sqlite"], indirect=True, scope="session")


@pytest.fixture(scope="module")
def visitor(server):
    with Visitor(server) as visitor:
        yield visitor


def path(station, name="trigger-message"):
    return f"/stations/{station.id}/commands/{name}"


def outcome(response):
    """Return how a command ended, as the page says it."""
    assert response.status_code == 200, response.text
    page = HtmlPage(response.text)
    (heading,) = [h for h in page.all("h2") if "command-outcome" in h.get("class", "")]
    return text_of(heading)


def history(records, station):
    return records.ask("GET", f"/stations/{station.id}/commands")["items"]


@pytest.mark.parametrize(
    ("version", "answer", "text"),
    [
        ("1.6", {"status": "Accepted"}, "Done The station will send the message."),
        ("2.0.1", {"status": "Rejected"}, "Not done The station rejected the request."),
        (
            "2.1",
            CallErrorAnswer("SecurityError", "no"),
            "Error The station answered with the error",
        ),
        ("1.6", Silence, "No answer The station did not answer in time."),
        ("2.0.1", Disconnect, "No answer The connection was lost before the station answered."),
    ],
)
def test_each_end_is_shown(visitor, records, open_station, version, answer, text):
    station = open_station(records.add_station(), version)
    station.answers["TriggerMessage"] = answer
    started = time.monotonic()
    assert outcome(visitor.send(path(station), **HEARTBEAT)).startswith(text)
    assert time.monotonic() - started < TIMEOUT_S + 2


def test_who_leaves_cancels_nothing(visitor, records, open_station):
    station = open_station(records.add_station())
    station.answers["TriggerMessage"] = Silence
    with pytest.raises(requests.Timeout):
        visitor.send(path(station), timeout_s=0.3, **HEARTBEAT)
    call = station.wait_for("TriggerMessage")
    waiting = visitor.get(f"/stations/{station.id}/commands").text
    assert "Waiting for the station" in waiting
    station.send_raw(json.dumps([3, call.message_id, {"status": "Accepted"}]))
    (entry,) = until(lambda: [e for e in history(records, station) if e["finished_at"]])
    assert (entry["status"], entry["user"]) == ("Accepted", "operator")


def test_two_who_send_at_once_get_their_own_answers(visitor, records, open_station):
    station = open_station(records.add_station())
    station.answers["UnlockConnector"] = lambda payload: {
        "status": "Unlocked" if payload["connectorId"] == 1 else "UnlockFailed"
    }
    with ThreadPoolExecutor(2) as pool:
        sent = [
            pool.submit(visitor.send, path(station, "unlock-connector"), **values)
            for values in ({"connector": n, "confirmed": "yes"} for n in (1, 2))
        ]
        texts = [outcome(each.result()) for each in sent]
    assert texts == [
        "Done The connector is unlocked.",
        "Not done The connector could not be unlocked.",
    ]


def test_many_silent_stations_hold_no_page_up(launch):
    with launch(call_timeout=30) as server, Visitor(server) as visitor:
        records = Records(server)
        ids = [records.add_station() for _ in range(CROWD)]
        swift = records.add_station()
        with Crowd(server, ids) as crowd, FakeStation(server.websocket_url, swift) as station:
            station.boot()
            paths = [f"/stations/{each}/commands/trigger-message" for each in ids]
            form = {"csrf_token": visitor.token, **HEARTBEAT}
            replies = crowd.send_form(paths, form, visitor.cookies)
            until(lambda: len(crowd.received) == CROWD, 20)
            times = [timed(lambda: visitor.get(f"/stations/{swift}/commands")) for _ in range(10)]
            sent = [timed(lambda: visitor.send(path(station), **HEARTBEAT)) for _ in range(5)]
            assert not any(reply.done() for reply in replies)
            crowd.lose()
            ends = [reply.result(20)[0] for reply in replies]
    assert statistics.median(times) < 1
    assert statistics.median(sent) < 1
    assert set(ends) == {303}


def timed(function):
    started = time.monotonic()
    assert function().status_code == 200
    return time.monotonic() - started
