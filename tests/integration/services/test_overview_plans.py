"""The overview costs the same however many sessions there were: each look-up uses an index."""

import re

from ocpp_core.services import connector_states, newest_sessions
from ocpp_core.services.paging import encode
from ocpp_core.storage.database import SqliteStore
from tests.support.query_plans import check


def without_the_last_few(plan):
    """Leave out what is done with the five sessions of one connector."""
    return re.sub(r"SCAN n\b|USE TEMP B-TREE FOR ORDER BY", "", plan)


def test_connectors_are_walked_along_the_names_of_stations(plans, store):
    position = connector_states.position_of(encode("hall", "CP1", 1, 1))
    for after in (None, position):
        (plan,) = plans(lambda after=after: list(connector_states.walk(after)))
        check(plan)
        assert "stations_label" in plan
        assert "transactions_active" in plan
        if isinstance(store, SqliteStore):
            assert "transactions_active_station" in plan


def test_the_connectors_of_one_station_are_found_by_its_id(plans):
    (plan,) = plans(lambda: connector_states.of_station("CP1"))
    assert not re.search(r"Seq Scan|SCAN", plan)
    assert "stations_label" not in plan


def test_the_newest_session_of_each_connector_is_found_by_the_index_of_its_evse(plans, store):
    (plan, *_) = plans(lambda: newest_sessions.of_connectors([1, 2, 3]))
    if isinstance(store, SqliteStore):
        check(without_the_last_few(plan))
    assert "Seq Scan" not in plan
    assert "transactions_station_id_evse_id_started_at_id" in plan


def test_the_newest_session_of_each_station_is_found_by_an_index(plans):
    (plan, *_) = plans(lambda: newest_sessions.of_stations(["CP1", "CP2"]))
    assert "Seq Scan" not in plan
    assert "transactions_station_id_started_at_id" in plan
