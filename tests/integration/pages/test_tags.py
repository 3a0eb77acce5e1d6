"""The pages of charge tags: the list, adding, changing, removing."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ocpp_core import clock
from ocpp_core.domain.roles import Role
from ocpp_core.services import tags
from ocpp_core.services.tags import TagChanges, TagView
from ocpp_core.web.localization import DASH
from ocpp_core.web.pages import tags as pages

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
NEW_YEAR = datetime(2026, 12, 31, 23, tzinfo=UTC)  # in Berlin


def add(tag_id, **changes):
    return tags.add(tag_id, TagChanges(**changes), NOW)


@pytest.fixture
def berlin(site):
    site.client.set_cookie("time_zone", "Europe/Berlin")
    return site


def names(seen):
    return [row[0] for row in seen.rows()]


# --- the list -----------------------------------------------------------------------------------


def test_tags_are_listed_by_name(berlin):
    add("04AA", name="Bert", group="G1", expires_at=date(2090, 12, 31))
    add("04BB", name="anna", blocked=True)
    add("04CC", expires_at=date(2020, 1, 31))
    seen = berlin.get("/tags")
    assert seen.title == "RFID tags"
    assert seen.rows() == [
        ["04CC expired", "04CC", DASH, "Jan 31, 2020", "no"],
        ["anna blocked", "04BB", DASH, DASH, "yes"],
        ["Bert", "04AA", "G1", "Dec 31, 2090", "no"],
    ]
    assert seen.links()["Bert"] == "/tags/edit/04AA"


def test_columns_sort_both_ways_and_pages_go_on_there(any_site, monkeypatch):
    site = any_site
    monkeypatch.setattr(pages, "PER_PAGE", 2)
    for tag_id, name, group, year in (
        ("A", "z", "1", 2091),
        ("B", "y", "3", 2093),
        ("C", "x", "2", 2092),
    ):
        add(tag_id, name=name, group=group, expires_at=date(year, 1, 1))
    orders = {"Name": "CBA", "RFID number": "ABC", "Group": "ACB", "Valid through": "ACB"}
    for title, order in orders.items():
        up = site.get(site.get("/tags?sort=").links()[title])
        if title == "Name":  # which is how it begins
            up = site.get(up.links()[title])
        down = site.get(up.links()[title])
        for first, wanted in ((up, order), (down, order[::-1])):
            rest = site.get(first.links()["Next"])
            assert "".join(row[1] for row in first.rows() + rest.rows()) == wanted, title


def test_the_list_is_filtered(site):
    add("04AA", name="Ann", group="G1")
    add("04BB", name="Bert", group="G2", blocked=True)
    for query, expected in (
        ("search=aa", ["Ann"]),
        ("search=ERT", ["Bert blocked"]),
        ("group=G1", ["Ann"]),
        ("blocked=true", ["Bert blocked"]),
        ("blocked=false", ["Ann"]),
        ("blocked=maybe", ["Ann", "Bert blocked"]),
        ("group=nobody", []),
    ):
        seen = site.get(f"/tags?{query}")
        assert names(seen) == expected, query
    assert "No RFID tag fits these filters." in seen.text
    assert {each.get("value") for each in seen.all("option")} >= {"G1", "G2"}


def test_an_unknown_order_is_refused(site):
    assert site.get("/tags?sort=colour").status == 400


def test_no_tags_yet_says_what_to_do(site):
    seen = site.get("/tags")
    assert "There is no RFID tag yet." in seen.text
    assert seen.links()["Learn the first card"] == "/tags/learn"


def test_others_look_and_administrators_change(site):
    add("04AA", name="Ann")
    visitor = site.as_role(Role.OPERATOR)
    seen = visitor.get("/tags")
    assert names(seen) == ["Ann"]
    assert not {"Ann", "New RFID tag", "Import", "Learn a card"} & seen.links().keys()
    for path in ("new", "edit/04AA", "delete/04AA", "import", "learn"):
        assert visitor.get(f"/tags/{path}").status == 403
    for path in ("new", "edit/04AA", "delete/04AA", "import", "import/take"):
        assert visitor.post(f"/tags/{path}").status == 403


# --- adding -------------------------------------------------------------------------------------


def test_a_tag_is_added(berlin):
    form = berlin.get("/tags/new")
    filled = {"id": " 04AB ", "name": "Ann", "group": "G", "expires": "2026-12-31", "blocked": True}
    done = form.submit(filled, button="Create").follow()
    assert "RFID tag 04AB was added." in done.text
    assert tags.find("04ab") == TagView("04AB", None, "Ann", "G", NEW_YEAR, True)


def test_a_number_alone_is_enough(site):
    site.get("/tags/new").submit({"id": "04AB"}, button="Create").follow()
    assert tags.find("04AB") == TagView("04AB", None, "", None, None, False)


@pytest.mark.parametrize(
    ("filled", "told"),
    [
        ({"id": ""}, "Required"),
        ({"id": "old"}, "Tag OLD exists"),
        ({"id": "x" * 256}, "must not have more than 255 characters"),
        ({"id": "A", "name": "x" * 256}, "must not have more than 255 characters"),
        ({"id": "A", "expires": "1969-12-31"}, "This day is too long ago."),
        ({"id": "A", "expires": "soon"}, "Not a valid date value."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(site, filled, told):
    add("OLD")
    answer = site.get("/tags/new").submit({"group": "G", **filled}, button="Create")
    assert answer.status == 422
    assert told in answer.text
    assert answer.form(button="Create").values()["group"] == ["G"]
    assert len(tags.page().items) == 1


def test_a_learned_number_is_filled_in_and_the_way_leads_back(site):
    seen = site.get("/tags/new?id=04AB&next=/tags/learn%3Fsince%3D5")
    answer = seen.submit({"name": "Ann"}, button="Create")
    assert tags.find("04AB").name == "Ann"
    assert answer.location == "/tags/learn?since=5"
    elsewhere = site.get("/tags/new?id=04AC&next=//evil.example/").submit(button="Create")
    assert elsewhere.location == "/"


# --- changing -----------------------------------------------------------------------------------


def test_a_tag_is_changed(berlin):
    add("04/AB?#%", name="Ann", group="G", blocked=True, expires_at=date(2090, 1, 1))
    seen = berlin.get(berlin.get("/tags").links()["Ann"])
    assert seen.title == "RFID tag 04/AB?#%"
    filled = {"name": "Bert", "group": "", "blocked": None, "expires": "2026-12-31"}
    done = seen.submit(filled, button="Save").follow()
    assert "RFID tag 04/AB?#% was changed." in done.text
    assert tags.find("04/AB?#%") == TagView("04/AB?#%", None, "Bert", None, NEW_YEAR, False)


@pytest.mark.parametrize(
    ("expires_at", "shown"),
    [
        (datetime(2027, 1, 1, tzinfo=UTC), "2026-12-31"),  # a day, told by a program
        (NEW_YEAR, "2026-12-31"),
        (datetime(2026, 12, 31, 11, 30, tzinfo=UTC), "2026-12-31"),
        (None, None),
    ],
)
def test_an_expiry_stays_exactly_as_long_as_its_day(berlin, expires_at, shown):
    add("A", expires_at=expires_at)
    seen = berlin.get("/tags/edit/a")
    assert seen.form(button="Save").values().get("expires", [""]) == [shown or ""]
    assert ("at an exact moment: Dec 31, 2026 12:30" in seen.text) == (
        expires_at is not None and expires_at.minute == 30
    )
    seen.submit({"name": "x"}, button="Save").follow()
    assert tags.find("A").expires_at == expires_at
    berlin.get("/tags/edit/A").submit({"expires": ""}, button="Save").follow()
    assert tags.find("A").expires_at is None


def test_a_change_that_cannot_be_is_told(site):
    add("A", name="Ann")
    answer = site.get("/tags/edit/A").submit({"name": "x" * 300}, button="Save")
    assert (answer.status, tags.find("A").name) == (422, "Ann")
    assert "must not have more than 255 characters" in answer.text


# --- removing -----------------------------------------------------------------------------------


def test_a_tag_is_deleted_when_its_number_is_typed(site):
    add("04AB", name="Ann")
    question = site.get(site.get("/tags/edit/04AB").links()["Delete"])
    assert "Its transactions stay" in question.text
    refused = question.submit({"typed_id": "04ac"}, button="Delete RFID tag")
    assert refused.status == 422
    assert tags.find("04AB")
    done = question.submit({"typed_id": " 04AB"}, button="Delete RFID tag").follow()
    assert "RFID tag 04AB was deleted." in done.text
    assert tags.page().items == ()


@pytest.mark.parametrize("path", ["edit", "delete"])
def test_an_unknown_tag_is_not_found(site, path):
    assert site.get(f"/tags/{path}/nobody").status == 404
    assert site.post(f"/tags/{path}/nobody").status == 404


# --- languages and payloads ---------------------------------------------------------------------


def test_it_is_german_for_germans(berlin):
    berlin.headers = {"Accept-Language": "de-DE"}
    add("A", name="Ann", blocked=True, expires_at=NEW_YEAR)
    seen = berlin.get("/tags")
    assert seen.title == "RFID-Karten"
    assert seen.rows() == [["Ann gesperrt", "A", DASH, "31.12.2026", "ja"]]
    answer = berlin.get("/tags/new").submit({"id": "a"}, button="Anlegen")
    assert "gibt es schon" in answer.text


PAYLOADS = (
    "<script>alert(1)</script>",
    "\" onmouseover=alert(1) x='",
    "{{7*7}}{% raw %}",
    "%(id)s %s",
    "?a=b&c=d#e;f=%41",
    "../../users",
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_whatever_is_written_is_text(site, payload):
    site.hostile = True
    add(payload, name=payload, group=payload, expires_at=clock.utcnow())
    seen = site.get("/tags")
    edit = site.get(seen.links()[payload])
    delete = site.get(edit.links()["Delete"])
    for each in (seen, edit, delete, site.get("/tags", query_string={"search": payload})):
        assert " ".join(payload.split()) in each.text
        assert not [e for e in each.page.elements for n in e.attrib if n.startswith("on")]
        assert not [e for e in each.all("script") if "src" not in e.attrib]
    done = delete.submit({"typed_id": payload}, button="Delete RFID tag").follow()
    assert payload in done.text
    new = site.get("/tags/new", query_string={"id": payload, "next": "javascript:alert(1)"})
    assert new.submit(button="Create").location == "/"
    assert tags.find(payload)
