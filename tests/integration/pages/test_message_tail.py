"""The live tail of the message log, who may read it, and what stations may write into it."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from ocpp_core.domain.roles import Role
from ocpp_core.web.pages import messages
from tests.support.message_pages import FRAGMENT, actions, newest

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
