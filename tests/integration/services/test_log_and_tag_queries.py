"""The message log and the tags are read along an index, whatever is asked of them."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product

import pytest

from ocpp_core.services import message_log, message_search, paging, tags
from ocpp_core.services.tag_lists import groups, of_tokens
from tests.support.query_plans import check

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
RANGE = {"since": NOW - timedelta(1), "until": NOW + timedelta(1)}


@pytest.mark.parametrize("cursor", [None, paging.encode(5)])
def test_messages_of_one_action_are_found_without_walking_the_log(plans, cursor):
    (plan,) = plans(partial(message_log.page, "CP1", 10, cursor, action="BootNotification"))
    check(plan)
    assert "messages_station_id_action_id" in plan


# Filters of the message log, and the index along which each is read.
LOG_FILTERS = (
    ({}, "messages"),
    ({"station_id": "CP1"}, "messages_station_id_id"),
    ({"direction": "in"}, "messages"),
    ({"direction": "out"}, "messages_outgoing"),
    ({"direction": "out", "station_id": "CP1"}, "messages_outgoing_station"),
    ({"direction": "out", "action": "Reset"}, "messages_outgoing"),
    ({"action": "BootNotification"}, "messages_rare"),
    ({"action": "Heartbeat"}, "messages"),
    ({"action": "Heartbeat", "station_id": "CP1"}, "messages_station_id_action_id"),
    ({"action": "Authorize", "station_id": "CP1"}, "messages_station_id_action_id"),
    ({"errors": True}, "messages_errors"),
    ({"error_code": "x", "station_id": "CP1", "action": "y"}, "messages_errors_station"),
    ({"errors": True, "direction": "out"}, "messages_errors"),
    ({"text": "abc"}, "messages"),
    ({"text": "abc", "action": "Authorize"}, "messages_rare"),
)


@pytest.mark.parametrize(("filters", "index"), LOG_FILTERS, ids=str)
def test_the_message_log_is_searched_along_an_index(plans, filters, index):
    for cursor in (None, paging.encode(5)):
        wanted = message_search.Filters(**filters)
        (plan, *_) = plans(partial(message_search.page, wanted, 10, cursor))
        check_log(plan, index, is_first=cursor is None)


def check_log(plan, index, *, is_first):
    """Reading the table by its primary key, from its end, is SQLite's SCAN without an index."""
    if index == "messages" and "SCAN t1" in plan:
        assert is_first
    else:
        check(plan)
    assert index in plan or index == "messages", plan


def test_the_tail_and_the_edges_of_a_period_are_found_along_an_index(plans):
    wanted = message_search.Filters(errors=True, **RANGE)
    plans_of_page = plans(lambda: message_search.page(wanted, 10))
    for plan in plans_of_page[:3]:
        check(plan)
    assert sum("messages_at" in plan for plan in plans_of_page) == 2
    for plan in plans(lambda: message_search.newer(message_search.Filters(), -1)):
        check(plan.replace("SCAN t1", ""))


@pytest.mark.parametrize("more", [{}, {"text": "a"}, {"direction": "in"}, {"action": "Heartbeat"}])
def test_a_period_is_read_along_its_moments(plans, more):
    for cursor in (None, paging.encode(NOW, 5)):
        wanted = message_search.Filters(**more, **RANGE)
        (plan, *_) = plans(partial(message_search.page, wanted, 10, cursor))
        check(plan)
        assert "messages_at" in plan
        assert "(at>? AND at<?)" in plan or re.search(r"Cond: .*at >= .*at <= ", plan), plan


KEYS = {"id": ["a"], "name": ["a", "a"], "group": ["g", "a"], "expires_at": [NOW, "a"]}


@pytest.mark.parametrize("sort", KEYS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_tags_are_listed_along_an_index(plans, sort, sign):
    for goes_on, group, blocked in product((False, True), (None, "G"), (None, True, False)):
        filters = {"group": group, "blocked": blocked, "sort": sign + sort}
        in_steps = sort != "id" and (sort, group) != ("group", "G")
        cursor = paging.encode(*KEYS[sort if in_steps else "id"]) if goes_on else None
        found = plans(partial(tags.page, 10, cursor, **filters))
        assert len(found) == (2 if goes_on and in_steps else 1)
        for plan in found:
            check(plan)
            assert not (blocked or group) or "SCAN t1 USING INDEX tags_by" not in plan
            assert not cursor or "SEARCH" in plan or "Index Cond" in plan, plan


def test_a_search_for_tags_reads_a_part_of_them_along_an_index(plans):
    for cursor in (None, paging.encode("a")):
        for plan in plans(partial(tags.page, 10, cursor, search="abc")):
            check(plan.replace("SCAN t1", "SCAN t1 USING INDEX" if cursor is None else ""))


def test_groups_are_found_step_by_step(plans):
    for plan in plans(groups):
        assert "tags_group" in plan or "Index" in plan


def test_known_tags_are_found_by_their_index(plans):
    (plan,) = plans(lambda: of_tokens(["A", "b"]))
    check(plan)
