"""Users and API keys: what is stored, who is believed, and the first start."""

import threading
from datetime import UTC, datetime

import pytest

from ocpp_core.domain.roles import Role
from ocpp_core.errors import InvalidInput, NotFound
from ocpp_core.models.people import ApiKey, User
from ocpp_core.services import people
from ocpp_core.services.people import KeyView, UserView
from ocpp_core.storage.writer import reading

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
# Hashing takes a tenth of a second by intention: where the database does not matter, one is enough.
on_sqlite = pytest.mark.usefixtures("sqlite_store")
on_all = pytest.mark.usefixtures("store")


@reading
def stored(model):
    return list(model.select().dicts())


def test_a_role_includes_those_below():
    order = [Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR]
    for place, role in enumerate(order):
        assert [role.includes(other) for other in order] == [n <= place for n in range(3)]


@on_sqlite
def test_a_user_is_believed_with_his_password_only():
    assert people.add_or_edit_user("Ann", Role.OPERATOR, "secret", NOW)[1] is True
    assert people.verify_user("ann", "secret") == UserView("Ann", Role.OPERATOR)
    assert people.verify_user("Ann", "Secret") is None
    assert people.verify_user("Bob", "secret") is None
    assert people.verify_user("Ann", "x" * 2000) is None
    assert "secret" not in str(stored(User))


@on_sqlite
def test_adding_a_user_again_changes_him():
    people.add_or_edit_user("Ann", Role.VIEWER, "secret", NOW)
    view, created = people.add_or_edit_user("ANN", Role.OPERATOR, "other", NOW)
    assert (view.role, created, len(stored(User))) == (Role.OPERATOR, False, 1)
    people.set_password("ann", "third")
    assert people.verify_user("Ann", "third") is not None
    assert people.verify_user("Ann", "other") is None


@on_sqlite
@pytest.mark.parametrize(
    ("name", "password", "field"),
    [
        ("", "secret", "name"),
        ("a\tb", "secret", "name"),
        ("Ann", "", "password"),
        ("Ann", "x" * 1025, "password"),
    ],
)
def test_a_user_needs_a_name_and_a_password(name, password, field):
    with pytest.raises(InvalidInput) as refusal:
        people.add_or_edit_user(name, Role.VIEWER, password, NOW)
    assert set(refusal.value.fields) == {field}


@on_sqlite
def test_nobody_gets_no_password():
    with pytest.raises(NotFound):
        people.set_password("Ann", "secret")
    assert not people.has_user("Ann")


@on_all
def test_a_key_is_known_by_its_digest():
    key = people.add_api_key("meter", Role.VIEWER, NOW)
    assert key.startswith("ocpp_")
    assert len(key) >= 48
    assert people.find_api_key(key) == KeyView("meter", Role.VIEWER)
    assert people.find_api_key(key + "x") is None
    assert people.find_api_key("\ud800") is None
    assert key not in str(stored(ApiKey))


@on_all
def test_a_new_key_ends_the_old_one_of_its_name():
    old = people.add_api_key("meter", Role.VIEWER, NOW)
    assert people.has_api_key("meter")
    new = people.add_api_key("meter", Role.OPERATOR, NOW)
    assert people.find_api_key(old) is None
    assert people.find_api_key(new) == KeyView("meter", Role.OPERATOR)


@on_sqlite
def test_the_first_start_makes_an_administrator_and_a_key_once():
    made = people.first_start(NOW)
    assert made is not None
    assert people.verify_user(made.user, made.password) == UserView("admin", Role.ADMINISTRATOR)
    assert people.find_api_key(made.api_key) == KeyView("first-start", Role.ADMINISTRATOR)
    assert people.first_start(NOW) is None


@on_sqlite
def test_where_a_user_exists_nothing_is_made():
    people.add_or_edit_user("Ann", Role.VIEWER, "secret", NOW)
    assert people.first_start(NOW) is None
    assert stored(ApiKey) == []


@on_all
def test_of_many_first_starts_at_once_one_wins():
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(people.first_start(NOW))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made is not None for made in results) == 1
    assert len(stored(User)) == 1
