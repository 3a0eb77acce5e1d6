"""API keys: known by their digest, told once, named once."""

from datetime import UTC, datetime

import pytest

from ocpp_core.domain.roles import Role
from ocpp_core.errors import AlreadyExists, InvalidInput, NotFound
from ocpp_core.models.people import ApiKey
from ocpp_core.services import api_keys
from ocpp_core.services.api_keys import KeyView
from ocpp_core.storage.writer import reading

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("store")


@reading
def stored():
    return str(list(ApiKey.select().dicts()))


def test_a_key_is_known_by_its_digest():
    key = api_keys.add("meter", Role.VIEWER, NOW)
    assert key.startswith("ocpp_")
    assert len(key) >= 48
    assert api_keys.find(key) == KeyView("meter", Role.VIEWER, NOW) == api_keys.by_name(" meter")
    assert api_keys.find(key + "x") is None
    assert api_keys.find("\ud800") is None
    assert key not in stored()


def test_a_name_is_taken_once():
    key = api_keys.add("meter", Role.VIEWER, NOW)
    with pytest.raises(AlreadyExists):
        api_keys.add("meter ", Role.OPERATOR, NOW)
    assert api_keys.find(key).role is Role.VIEWER


def test_a_new_key_ends_the_old_one_of_its_name():
    old = api_keys.add_or_replace("meter", Role.VIEWER, NOW)
    assert api_keys.exists("meter")
    new = api_keys.add_or_replace("meter", Role.OPERATOR, NOW)
    assert api_keys.find(old) is None
    assert api_keys.find(new).role is Role.OPERATOR


def test_a_removed_key_is_refused_at_once():
    key = api_keys.add("meter", Role.VIEWER, NOW)
    api_keys.remove("meter")
    assert api_keys.find(key) is None
    assert not api_keys.exists("meter")
    for look in (api_keys.remove, api_keys.by_name):
        with pytest.raises(NotFound):
            look("meter")


def test_keys_come_in_the_order_of_their_names_page_by_page():
    for name in ("b", "a", "c"):
        api_keys.add(name, Role.VIEWER, NOW)
    first = api_keys.page(2)
    assert [view.name for view in first.items] == ["a", "b"]
    assert [view.name for view in api_keys.page(2, first.next).items] == ["c"]


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 256])
def test_a_key_needs_a_name(name):
    for add in (api_keys.add, api_keys.add_or_replace):
        with pytest.raises(InvalidInput) as refusal:
            add(name, Role.VIEWER, NOW)
        assert set(refusal.value.fields) == {"name"}
