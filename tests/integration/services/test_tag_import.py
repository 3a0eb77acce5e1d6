"""A file of tags is compared with the records, then recorded; again changes nothing."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from ocpp_core.services import tag_files, tag_import, tags
from ocpp_core.services.tag_import import Change, Result
from ocpp_core.services.tags import TagChanges, TagView

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
pytestmark = pytest.mark.usefixtures("store")

FILE = """id;name;group;expires;blocked
NEW1;Ann;G1;2026-12-31;0
old1;Bert;G1;;1
Old2;Carl;;31.12.2026;
;nobody;;;
NEW2;Dora;;soon;
"""


@pytest.fixture
def recorded(store):
    tags.add("OLD1", TagChanges(name="Bert", group="G0"), NOW)
    tags.add("OLD2", TagChanges(name="Carl", expires_at=date(2026, 12, 31)), NOW)


def read(text=FILE):
    return tag_files.read(text, BERLIN)


def compare(text=FILE):
    return tag_import.compare(read(text), BERLIN)


def take(text=FILE, *, whole=False):
    return tag_import.take(read(text), BERLIN, NOW, whole=whole)


@pytest.mark.usefixtures("recorded")
def test_a_preview_says_what_each_line_would_do():
    found = compare()
    assert [(each.line.number, each.outcome) for each in found] == [
        (2, "new"),
        (3, "changed"),
        (4, "unchanged"),
        (5, "error"),
        (6, "error"),
    ]
    assert found[1].changes == (Change("group", "G0", "G1"), Change("blocked", False, True))
    assert [change.field for change in found[0].changes] == ["name", "group", "expires_at"]
    assert [tag.id for tag in tags.page().items] == ["OLD1", "OLD2"]


@pytest.mark.usefixtures("recorded")
def test_the_good_lines_are_recorded():
    assert take() == Result(added=1, changed=1, unchanged=1, left=2)
    until = datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert tags.find("new1") == TagView("NEW1", None, "Ann", "G1", until, False)
    assert tags.find("old1") == TagView("OLD1", None, "Bert", "G1", None, True)
    assert tags.find("old2").expires_at == datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.usefixtures("recorded")
def test_again_changes_nothing():
    take()
    assert take() == Result(added=0, changed=0, unchanged=3, left=2)
    assert {each.outcome for each in compare()} == {"unchanged", "error"}


@pytest.mark.usefixtures("recorded")
def test_all_or_none():
    assert take(whole=True) == Result(added=0, changed=0, unchanged=0, left=5)
    assert len(tags.page().items) == 2
    assert take("id\nA\nB", whole=True) == Result(added=2, changed=0, unchanged=0, left=0)


def test_what_the_file_does_not_tell_stays():
    tags.add(
        "A", TagChanges(name="Ann", group="G", expires_at=NOW, blocked=True, type="eMAID"), NOW
    )
    assert take("id;name\na;Bert") == Result(added=0, changed=1, unchanged=0, left=0)
    assert tags.find("A") == TagView("A", "eMAID", "Bert", "G", NOW, True)
    assert take("id\na") == Result(added=0, changed=0, unchanged=1, left=0)


@pytest.mark.parametrize(
    ("recorded_at", "told", "outcome"),
    [
        (datetime(2027, 1, 1, tzinfo=UTC), "2026-12-31", "unchanged"),  # told as a day by REST
        (datetime(2026, 12, 31, 23, tzinfo=UTC), "2026-12-31", "unchanged"),
        (datetime(2026, 12, 31, 11, tzinfo=UTC), "2026-12-31", "unchanged"),
        (datetime(2026, 12, 30, 23, tzinfo=UTC), "2026-12-31", "changed"),
        (datetime(2026, 12, 31, 11, tzinfo=UTC), "2026-12-31 12:01", "changed"),
        (datetime(2026, 12, 31, 11, tzinfo=UTC), "2026-12-31 12:00", "unchanged"),
        (None, "2026-12-31", "changed"),
        (datetime(2026, 12, 31, 11, tzinfo=UTC), "", "changed"),
        (tags.LATEST, "9999-12-31", "unchanged"),
    ],
)
def test_a_day_is_compared_as_a_day(recorded_at, told, outcome):
    tags.add("A", TagChanges(expires_at=recorded_at), NOW)
    assert [each.outcome for each in compare(f"id;expires\nA;{told}")] == [outcome]


def test_a_long_file_is_recorded_in_bites(monkeypatch):
    monkeypatch.setattr(tag_import, "BITE", 7)
    text = "id;name\n" + "".join(f"T{number};n{number}\n" for number in range(50))
    assert take(text) == Result(added=50, changed=0, unchanged=0, left=0)
    assert len(tags.page(limit=100).items) == 50
    assert {each.outcome for each in compare(text)} == {"unchanged"}
