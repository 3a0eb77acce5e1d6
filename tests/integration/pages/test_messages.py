"""The pages of the message log: what was said is found, shown as it was, and comes by itself."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest

from ocpp_core import clock
from ocpp_core.services import walking
from ocpp_core.services.message_log import Entry
from ocpp_core.web.pages import messages
from tests.support.message_pages import actions, newest


def summaries(seen):
    """Return the lines of the list."""
    return [text for text in seen.texts("summary") if text != "As it was sent"]


def test_what_was_said_a_moment_ago_is_there(site, say):
    say()
    say("Reset", incoming=False, error_code="timeout", response=None, latency_ms=None)
    seen = site.get("/messages")
    assert seen.title == "Message log"
    first, second = summaries(seen)
    assert ("Reset" in first, "no answer in time" in first) == (True, True)
    for text in ("CP1", "BootNotification", "OK", "12.3 ms"):
        assert text in second
    assert ("To the station" in first, "From the station" in second) == (True, True)
    assert "No answer" in seen.text


def test_json_is_set_out_and_as_it_was_sent(site, say):
    request = '{"a":{"b":[1,12345678901234567890123]},"u":"\\u00fc\\ud800"}'
    say(request=request, response="[]")
    pretty, raw, *_ = seen_payloads(site.get("/messages"))
    assert json.loads(pretty.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    assert '"b": [' in pretty
    assert "12345678901234567890123" in pretty
    assert raw == request


def seen_payloads(seen):
    return ["".join(each.itertext()) for each in seen.all("pre")]


@pytest.mark.parametrize("text", ["no JSON", '{"a":', '"text"', "[" * 5000, "a\x07b\x9fc\nd"])
def test_what_is_no_json_is_shown_as_text(site, say, text):
    say("", request=text, response='["no",{}]', error_code="FormationViolation")
    (seen, detail) = (site.get("/messages"), site.get(f"/messages/{newest()}"))
    shown = text[: messages.BEGINNING].replace("\x07", "\N{SYMBOL FOR BELL}")
    shown = shown.replace("\x9f", "\N{REPLACEMENT CHARACTER}")
    assert seen_payloads(seen)[0] == shown
    assert actions(seen) == ["unreadable"]
    assert len(seen_payloads(detail)[0]) == len(text)


def test_long_payloads_are_cut_in_the_list_and_whole_alone(site, say):
    request = json.dumps({"text": "x" * 50_000, "end": "of it"})
    say(request=request)
    seen = site.get("/messages")
    assert "Only the beginning is shown here." in seen.text
    assert "of it" not in seen_payloads(seen)[0]
    assert '"end": "of it"' in seen_payloads(site.get(f"/messages/{newest()}"))[0]


def test_secrets_are_masked(site, say):
    say("ChangeConfiguration", request='{"key":"AuthorizationKey","value":"tr0ub4dor"}')
    for seen in (site.get("/messages"), site.get("/messages"), site.get(f"/messages/{newest()}")):
        assert "tr0ub4dor" not in seen.html
        assert "********" in seen.text


FILTERS = [
    ({"station_id": "CP2"}, ["Authorize"]),
    ({"direction": "out"}, ["Reset"]),
    ({"direction": "in"}, ["Heartbeat", "Authorize", "BootNotification"]),
    ({"action": "Heartbeat"}, ["Heartbeat"]),
    ({"error": "any"}, ["Reset", "Authorize"]),
    ({"error": "timeout"}, ["Reset"]),
    ({"error": "SecurityError"}, ["Authorize"]),
    ({"error": "OfAStation"}, []),
    ({"search": "needle"}, ["BootNotification"]),
    ({"search": "needle", "station_id": "CP2"}, []),
]


def test_the_list_is_filtered(any_site):
    log = any_site.app.extensions["ocpp_core"].message_log
    now = clock.utcnow()
    for action, changes in (
        ("BootNotification", {"request": '{"a":"Needle"}'}),
        ("Authorize", {"station_id": "CP2", "error_code": "SecurityError"}),
        ("Reset", {"incoming": False, "error_code": "timeout"}),
        ("Heartbeat", {}),
    ):
        fields = {"station_id": "CP1", "incoming": True, "message_id": "m", "request": "{}"}
        fields |= {"response": "{}", "error_code": None, "at": now, "latency_ms": 1.0, **changes}
        log.add(Entry(action=action, **fields))
    for query, expected in FILTERS:
        seen = any_site.get("/messages", query_string=query)
        assert actions(seen) == expected, query
        assert {name: [value] for name, value in query.items()}.items() <= filled(seen).items()
        assert ("No message fits these filters." in seen.text) == (not expected)


def filled(seen):
    """Return what stands in the filters."""
    return seen.form(button="Filter").values()


def test_a_period_is_one_of_the_visitors_zone(site, say):
    site.client.set_cookie("time_zone", "Asia/Tokyo")
    at = clock.parse("2026-05-01T16:30:00Z")  # 2 May, 01:30 in Tokyo
    say(at=at)
    say("Heartbeat", at=at - timedelta(hours=2))
    assert actions(site.get("/messages?from=2026-05-02&to=2026-05-02")) == ["BootNotification"]
    assert actions(site.get("/messages?from=2026-05-02T01:30&to=2026-05-02T01:31:30")) == [
        "BootNotification"
    ]
    seen = site.get("/messages?to=2026-05-01T16:30:00Z")
    assert actions(seen) == ["Heartbeat"]
    assert filled(seen)["to"] == ["2026-05-02T01:30:00"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("from=soon", "This is no date with a time."),
        ("from=a%07", "This is no date with a time."),
        ("to=9999-12-31", "This is no date with a time."),
        ("from=0001-01-01T00:00:00", "This is no date with a time."),
        ("direction=up", "Not a valid choice."),
        ("from=2026-05-02&to=2026-05-01", "The end must lie after the beginning."),
        ("search=" + "x" * 300, "must not have more than 255 characters"),
    ],
)
def test_filters_that_cannot_be_are_told_beside_their_field(site, say, query, told):
    say()
    seen = site.get(f"/messages?{query}")
    assert told in seen.texts("div", "invalid-feedback")
    assert actions(seen) == ["BootNotification"]


@pytest.mark.parametrize("cursor", ["x", "WzFd.", "WyJhIl0"])
def test_a_cursor_of_another_list_is_refused(site, cursor):
    assert site.get(f"/messages?cursor={cursor}").status == 400


def test_pages_hold_each_message_once(site, say):
    for number in range(messages.PER_PAGE + 2):
        say(f"A{number}")
    first = site.get("/messages?direction=in")
    second = site.get(first.links()["Next"])
    assert len(actions(first)) == messages.PER_PAGE
    assert actions(second) == ["A1", "A0"]
    assert "To the newest messages" in second.links()
    assert not second.all("button", "tail-pause")


def test_a_search_says_how_far_it_looked(site, say, monkeypatch):
    monkeypatch.setattr(walking, "BITE", 2)
    monkeypatch.setattr(walking, "BITES", 1)
    say("Old", request='"needle"')
    for _ in range(3):
        say()
    seen = site.get("/messages?search=needle")
    assert "Nothing found so far" in seen.text
    assert actions(site.get(seen.links()["Look further back"])) == ["Old"]


def test_an_empty_log_says_what_will_be_there(site):
    assert "There is no message yet." in site.get("/messages").text


@pytest.mark.parametrize(("level", "told"), [(0, "switched off"), (1, "are not kept"), (2, "")])
def test_what_is_not_kept_is_said(site, level, told):
    config = SimpleNamespace(message_log=level, message_log_days=7)
    site.app.extensions["ocpp_core"].config = config
    seen = site.get("/messages")
    assert told in seen.text
    assert bool(seen.all("div", "alert")) == (level < 2)
    assert "Messages are kept for 7 days." in seen.text


def test_one_message_leads_to_those_before_and_after(site, say):
    say("First")
    say("Other", station_id="CP2")
    say("Second", message_id="id-2")
    first, _, second = range(newest() - 2, newest() + 1) if site.get("/messages") else ()
    seen = site.get(f"/messages/{second}")
    assert seen.title == f"Message {second}"
    for text in ("Second", "CP1", "From the station", "OK", "12.3 ms", "id-2"):
        assert text in seen.text
    assert seen.links()["Before it"] == f"/messages/{first}"
    assert "After it" not in seen.links()
    assert seen.links()["Messages of this station"] == "/messages?station_id=CP1"
    assert "Before it" not in site.get(f"/messages/{first}").links()


@pytest.mark.parametrize("number", [0, 7, 10**25])
def test_a_message_that_is_not_there_is_not_found(site, number):
    assert site.get(f"/messages/{number}").status == 404
