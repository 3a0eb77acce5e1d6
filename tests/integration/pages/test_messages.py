"""The pages of the message log: what was said is found, shown as it was, and comes by itself."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from ocpp_core import clock
from ocpp_core.domain.roles import Role
from ocpp_core.services import message_search, walking
from ocpp_core.services.message_log import Entry
from ocpp_core.web.pages import messages

FRAGMENT = {"HX-Request": "true"}
BOOT = '{"chargePointVendor":"V","chargePointModel":"M"}'


@pytest.fixture
def say(site):
    """Let somebody say something; it waits in memory as in a server."""

    def add(action="BootNotification", **changes):
        given = {
            "station_id": "CP1",
            "incoming": True,
            "message_id": "m1",
            "action": action,
            "request": BOOT,
            "response": '{"status":"Accepted"}',
            "error_code": None,
            "at": clock.utcnow(),
            "latency_ms": 12.34,
            **changes,
        }
        site.app.extensions["ocpp_core"].message_log.add(Entry(**given))

    return add


def summaries(seen):
    """Return the lines of the list."""
    return [text for text in seen.texts("summary") if text != "As it was sent"]


def actions(seen):
    return seen.texts("span", "message-action")


def newest():
    return message_search.newest()


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


# --- the live tail ------------------------------------------------------------------------------


def tail_of(seen):
    """Return what the script is told."""
    (button,) = seen.all("button", "tail-pause")
    return button.get("data-url"), int(button.get("data-after"))


def test_the_tail_brings_what_is_new(site, say):
    say()
    url, after = tail_of(site.get("/messages?direction=in"))
    assert parse_qs(urlsplit(url).query) == {"direction": ["in"]}
    say("Authorize")
    say("Reset", incoming=False)
    news = site.get(f"{url}&after={after}", headers=FRAGMENT)
    assert actions(news) == ["Authorize"]
    (listed,) = news.all("ol")
    assert listed.get("data-told") == "1 new message"
    assert int(listed.get("data-newest")) == newest() == after + 2
    again = site.get(f"/messages/tail?after={newest()}", headers=FRAGMENT)
    assert (actions(again), again.all("ol")[0].get("data-told")) == ([], "")


def test_the_tail_brings_the_newest_of_many(site, say, monkeypatch):
    monkeypatch.setattr(messages, "MOST_NEW", 2)
    for number in range(4):
        say(f"A{number}")
    news = site.get("/messages/tail?after=0", headers=FRAGMENT)
    assert actions(news) == ["A3", "A2"]
    assert "Older new messages are left out here." in news.text


@pytest.mark.parametrize("after", ["", "x", "-1", "1.5", "9" * 30, "\u0661"])
def test_the_tail_wants_a_number(site, after):
    answer = site.get("/messages/tail", query_string={"after": after}, headers=FRAGMENT)
    assert answer.status == 400


def test_the_tail_is_no_page_of_its_own(site):
    assert site.get("/messages/tail?after=1").location == "/messages"


# --- who, and in which words --------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_everybody_who_is_logged_in_may_look(site, say, role):
    say()
    visitor = site.as_role(role)
    assert actions(visitor.get("/messages")) == ["BootNotification"]
    assert visitor.get(f"/messages/{newest()}").status == 200
    assert visitor.get("/messages/tail?after=0", headers=FRAGMENT).status == 200


def test_strangers_see_nothing(site, say):
    say()
    stranger = site.as_role(None)
    assert stranger.get("/messages").location.startswith("/login")
    assert stranger.get("/messages/tail?after=0", headers=FRAGMENT).status == 401


def test_it_is_german_for_germans(site, say):
    say(error_code="timeout", response=None)
    assert "no answer in time" in site.get("/messages").text
    site.headers = {"Accept-Language": "de-DE"}
    seen = site.get("/messages")
    for text in ("Nachrichtenprotokoll", "keine rechtzeitige Antwort", "12,3 ms", "Keine Antwort"):
        assert text in seen.text
    assert "Ladestation" in site.get(f"/messages/{newest()}").text
    site.headers = {"Accept-Language": "en"}
    assert "no answer in time" in site.get("/messages").text


PAYLOADS = (
    "<script>alert(1)</script>",
    "</pre></li></ol><img src=x onerror=alert(1)>",
    "\" onmouseover=alert(1) x='",
    "{{7*7}}{% raw %}",
    "javascript:alert(1)",
    "%(x)s %s",
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_whatever_stations_write_is_text(site, say, payload):
    site.hostile = True
    fields = ("station_id", "message_id", "action", "error_code", "request", "response")
    say(**dict.fromkeys(fields, payload))
    inside = json.dumps({payload: [payload]})
    say(request=inside, response=inside)
    pages = [site.get("/messages"), site.get("/messages/tail?after=0", headers=FRAGMENT)]
    pages += [site.get(f"/messages/{newest()}"), site.get(f"/messages/{newest() - 1}")]
    if not payload.startswith("javascript:"):  # harmless in a field, but the check cannot know
        pages.append(site.get("/messages", query_string={"error": payload, "action": payload}))
    for seen in pages:
        assert " ".join(payload.split()) in seen.text
        assert not [e for e in seen.page.elements for name in e.attrib if name.startswith("on")]
        scripts = [each for each in seen.all("script") if "src" not in each.attrib]
        assert scripts == []
        assert not [each for each in seen.all("img") if each.get("src") == "x"]
        for link in seen.all("a"):
            assert not link.get("href", "").startswith("javascript:")
