"""Lists of tags: each order holds every tag once, whatever the pages."""

from datetime import UTC, date, datetime

import pytest

from ocpp_core.errors import InvalidInput
from ocpp_core.services import paging, tag_lists, tags, walking
from ocpp_core.services.tag_lists import SORTS
from ocpp_core.services.tags import TagChanges

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("store")


def add(tag_id, **changes):
    tags.add(tag_id, TagChanges(**changes), NOW)


@pytest.fixture
def several(store):
    add("T1", name="bert", group="North", expires_at=date(2026, 12, 31))
    add("t2", name="Anna", expires_at=date(2026, 6, 30), blocked=True)
    add("T3", name="Bert", group="east", blocked=True)
    add("t4", name="", group="north")
    add("T5", name="Zoe", group="North", expires_at=date(2026, 12, 31))


def ids(limit=2, **filters):
    found, cursor = [], None
    while True:
        page = tag_lists.page(limit, cursor, **filters)
        found += [tag.id for tag in page.items]
        cursor = page.next
        if cursor is None:
            return found


ORDERS = {
    "id": ["T1", "t2", "T3", "t4", "T5"],
    "name": ["t4", "t2", "T1", "T3", "T5"],
    "group": ["t2", "T3", "T1", "t4", "T5"],
    "expires_at": ["t2", "T1", "T5", "T3", "t4"],
}


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize("limit", [1, 2, 5])
@pytest.mark.parametrize("sort", SORTS)
def test_each_order_holds_every_tag_once(sort, limit):
    assert ids(limit, sort=sort) == ORDERS[sort]
    assert ids(limit, sort=f"-{sort}") == ORDERS[sort][::-1]


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize("sort", [*SORTS, *(f"-{sort}" for sort in SORTS)])
def test_filters_hold_in_each_order(sort):
    order = ORDERS[sort.removeprefix("-")][:: -1 if sort.startswith("-") else 1]
    expected = {
        ("group", "North"): {"T1", "T5"},
        ("blocked", True): {"t2", "T3"},
        ("blocked", False): {"T1", "t4", "T5"},
        ("search", "BERT"): {"T1", "T3"},
        ("search", "t4"): {"t4"},
    }
    for (name, value), wanted in expected.items():
        assert ids(1, sort=sort, **{name: value}) == [each for each in order if each in wanted]


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize("sort", SORTS)
def test_a_search_reads_a_part_and_goes_on_there(monkeypatch, sort):
    monkeypatch.setattr(walking, "BITE", 2)
    monkeypatch.setattr(walking, "BITES", 1)
    first = tag_lists.page(5, sort=sort, search="nothing")
    assert first.items == ()
    assert first.next
    assert set(ids(5, sort=sort, search="bert")) == {"T1", "T3"}


@pytest.mark.parametrize(
    ("sort", "cursor"),
    [
        ("colour", None),
        ("-", None),
        ("name", paging.encode("a")),
        ("id", paging.encode("a", "b")),
        ("expires_at", paging.encode("a", "b")),
        ("expires_at", paging.encode(2**62, "b")),
    ],
)
def test_unknown_orders_and_cursors_of_other_lists_are_refused(sort, cursor):
    with pytest.raises(InvalidInput):
        tag_lists.page(5, cursor, sort=sort)


@pytest.mark.usefixtures("several")
def test_groups_are_told_once_each():
    assert sorted(tag_lists.groups()) == ["North", "east", "north"]
    assert len(tag_lists.groups(2)) == 2


def test_without_tags_there_are_no_groups():
    assert tag_lists.groups() == ()
    assert tag_lists.of_tokens([]) == {}


@pytest.mark.usefixtures("several")
def test_tags_of_tokens_are_found_in_any_case():
    found = tag_lists.of_tokens(["t1", " T2", "T9"])
    assert {folded: tag.id for folded, tag in found.items()} == {"t1": "T1", "t2": "t2"}


@pytest.mark.parametrize("sort", ["name", "-name", "group", "-group"])
def test_pages_are_whole_whatever_the_alphabet(sort):
    names = ("\u00c4nne", "\u00e4nne", "\u0130", "Zoe", "\u03a3", "\U0001f697", "_", "%")
    for number, name in enumerate(names):
        add(f"T{number}", name=name, group=name)
    assert sorted(ids(1, sort=sort)) == [f"T{number}" for number in range(len(names))]
