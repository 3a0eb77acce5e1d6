"""Finding exchanges in the message log: newest first, by what is known of them."""

from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core.errors import InvalidInput, NotFound
from ocpp_core.services import message_filters, message_search, walking
from ocpp_core.services.message_log import ALL, Entry, MessageLog
from ocpp_core.services.message_search import Filters

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("store")


def log(*entries):
    """Write exchanges, the oldest first, one a minute up to NOW."""
    message_log = MessageLog(ALL, 30)
    for number, changes in enumerate(entries):
        given = {
            "station_id": "CP1",
            "incoming": True,
            "message_id": f"m{number}",
            "action": "Heartbeat",
            "request": "{}",
            "response": "{}",
            "error_code": None,
            "at": NOW - timedelta(minutes=len(entries) - 1 - number),
            "latency_ms": 1.5,
            **changes,
        }
        message_log.add(Entry(**given))
    message_log.flush()


def names(limit=100, cursor=None, **filters):
    page = message_search.page(Filters(**filters), limit, cursor)
    return [message.message_id for message in page.items]


def all_names(limit, **filters):
    """Return what all pages show, and how many there were."""
    found, cursor, pages = [], None, 0
    while True:
        page = message_search.page(Filters(**filters), limit, cursor)
        found += [message.message_id for message in page.items]
        cursor, pages = page.next, pages + 1
        if cursor is None:
            return found, pages


def test_an_exchange_is_one_row_with_request_reply_and_latency():
    log({"action": "Authorize", "request": '{"idTag":"A"}', "response": '{"a":1}'})
    (message,) = message_search.page(Filters()).items
    assert (message.action, message.direction, message.at) == ("Authorize", "in", NOW)
    assert (message.request, message.response, message.latency_ms) == (
        '{"idTag":"A"}',
        '{"a":1}',
        1.5,
    )
    assert message_search.find(message.id) == message


def test_the_newest_come_first_and_pages_hold_each_once():
    log(*[{} for _ in range(7)])
    assert all_names(3) == (["m6", "m5", "m4", "m3", "m2", "m1", "m0"], 3)
    assert all_names(7) == (["m6", "m5", "m4", "m3", "m2", "m1", "m0"], 1)


MIXED = (
    {"action": "BootNotification"},
    {"action": "Reset", "incoming": False, "error_code": "timeout", "response": None},
    {"action": "MeterValues", "error_code": "TypeConstraintViolation"},
    {"action": "BootNotification", "station_id": "CP2", "error_code": "SecurityError"},
    {"action": "Reset", "incoming": False, "station_id": "CP2"},
    {"action": "Heartbeat"},
)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"station_id": "CP2"}, ["m4", "m3"]),
        ({"station_id": "cp2"}, []),
        ({"direction": "out"}, ["m4", "m1"]),
        ({"direction": "in"}, ["m5", "m3", "m2", "m0"]),
        ({"direction": "out", "station_id": "CP1"}, ["m1"]),
        ({"action": "BootNotification"}, ["m3", "m0"]),
        ({"action": "Heartbeat"}, ["m5"]),
        ({"action": "MeterValues", "station_id": "CP1"}, ["m2"]),
        ({"action": "Reset", "direction": "out"}, ["m4", "m1"]),
        ({"action": "Reset", "direction": "in"}, []),
        ({"errors": True}, ["m3", "m2", "m1"]),
        ({"errors": True, "station_id": "CP2"}, ["m3"]),
        ({"errors": True, "direction": "out"}, ["m1"]),
        ({"errors": True, "action": "MeterValues"}, ["m2"]),
        ({"error_code": "timeout"}, ["m1"]),
        ({"error_code": "timeout", "station_id": "CP2"}, []),
        ({"errors": True, "direction": "in", "action": "BootNotification"}, ["m3"]),
    ],
)
def test_filters_join(filters, expected):
    log(*MIXED)
    assert names(**filters) == expected
    assert all_names(1, **filters)[0] == expected


def test_text_is_found_in_request_and_response():
    log(
        {"request": '{"idTag":"ABC"}'},
        {"response": '{"status":"abc"}'},
        {"request": "no JSON: 100%_M\u00fcller"},
        {"response": None},
    )
    assert names(text="abc") == ["m1", "m0"]
    assert names(text=" idtag ") == ["m0"]
    assert names(text="M\u00dcLLER") == ["m2"]
    assert names(text="%_") == ["m2"]
    assert names(text="%B") == []
    assert names(text=" ") == ["m3", "m2", "m1", "m0"]
    assert names(text="abc", station_id="CP2") == []


def test_a_period_begins_with_its_first_moment_and_ends_before_its_last():
    log(*[{} for _ in range(4)])
    minute = timedelta(minutes=1)
    assert names(since=NOW - minute) == ["m3", "m2"]
    assert names(until=NOW - minute) == ["m1", "m0"]
    assert names(since=NOW - 2 * minute, until=NOW) == ["m2", "m1"]
    assert names(since=NOW + minute) == []
    assert all_names(1, since=NOW - 2 * minute, until=NOW)[0] == ["m2", "m1"]


def test_a_period_far_back_is_reached_without_reading_what_lies_between(monkeypatch):
    monkeypatch.setattr(message_filters, "_NEIGHBOURS", 1)
    monkeypatch.setattr(walking, "BITE", 3)
    monkeypatch.setattr(walking, "BITES", 2)
    hours = [{"at": NOW - timedelta(hours=40 - number)} for number in range(40)]
    log(*hours)
    since, until = NOW - timedelta(hours=30), NOW - timedelta(hours=28)
    assert all_names(5, since=since, until=until) == (["m11", "m10"], 1)
    assert all_names(5, since=since, until=until, station_id="CP1") == (["m11", "m10"], 1)
    assert all_names(1, since=since, until=until)[0] == ["m11", "m10"]


def test_rows_whose_exchange_ended_late_belong_to_their_period(monkeypatch):
    """A command waits for an hour at most; its row is written when it has ended."""
    monkeypatch.setattr(message_filters, "_NEIGHBOURS", 1)
    late = {"at": NOW - timedelta(minutes=59), "message_id": "late"}
    log({"at": NOW - timedelta(hours=2)}, {"at": NOW - timedelta(minutes=30)}, late)
    since, until = NOW - timedelta(minutes=60), NOW - timedelta(minutes=58)
    assert names(since=since, until=until) == ["late"]
    assert names(since=since, until=until, station_id="CP1") == ["late"]


def test_a_search_stops_after_a_part_of_the_log_and_goes_on_there(monkeypatch):
    monkeypatch.setattr(walking, "BITE", 3)
    monkeypatch.setattr(walking, "BITES", 2)
    log({"request": "needle"}, *[{} for _ in range(20)])
    first = message_search.page(Filters(text="needle"))
    assert (first.items, first.looked_back_to) == ((), NOW - timedelta(minutes=5))
    assert all_names(2, text="needle") == (["m0"], 4)


def test_the_tail_shows_what_is_new_and_where_to_go_on():
    log({}, {"action": "Authorize"})
    newest = message_search.newest()
    assert message_search.newer(Filters(), newest) == message_search.News((), newest, is_cut=False)
    log({"message_id": "n1"}, {"message_id": "n2", "action": "Authorize"}, {"message_id": "n3"})
    news = message_search.newer(Filters(), newest)
    assert [message.message_id for message in news.items] == ["n3", "n2", "n1"]
    assert (news.newest, news.is_cut) == (message_search.newest(), False)
    news = message_search.newer(Filters(action="Authorize"), newest)
    assert [message.message_id for message in news.items] == ["n2"]
    assert news.newest == message_search.newest()
    news = message_search.newer(Filters(), newest, limit=2)
    assert [message.message_id for message in news.items] == ["n3", "n2"]
    assert news.is_cut


def test_the_log_may_be_empty():
    assert message_search.newest() == 0
    assert names(text="a") == []
    assert message_search.newer(Filters(), 0).newest == 0


def test_neighbours_are_those_of_the_same_station():
    log({}, {"station_id": "CP2"}, {}, {})
    fourth, third, _, first = message_search.page(Filters()).items
    assert message_search.neighbours(third) == (first.id, fourth.id)
    assert message_search.neighbours(first) == (None, third.id)
    assert message_search.neighbours(fourth) == (third.id, None)


@pytest.mark.parametrize("number", [0, -1, 1, 2**63, 10**30])
def test_what_is_not_there_is_not_found(number):
    with pytest.raises(NotFound):
        message_search.find(number)


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"direction": "up"}, "direction"),
        ({"station_id": "\0"}, "station_id"),
        ({"action": "a\n"}, "action"),
        ({"text": "x" * 256}, "text"),
        ({"error_code": "\ud800"}, "error_code"),
    ],
)
def test_filters_that_cannot_be_are_refused_by_their_field(filters, field):
    with pytest.raises(InvalidInput) as refusal:
        Filters(**filters)
    assert set(refusal.value.fields) == {field}


def test_a_foreign_cursor_is_refused():
    with pytest.raises(InvalidInput):
        message_search.page(Filters(), 10, "abc")
