"""Transactions with names: of connectors, stations and tags, in a fixed number of queries."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core.errors import NotFound
from ocpp_core.models.stations import Connector, Station
from ocpp_core.models.tags import Tag
from ocpp_core.models.transactions import Transaction
from ocpp_core.services import tag_names, transaction_list
from ocpp_core.storage.writer import unit_of_work

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("store")


@unit_of_work
def fill():
    Station.create(id="CP1", name="Hall", created_at=START)
    Connector.create(station="CP1", evse_id=1, connector_id=1, name="left")
    Connector.create(station="CP1", evse_id=2, connector_id=1)
    for tag, name in (("Ann", "Ann Mill"), ("bob", "")):
        Tag.create(id=tag, folded=tag.lower(), name=name, created_at=START)
    tags = [("ANN", "ann"), ("Bob", None), ("Cid", "Ann"), (None, None)]
    for number, (start, stop) in enumerate(tags, 1):
        Transaction.create(
            id=number,
            uid=str(number),
            station_id="CP1" if number < 4 else "CP9",
            evse_id=number if number < 4 else None,
            connector_id=1,
            active=False,
            started_at=START + timedelta(minutes=number),
            start_tag=start,
            tag_folded=start and start.lower(),
            stop_tag=stop,
        )


def test_each_line_has_its_names(caplog):
    fill()
    caplog.set_level(logging.DEBUG, logger="peewee")
    lines = transaction_list.page(oldest_first=True).items
    queries = [r for r in caplog.records if isinstance(r.msg, tuple) and "SELECT" in r.msg[0]]
    assert len(queries) <= 5
    assert [(line.label, line.station_name, line.start_name, line.stop_name) for line in lines] == [
        ("left", "Hall", "Ann Mill", "Ann Mill"),
        ("Hall:2", "Hall", "", ""),
        ("Hall:3", "Hall", "", "Ann Mill"),
        ("CP9", "", "", ""),
    ]
    assert transaction_list.find(1) == lines[0]
    assert transaction_list.page(1, tag="bob").items == (lines[1],)


def test_pages_go_on():
    fill()
    first = transaction_list.page(3)
    assert [line.transaction.id for line in first.items] == [4, 3, 2]
    assert [line.transaction.id for line in transaction_list.page(3, first.next).items] == [1]


def test_what_is_not_there_has_no_lines():
    assert transaction_list.page().items == ()
    assert tag_names.of_tokens([None, ""]) == {}
    with pytest.raises(NotFound):
        transaction_list.find(5)
