"""No list costs more as the tables grow: each page is read along an index, in its order."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product

import pytest

from ocpp_core.services import (
    api_keys,
    command_log,
    connector_lists,
    logins,
    message_log,
    paging,
    people,
    quarantine,
    sample_records,
    station_records,
    tag_offers,
    transaction_records,
)
from ocpp_core.storage.database import SqliteStore
from ocpp_core.storage.writer import reading
from tests.support.query_plans import check

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
RANGE = {"since": NOW - timedelta(1), "until": NOW + timedelta(1)}
WHERE = [
    {},
    {"station_id": "CP1"},
    {"station_id": "CP1", "evse_id": 1},
    {"station_id": "CP1", "evse_id": 1, "connector_id": 2},
    {"tag": "A"},
    {"tag": "A", "station_id": "CP1"},
]
STATES = ({}, {"state": "active"}, {"state": "ended"})
ANY = (None, True, False)


@pytest.mark.parametrize("where", WHERE, ids=lambda where: "+".join(where) or "all")
def test_transactions_are_listed_along_an_index(plans, store, where):
    cursors = (None, paging.encode(NOW, 5))
    for cursor, state, within, turned in product(cursors, STATES, ({}, RANGE), (False, True)):
        filters = {**where, **state, **within}
        page = partial(transaction_records.page, 10, cursor, oldest_first=turned, **filters)
        (plan,) = plans(page)
        check(plan)
        # Told tag, station, state and range, SQLite may take the index of tag and station.
        if isinstance(store, SqliteStore) and len(filters) < 5:
            assert ("transactions_active" in plan) == (state == {"state": "active"}), plan


def test_the_active_session_of_an_evse_is_found_among_the_active_ones(plans):
    (plan,) = plans(lambda: transaction_records.active_at("CP1", 1))
    assert "transactions_active" in plan


@pytest.mark.parametrize(
    ("sort", "key"),
    [("id", ["A"]), ("name", ["a", "A"]), ("last_seen", [NOW, "A"]), ("online", ["A"])],
)
def test_stations_are_listed_along_an_index(plans, sort, key):
    cursors = (None, paging.encode(0, *key))
    for cursor, online, waits, sign in product(cursors, ANY, ANY, ("", "-")):
        filters = {"online": online, "in_quarantine": waits, "sort": sign + sort}
        for plan in plans(partial(station_records.page, 10, cursor, **filters)):
            if waits:  # few, whatever their order
                assert "stations" in plan
                assert "Seq Scan" not in plan
            else:
                check(plan)
        assert sort != "id" or not waits or "stations_quarantine" in plan


def test_a_page_in_the_middle_of_a_list_begins_there(plans, store):
    jump = r"expr>[<>]|[<>]\(\?,\?" if isinstance(store, SqliteStore) else r"Index Cond: .*[<>]"
    for sort, key in (("name", ["a", "A"]), ("last_seen", [NOW, "A"])):
        cursor = paging.encode(0, *key)
        for sign, online in product(("", "-"), (None, True)):
            page = partial(station_records.page, 10, cursor, sort=sign + sort, online=online)
            assert re.search(jump, plans(page)[0])


def test_connectors_are_listed_along_an_index(plans):
    cursors, stations = (None, paging.encode("A", 1, 1)), (None, "B")
    for cursor, station_id in product(cursors, stations):
        for plan in plans(partial(connector_lists.page, 10, cursor, station_id=station_id)):
            check(plan)


def test_connectors_in_a_status_are_looked_for_among_a_fixed_number(plans):
    for filters in ({"status": "Faulted"}, {"search": "x"}):
        found, last = plans(partial(connector_lists.page, 10, **filters))
        check(found.replace("SCAN searched", "").replace("USE TEMP B-TREE FOR ORDER BY", ""))
        check(last)


def test_who_waits_in_quarantine_is_found_among_those_there(plans):
    for look in (quarantine.waiting, quarantine.count, quarantine.ignored):
        (plan,) = plans(look)
        check(plan)
        assert "stations_quarantine" in plan


def test_tags_that_a_form_offers_are_read_along_an_index(plans):
    for plan in plans(lambda: tag_offers.offered(NOW)):
        check(plan)
        assert "tags_by_name" in plan


def test_a_search_reads_a_fixed_number_of_rows_along_an_index(plans):
    for cursor in (None, paging.encode(0, "a")):
        found, last, *_ = plans(partial(station_records.page, 10, cursor, search="abc"))
        check(found.replace("SCAN searched", "").replace("USE TEMP B-TREE FOR ORDER BY", ""))
        check(last)


@pytest.mark.parametrize("log", [command_log, message_log])
def test_logs_of_a_station_are_listed_along_an_index(plans, log):
    for cursor in (None, paging.encode(5)):
        (plan,) = plans(partial(log.page, "CP1", 10, cursor))
        check(plan)


@pytest.mark.parametrize("form", [None, 0, 1])
def test_meter_values_are_listed_along_an_index(plans, form):
    cursor = None if form is None else paging.encode(NOW, 1, form, 1.0, 1)
    plain, signed, *_ = plans(reading(lambda: sample_records.page(5, 10, cursor)))
    check(plain)
    check(signed)
    assert "meter_samples_transaction" in plain
    assert "signed_samples_transaction" in signed


def test_an_api_key_is_found_by_its_index(plans):
    (plan,) = plans(lambda: api_keys.find("ocpp_x"))
    assert "api_keys_digest" in plan


@pytest.mark.parametrize("cursor", [None, paging.encode("x")])
def test_people_and_keys_are_listed_along_an_index(plans, cursor):
    (of_people,) = plans(lambda: people.users(10, cursor))
    (of_keys,) = plans(lambda: api_keys.page(10, cursor))
    check(of_people)
    check(of_keys)
    assert "folded" in of_people
    assert "api_keys_name" in of_keys


@pytest.mark.parametrize("cursor", [None, paging.encode(5)])
@pytest.mark.parametrize("name", [None, "Ann"])
def test_log_ins_are_listed_along_an_index(plans, name, cursor):
    (plan,) = plans(lambda: logins.listing(name, now=NOW, limit=10, cursor=cursor))
    check(plan)


def test_a_log_in_is_found_by_its_index(plans):
    (plan,) = plans(lambda: logins.find("token", NOW))
    assert "login_sessions_digest" in plan
