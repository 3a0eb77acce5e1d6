"""Learning cards: what is held to a reader while the page is open can be added."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ocpp_core import clock
from ocpp_core.events import TokenPresented
from ocpp_core.services import tags
from ocpp_core.services.tags import TagChanges

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def hold(site):
    """Hold a card to a reader."""

    def present(token, station_id="CP1", at=None):
        presented = site.app.extensions["ocpp_core"].presented
        presented.hear(TokenPresented(station_id, at or clock.utcnow(), token, "Invalid"))

    return present


def cards(seen):
    return [" ".join(text.split()) for text in seen.texts("strong")]


def test_cards_since_the_page_was_opened_appear(site, hold):
    hold("EARLIER", at=clock.utcnow() - timedelta(seconds=1))
    seen = site.get("/tags/learn")
    assert "Hold the card to the reader now" in seen.text
    hold("04AB")
    hold("04CD", "CP2")
    again = seen.submit(button="Look again")
    assert cards(again) == ["04CD", "04AB"]
    assert cards(again.submit({"station_id": "CP1"}, button="Look again")) == ["04AB"]
    assert "EARLIER" not in again.text


def test_a_card_is_added_with_one_click_and_the_next_may_come(site, hold):
    seen = site.get("/tags/learn?station_id=CP1")
    hold("04AB")
    form = site.get(seen.submit(button="Look again").links()["Add this card"])
    assert form.form(button="Create").values()["id"] == ["04AB"]
    done = form.submit({"name": "Ann"}, button="Create").follow()
    assert done.title == "Learn cards"
    assert "RFID tag 04AB was added." in done.text
    assert "is known: Ann" in done.text
    assert "Add this card" not in done.links()
    assert done.form(button="Look again").values()["station_id"] == ["CP1"]


def test_a_known_card_is_said_to_be_known(site, hold):
    tags.add("04ab", TagChanges(name="Ann"), clock.utcnow())
    seen = site.get("/tags/learn")
    hold("04AB")
    again = seen.submit(button="Look again")
    assert "is known: Ann" in again.text
    assert again.links()["Edit"] == "/tags/edit/04ab"


def test_the_page_asks_for_what_changed(site, hold):
    seen = site.get("/tags/learn")
    (asked,) = [each.get("hx-get") for each in seen.all("div") if each.get("hx-get")]
    assert site.get(asked, headers=FRAGMENT).status == 204
    hold("04AB")
    part = site.get(asked, headers=FRAGMENT)
    assert cards(part) == ["04AB"]
    (asked,) = [each.get("hx-get") for each in part.all("div") if each.get("hx-get")]
    assert site.get(asked, headers=FRAGMENT).status == 204
    tags.add("04AB", TagChanges(), clock.utcnow())
    assert "is known" in site.get(asked, headers=FRAGMENT).text


@pytest.mark.parametrize("since", ["", "x", "-5", "9" * 15, "9" * 40])
def test_an_odd_beginning_is_now_or_refused(site, since):
    assert site.get(f"/tags/learn?since={since}").status in (200, 400)
    assert site.get(f"/tags/learn/cards?since={since}", headers=FRAGMENT).status in (303, 400)


def test_the_part_is_no_page_of_its_own(site):
    assert site.get("/tags/learn/cards?since=5").location == "/tags/learn"


def test_whatever_a_reader_reads_is_text(site, hold):
    site.hostile = True
    seen = site.get("/tags/learn")
    payloads = ("<script>alert(1)</script>", "\" onclick=alert(1) x='", "{{7*7}}", "a\x07b")
    for payload in payloads:
        hold(payload, payload if payload.isprintable() else "CP1")
    again = seen.submit(button="Look again")
    for payload in payloads[:3]:
        assert payload in again.text
        form = site.get("/tags/new", query_string={"id": payload})
        assert form.form(button="Create").values()["id"] == [payload]
    assert not [e for e in again.page.elements for n in e.attrib if n.startswith("on")]
    assert "has characters that no number can have" in again.text
    assert len([name for name, url in again.links().items() if "/tags/new" in url]) <= 3
    assert site.get("/tags/new?id=a%07").status == 200
