"""The records of charge tags."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from ocpp_core.errors import AlreadyExists, InvalidInput, NotFound
from ocpp_core.services import authorization, tags
from ocpp_core.services.tags import TagChanges, TagView

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("store")


def add(tag_id="Tag1", **changes):
    return tags.add(tag_id, TagChanges(**changes), NOW)


def ids(**filters):
    found, cursor = [], None
    while True:
        page = tags.page(2, cursor, **filters)
        found += [tag.id for tag in page.items]
        cursor = page.next
        if cursor is None:
            return found


def test_a_tag_is_added_with_what_is_given():
    expires_at = NOW + timedelta(days=3)
    view = add(name="Ann", group="G", type="eMAID", expires_at=expires_at, blocked=True)
    assert view == TagView("Tag1", "eMAID", "Ann", "G", expires_at, True)
    assert tags.find("Tag1") == view


def test_a_plain_tag_never_expires_and_belongs_to_no_group():
    assert add() == TagView("Tag1", None, "", None, None, False)
    assert add("Tag2", group=" ", type="") == TagView("Tag2", None, "", None, None, False)


def test_upper_and_lower_case_are_one_tag():
    add("DEADbeef")
    with pytest.raises(AlreadyExists):
        add("deadBEEF")
    assert tags.find("deadbeef").id == "DEADbeef"
    assert tags.edit("DEADBEEF", TagChanges(name="Ann")).name == "Ann"
    view, created = tags.add_or_edit("deadbeef", TagChanges(blocked=True), NOW)
    assert (view.id, view.name, view.blocked, created) == ("DEADbeef", "Ann", True, False)
    tags.remove("dEaDbEeF")
    with pytest.raises(NotFound):
        tags.find("DEADbeef")


def test_an_unknown_tag_cannot_be_edited_or_removed():
    with pytest.raises(NotFound):
        tags.edit("x", TagChanges(name="y"))
    with pytest.raises(NotFound):
        tags.remove("x")


@pytest.mark.parametrize(
    ("tag_id", "changes", "field"),
    [
        ("", {}, "id"),
        (" a", {}, "id"),
        ("a\nb", {}, "id"),
        ("a\0", {}, "id"),
        ("x" * 256, {}, "id"),
        ("\ufb03" * 200, {}, "id"),  # folded it is three times as long
        ("a", {"name": "x" * 256}, "name"),
        ("a", {"group": "\x07"}, "group"),
        ("a", {"type": "x" * 21}, "type"),
    ],
)
def test_what_cannot_be_stored_is_refused_by_its_field(tag_id, changes, field):
    with pytest.raises(InvalidInput) as refusal:
        add(tag_id, **changes)
    assert set(refusal.value.fields) == {field}


def test_a_tag_is_valid_through_its_last_day():
    add(expires_at=date(2026, 5, 1))
    for moment, accepted in (
        (datetime(2026, 5, 1, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 5, 2, tzinfo=UTC), False),
    ):
        assert authorization.authorize("tag1", moment, cleans=True).accepted is accepted


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (None, None),
        (date(2026, 12, 31), datetime(2027, 1, 1, tzinfo=UTC)),
        (date.max, tags.LATEST),
        (datetime.max.replace(tzinfo=UTC), tags.LATEST),
        (datetime(2026, 1, 1, 1, 2, 3, 456789, UTC), datetime(2026, 1, 1, 1, 2, 3, 456000, UTC)),
        (
            datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))),
            datetime(2025, 12, 31, 23, tzinfo=UTC),
        ),
    ],
)
def test_an_expiry_is_a_day_or_a_moment(given, stored):
    assert add(expires_at=given).expires_at == stored
    assert tags.find("Tag1").expires_at == stored


def test_an_edit_changes_only_what_is_given():
    add(name="Ann", group="G", expires_at=NOW, blocked=True)
    assert tags.edit("Tag1", TagChanges(blocked=False)) == TagView(
        "Tag1", None, "Ann", "G", NOW, False
    )
    assert tags.edit("Tag1", TagChanges(group=None, expires_at=None)).group is None
    assert tags.edit("Tag1", TagChanges()) == TagView("Tag1", None, "Ann", None, None, False)


def test_pages_hold_every_tag_once_without_regard_to_case():
    for tag_id in ("b", "C", "a", "D", "e"):
        add(tag_id)
    assert ids() == ["a", "b", "C", "D", "e"]


def test_a_list_shows_a_group_or_the_blocked_ones():
    for number in range(6):
        add(f"T{number}", group="G" if number < 4 else None, blocked=number % 2 == 0)
    assert ids(group="G") == ["T0", "T1", "T2", "T3"]
    assert ids(blocked=True) == ["T0", "T2", "T4"]
    assert ids(blocked=False) == ["T1", "T3", "T5"]
    assert ids(group="G", blocked=True) == ["T0", "T2"]


def test_search_finds_parts_of_id_and_name():
    add("ABC123", name="M\u00fcller")
    add("ABD124", name="Ann", blocked=True)
    assert ids(search="bc1") == ["ABC123"]
    assert ids(search="M\u00dcLL") == ["ABC123"]
    assert ids(search="12") == ["ABC123", "ABD124"]
    assert ids(search="12", blocked=True) == ["ABD124"]
    assert ids(search="_") == []


@pytest.mark.parametrize(
    ("expires_at", "zone", "day"),
    [
        (None, "Europe/Berlin", None),
        (datetime(2027, 1, 1, tzinfo=UTC), "Europe/Berlin", date(2026, 12, 31)),  # told by REST
        (datetime(2027, 1, 1, tzinfo=UTC), "America/Los_Angeles", date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), "Europe/Berlin", date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), "America/Los_Angeles", date(2026, 12, 31)),
        (datetime(2027, 1, 1, 8, tzinfo=UTC), "America/Los_Angeles", date(2026, 12, 31)),
        (datetime(2026, 3, 29, 22, tzinfo=UTC), "Europe/Berlin", date(2026, 3, 29)),
        (datetime(2026, 3, 29, 22, 0, 1, tzinfo=UTC), "Europe/Berlin", date(2026, 3, 30)),
        (tags.LATEST, "Asia/Tokyo", date(9999, 12, 31)),
    ],
)
def test_the_last_day_is_that_of_who_looks(expires_at, zone, day):
    zone = ZoneInfo(zone)
    assert tags.last_day(expires_at, zone) == day
    if day is not None:
        assert tags.last_day(tags.end_of(day, zone), zone) == day
