"""The tags that a form offers."""

from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core.services import tag_offers, tags
from ocpp_core.services.tags import TagChanges

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("store")


def add(tag_id, name="", **changes):
    tags.add(tag_id, TagChanges(name=name, **changes), NOW)


def ids(**options):
    return [offer.id for offer in tag_offers.offered(NOW, **options)]


def test_tags_come_by_name_and_those_without_by_id():
    for tag_id, name in [("Z", ""), ("T3", "Zoe"), ("a", ""), ("T1", "ann"), ("T2", "Bob")]:
        add(tag_id, name)
    assert ids() == ["T1", "T2", "T3", "a", "Z"]
    assert tag_offers.offered(NOW)[0].name == "ann"


def test_tags_that_may_not_charge_are_left_out():
    add("blocked", blocked=True)
    add("expired", expires_at=NOW)
    add("expires", expires_at=NOW + timedelta(seconds=1))
    assert ids() == ["expires"]


def test_no_more_than_some_are_offered():
    for number in range(5):
        add(f"T{number}", name=f"N{number}" if number < 2 else "")
    assert ids(most=3) == ["T0", "T1", "T2"]
    assert ids(most=2) == ["T0", "T1"]
