"""Users: what is stored, who is believed, what each may change, and the first start."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from ocpp_core.domain.roles import Role
from ocpp_core.errors import AlreadyExists, InvalidInput, NotFound
from ocpp_core.models.people import ApiKey, User
from ocpp_core.services import api_keys, first_start, logins, passwords, people
from ocpp_core.storage.writer import reading, unit_of_work

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
# Hashing takes a tenth of a second by intention: where it does not matter, nothing is hashed.
on_sqlite = pytest.mark.usefixtures("sqlite_store")
on_all = pytest.mark.usefixtures("store")


@reading
def stored(model):
    return list(model.select().dicts())


def add(name, role=Role.VIEWER):
    return people.put(name, role, "no hash", NOW)[0]


def test_a_role_includes_those_below():
    order = [Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR]
    for place, role in enumerate(order):
        assert [role.includes(other) for other in order] == [n <= place for n in range(3)]


@on_sqlite
def test_a_user_is_believed_with_his_password_only():
    added = people.add_user("Ann", Role.OPERATOR, "secret", NOW)
    assert people.verify_user("ann", "secret") == added
    assert (added.name, added.role, added.created_at) == ("Ann", Role.OPERATOR, NOW)
    assert people.verify_user("Ann", "Secret") is None
    assert people.verify_user("Bob", "secret") is None
    assert people.verify_user("Ann", "x" * 2000) is None
    assert "secret" not in str(stored(User))


@on_all
def test_a_name_is_taken_whatever_its_case():
    add("Ann")
    with pytest.raises(AlreadyExists):
        people.add_user("ANN ", Role.OPERATOR, "other", NOW)
    assert people.find("ann").role is Role.VIEWER


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
@pytest.mark.parametrize("change", [people.add_user, people.add_or_edit_user])
def test_a_user_needs_a_name_and_a_password(change, name, password, field):
    with pytest.raises(InvalidInput) as refusal:
        change(name, Role.VIEWER, password, NOW)
    assert set(refusal.value.fields) == {field}


@on_sqlite
def test_nobody_gets_no_password():
    with pytest.raises(NotFound):
        people.set_password("Ann", "secret")
    assert not people.has_user("Ann")


@on_all
def test_users_come_in_the_order_of_their_names_page_by_page():
    for name in ("bob", "Ann", "Émile", "Carl"):
        add(name)
    first = people.users(3)
    assert [view.name for view in first.items] == ["Ann", "bob", "Carl"]
    assert [view.name for view in people.users(3, first.next).items] == ["Émile"]
    assert [view.name for view in people.users(search="ÉM").items] == ["Émile"]
    assert people.users(3, first.next).next is None


@on_all
def test_a_role_changes_at_once_and_nothing_else_does():
    add("Ann")
    people.set_preferences("Ann", language="de")
    assert people.edit_user("ANN", Role.OPERATOR) == people.find("Ann")
    assert (people.find("Ann").role, people.find("Ann").language) == (Role.OPERATOR, "de")
    for change in (lambda: people.edit_user("Bob", Role.VIEWER), lambda: people.remove_user("Bob")):
        with pytest.raises(NotFound):
            change()


@on_all
@pytest.mark.parametrize(
    "change",
    [
        lambda: people.edit_user("admin", Role.OPERATOR),
        lambda: people.remove_user("admin"),
        lambda: people.put("admin", Role.VIEWER, "no hash", NOW),
    ],
)
def test_the_last_administrator_stays_one(change):
    add("admin", Role.ADMINISTRATOR)
    add("Ann", Role.OPERATOR)
    with pytest.raises(InvalidInput) as refusal:
        change()
    assert "administrator" in str(refusal.value)
    assert people.find("admin").role is Role.ADMINISTRATOR
    assert people.edit_user("admin", Role.ADMINISTRATOR).role is Role.ADMINISTRATOR
    people.edit_user("Ann", Role.ADMINISTRATOR)
    change()
    assert people.find("Ann").role is Role.ADMINISTRATOR


@on_all
def test_of_two_administrators_who_remove_each_other_one_is_left():
    names = ["a", "b", "c", "d"]
    for name in names:
        add(name, Role.ADMINISTRATOR)
    threads = [threading.Thread(target=_try_to_remove, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(people.users().items) == 1


def _try_to_remove(name):
    try:
        people.remove_user(name)
    except InvalidInput:
        return


@on_all
def test_preferences_are_set_one_by_one():
    add("Ann")
    assert people.set_preferences("ann", language="de", time_zone="Europe/Berlin").theme == ""
    after = people.set_preferences("Ann", theme="dark")
    assert (after.language, after.time_zone, after.theme) == ("de", "Europe/Berlin", "dark")
    assert people.set_preferences("Ann", language="", time_zone="", theme="").theme == ""
    assert people.set_preferences("Ann") == people.find("Ann")
    with pytest.raises(NotFound):
        people.set_preferences("Bob", theme="dark")


@on_sqlite
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("language", "german please"),
        ("language", "de\n"),
        ("time_zone", "Mars/Base"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "/etc/localtime"),
        ("time_zone", "Europe"),
        ("time_zone", "Europe/Berlin\0"),
        ("time_zone", "x" * 5000),
        ("theme", "pink"),
    ],
)
def test_a_preference_is_one_of_those_there_are(field, value):
    add("Ann")
    with pytest.raises(InvalidInput) as refusal:
        people.set_preferences("Ann", **{field: value})
    assert set(refusal.value.fields) == {field}


@on_all
def test_another_password_ends_all_log_ins_but_the_present_one():
    add("Ann")
    add("Bob")
    mine, other, bobs = (logins.begin(name, "", "", NOW) for name in ("Ann", "Ann", "Bob"))
    people.set_password("Ann", "secret", except_token=mine)
    assert [logins.find(token, NOW) is None for token in (mine, other, bobs)] == [0, 1, 0]
    people.set_password("Ann", "secret")
    assert logins.find(mine, NOW) is None


@on_all
def test_who_is_removed_is_logged_out():
    add("Ann")
    token = logins.begin("Ann", "", "", NOW + timedelta(1))
    people.remove_user("Ann")
    assert logins.find(token, NOW) is None
    assert not people.has_user("Ann")


@on_sqlite
def test_a_weaker_hash_is_replaced_at_the_log_in(monkeypatch):
    people.add_user("Ann", Role.VIEWER, "secret", NOW)
    before = stored(User)[0]["password_hash"]
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=1024))
    assert people.verify_user("Ann", "secret") is not None
    assert stored(User)[0]["password_hash"] != before
    assert people.verify_user("Ann", "secret") is not None


@on_sqlite
def test_a_hash_that_cannot_be_read_is_nobodys_password():
    _store_hash("?")
    assert people.verify_user("Ann", "?") is None


@unit_of_work
def _store_hash(hashed):
    people.put("Ann", Role.VIEWER, hashed, NOW)


@on_sqlite
def test_the_first_start_makes_an_administrator_and_a_key_once():
    made = first_start.create_credentials(NOW)
    assert made is not None
    user = people.verify_user(made.user, made.password)
    assert (user.name, user.role) == ("admin", Role.ADMINISTRATOR)
    key = api_keys.find(made.api_key)
    assert (key.name, key.role) == ("first-start", Role.ADMINISTRATOR)
    assert first_start.create_credentials(NOW) is None


@on_sqlite
def test_where_a_user_exists_nothing_is_made():
    add("Ann")
    assert first_start.create_credentials(NOW) is None
    assert stored(ApiKey) == []


@on_all
def test_of_many_first_starts_at_once_one_wins():
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(first_start.create_credentials(NOW)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made is not None for made in results) == 1
    assert len(stored(User)) == 1
