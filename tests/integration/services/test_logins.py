"""Log-ins: a token is known while it is used, and refused from the moment it is ended."""

from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core.domain.roles import Role
from ocpp_core.errors import NotFound
from ocpp_core.models.people import LoginSession
from ocpp_core.services import logins, people
from ocpp_core.services.logins import LIFETIME, PRUNE_ROWS
from ocpp_core.storage import writer
from ocpp_core.storage.writer import reading, unit_of_work

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("ann")


@pytest.fixture
def ann(store):
    people.put("Bob", Role.VIEWER, "no hash", NOW)
    return people.put("Ann", Role.OPERATOR, "no hash", NOW)[0]


@reading
def stored():
    return list(LoginSession.select().order_by(LoginSession.id).dicts())


def settle():
    """Wait for what was handed to the writer before."""
    for number in range(writer.current().store.writers):
        key = next(k for k in map(str, range(1000)) if writer.current().share(k) == number)
        writer.current().run(lambda: None, key)


def shown(user_name=None, now=NOW):
    return [view.user_name for view in logins.listing(user_name, now=now).items]


def test_a_token_stands_for_its_user(ann):
    token = logins.begin("ANN", "192.0.2.7", "Firefox", NOW)
    known = logins.find(token, NOW)
    assert (known.user, known.began_at) == (ann, NOW)
    assert len(token) >= 43
    assert token not in str(stored())
    for wrong in ("", token + "x", token[:-1], "\ud800", "\0"):
        assert logins.find(wrong, NOW) is None


def test_each_log_in_has_a_token_of_its_own():
    assert logins.begin("Ann", "", "", NOW) != logins.begin("Ann", "", "", NOW)
    assert shown() == ["Ann", "Ann"]


def test_nobody_logs_in_who_does_not_exist():
    with pytest.raises(NotFound):
        logins.begin("Carl", "", "", NOW)


def test_a_changed_role_is_seen_at_the_next_request():
    token = logins.begin("Ann", "", "", NOW)
    people.edit_user("Ann", Role.VIEWER)
    assert logins.find(token, NOW).user.role is Role.VIEWER


def test_a_log_in_ends_72_hours_after_its_last_use():
    token = logins.begin("Ann", "", "", NOW)
    almost = NOW + LIFETIME - timedelta(seconds=1)
    assert logins.find(token, NOW + LIFETIME) is None
    assert logins.find(token, almost) is not None
    settle()
    assert logins.find(token, NOW + LIFETIME) is not None
    assert logins.find(token, almost + LIFETIME) is None
    assert shown(now=almost + LIFETIME) == []


def test_use_is_written_once_a_minute():
    token = logins.begin("Ann", "", "", NOW)
    seen = []
    for seconds in (0, 30, 59, 60, 61, 119, 120):
        logins.find(token, NOW + timedelta(seconds=seconds))
        settle()
        seen.append((stored()[0]["last_seen_at"] - NOW).total_seconds())
    assert seen == [0, 0, 0, 60, 60, 60, 120]


def test_use_that_cannot_be_written_refuses_nobody():
    token = logins.begin("Ann", "", "", NOW)
    writer.current().close()
    assert logins.find(token, NOW + timedelta(hours=1)) is not None


def test_who_logs_out_is_out():
    token, other = (logins.begin("Ann", "", "", NOW) for _ in range(2))
    logins.end(token)
    logins.end(token)
    assert logins.find(token, NOW) is None
    assert logins.find(other, NOW) is not None


def test_a_late_sign_of_use_revives_nothing():
    token = logins.begin("Ann", "", "", NOW)
    logins.end(token)
    logins._seen(stored_digest(token), NOW + timedelta(hours=1))
    assert stored() == []


def stored_digest(token):
    return logins.digests.digest(token)


def test_a_revoked_log_in_is_refused_at_once():
    token = logins.begin("Ann", "", "", NOW)
    (view,) = logins.listing("ann", now=NOW).items
    with pytest.raises(NotFound):
        logins.revoke(view.id, "Bob")
    logins.revoke(view.id, "ANN")
    assert logins.find(token, NOW) is None
    with pytest.raises(NotFound):
        logins.revoke(view.id)


def test_all_log_ins_of_a_user_end_but_the_one_kept():
    kept, *_ = (logins.begin("Ann", "", "", NOW) for _ in range(3))
    logins.begin("Bob", "", "", NOW)
    assert logins.revoke_all("ann", except_token=kept) == 2
    assert shown() == ["Bob", "Ann"]
    assert logins.revoke_all("Ann") == 1


def test_the_newest_log_in_is_listed_first_page_by_page():
    for name in ("Ann", "Bob", "Ann"):
        logins.begin(name, "2001:db8::1", "Firefox", NOW)
    assert shown() == ["Ann", "Bob", "Ann"]
    assert shown("ANN") == ["Ann", "Ann"]
    first = logins.listing(now=NOW, limit=2)
    (last,) = logins.listing(now=NOW, limit=2, cursor=first.next).items
    assert (last.user_name, last.address, last.agent) == ("Ann", "2001:db8::1", "Firefox")


def test_what_a_browser_says_of_itself_is_cut_and_cleaned():
    logins.begin("Ann", "a" * 300, "Fire\0\n\ud800fox" + "x" * 300, NOW)
    (view,) = logins.listing(now=NOW).items
    assert (len(view.address), len(view.agent), view.agent[:8]) == (64, 255, "Firefoxx")


def test_what_has_ended_by_itself_is_deleted_in_bites():
    _insert_many(PRUNE_ROWS + 1)
    token = logins.begin("Bob", "", "", NOW)
    assert [logins.prune(NOW + timedelta(hours=1)) for _ in range(2)] == [True, False]
    assert logins.find(token, NOW) is not None
    assert len(stored()) == 1


@unit_of_work
def _insert_many(number):
    user = logins._user("Ann").first().id
    rows = [
        {
            "digest": str(n),
            "user": user,
            "began_at": NOW,
            "last_seen_at": NOW,
            "expires_at": NOW,
            "address": "",
            "agent": "",
        }
        for n in range(number)
    ]
    LoginSession.insert_many(rows).execute()
