"""When stations were heard last: no writer waits for rows that another one holds."""

import threading
from collections import defaultdict
from datetime import UTC, datetime

import pytest

from ocpp_core.models.stations import Station
from ocpp_core.services import stations
from ocpp_core.storage import writer
from ocpp_core.storage.statements import Statement
from ocpp_core.storage.writer import reading, unit_of_work
from tests.conftest import opened
from tests.support.waiting import until

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
IDS = [f"CP{number:02}" for number in range(40)]


@unit_of_work
def add_stations():
    Station.insert_many([{"id": station_id, "created_at": NOW} for station_id in IDS]).execute()


@reading
def seen():
    return {row.id for row in Station.select().where(Station.last_seen_at == NOW)}


def test_each_writer_stores_when_its_own_stations_were_heard(store, monkeypatch):
    written = defaultdict(list)
    run_many = Statement.run_many

    def observe(statement, rows):
        rows = list(rows)
        written[threading.current_thread().name].append([station_id for _, station_id in rows])
        run_many(statement, rows)

    add_stations()
    monkeypatch.setattr(Statement, "run_many", observe)
    stations.store_seen(dict.fromkeys(reversed(IDS), NOW))
    assert seen() == set(IDS)
    assert len(written) == store.writers
    for thread, units in written.items():
        (ids,) = units  # one unit for each writer
        assert ids == sorted(ids)
        assert {f"writer-{writer.current().share(each)}" for each in ids} == {thread}


@pytest.mark.postgresql
def test_a_busy_writer_does_not_keep_the_others_from_their_stations(postgresql_url):
    with opened(postgresql_url):
        add_stations()
        check_others_go_on(IDS[0])


def check_others_go_on(station_id):
    begun, gate = threading.Event(), threading.Event()

    def hold():
        Station.update(name="held").where(Station.id == station_id).execute()
        begun.set()
        gate.wait(5)

    holding = writer.current().submit(hold, station_id)
    assert begun.wait(5)
    storing = threading.Thread(target=stations.store_seen, args=(dict.fromkeys(IDS, NOW),))
    storing.start()
    share = writer.current().share
    others = {each for each in IDS if share(each) != share(station_id)}
    until(lambda: seen() == others)
    gate.set()
    holding.wait()
    storing.join(5)
    assert seen() == set(IDS)
