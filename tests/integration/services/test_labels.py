"""The names of the connectors of a list, in two queries."""

import logging
from datetime import UTC, datetime

import pytest

from ocpp_core.models.stations import Connector, Station
from ocpp_core.services import labels
from ocpp_core.storage.writer import unit_of_work

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("store")


@unit_of_work
def add(station_id, name, *connectors):
    """Add a station with connectors (EVSE, number, name)."""
    Station.create(id=station_id, name=name, created_at=NOW)
    for evse, number, connector_name in connectors:
        Connector.create(station=station_id, evse_id=evse, connector_id=number, name=connector_name)


def test_each_connector_is_called_as_the_scheme_says():
    add("CP1", "Hall", (0, 0, ""), (1, 1, ""))
    add("CP2", "Yard", (1, 1, "left"), (2, 1, ""), (2, 2, ""))
    add("CP3", "", (1, 1, ""))
    add("CP4", "Street")
    assert labels.labels(
        [
            ("CP1", 1, 1),
            ("CP1", 0, 0),
            ("CP1", 1, None),
            ("CP1", None, None),
            ("CP2", 1, 1),
            ("CP2", 2, 1),
            ("CP2", 2, 2),
            ("CP2", 3, 1),
            ("CP3", 1, 1),
            ("CP4", 0, 0),
            ("CP5", 1, 1),
            ("CP5", None, None),
        ]
    ) == {
        ("CP1", 1, 1): "Hall",
        ("CP1", 0, 0): "Hall",
        ("CP1", 1, None): "Hall",
        ("CP1", None, None): "Hall",
        ("CP2", 1, 1): "left",
        ("CP2", 2, 1): "Yard:2",
        ("CP2", 2, 2): "Yard:2.2",
        ("CP2", 3, 1): "Yard:3",
        ("CP3", 1, 1): "CP3:1",
        ("CP4", 0, 0): "Street",
        ("CP5", 1, 1): "CP5:1",
        ("CP5", None, None): "CP5",
    }


def test_one_can_be_asked_for():
    add("CP2", "Yard", (1, 1, "left"), (2, 1, ""))
    assert labels.label("CP2", 2, None) == "Yard:2"


def test_a_list_costs_two_queries(caplog):
    for number in range(20):
        add(f"CP{number}", "", (1, 1, ""))
    caplog.set_level(logging.DEBUG, logger="peewee")
    caplog.clear()
    assert len(labels.labels((f"CP{number}", 1, 1) for number in range(20))) == 20
    assert len([each for each in caplog.records if "SELECT" in str(each.msg)]) == 2
    caplog.clear()
    assert labels.labels([]) == {}
