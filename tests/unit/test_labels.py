"""What connectors are called (reference-behaviour, 7.3)."""

import pytest

from ocpp_core.domain.connectors import STATION, ConnectorRef
from ocpp_core.domain.labels import connector_label, number_of, station_label

ONE, TWO, SECOND_OF_TWO = ConnectorRef(1), ConnectorRef(2), ConnectorRef(2, 2)


@pytest.mark.parametrize(
    ("station_name", "connector_name", "connector", "is_only", "label"),
    [
        ("Hall", "left", ONE, False, "left"),
        ("Hall", "left", ONE, True, "left"),
        ("Hall", "  ", ONE, True, "Hall"),
        ("Hall", "", ONE, True, "Hall"),
        ("Hall", "", TWO, False, "Hall:2"),
        ("Hall", "", SECOND_OF_TWO, False, "Hall:2.2"),
        ("", "", ONE, True, "CP1:1"),
        (" ", "", TWO, False, "CP1:2"),
        ("", "left", ONE, True, "left"),
        ("Hall", "", STATION, True, "Hall"),
        ("Hall", "main", STATION, False, "main"),
        ("", "", STATION, False, "CP1"),
    ],
)
def test_a_connector_has_its_name_else_that_of_its_station(
    station_name, connector_name, connector, is_only, label
):
    assert connector_label("CP1", station_name, connector_name, connector, is_only=is_only) == label


def test_a_number_is_that_of_the_evse():
    assert [number_of(each) for each in (ONE, SECOND_OF_TWO, STATION)] == ["1", "2.2", "0"]


def test_a_station_without_a_name_is_called_by_its_id():
    assert station_label("CP1", " ") == "CP1"
    assert station_label("CP1", "Hall ") == "Hall"
