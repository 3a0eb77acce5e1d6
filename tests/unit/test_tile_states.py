"""As what a connector is shown, and when somebody should look at it."""

import pytest

from ocpp_core.domain import tile_states
from ocpp_core.domain.connectors import SIMPLE_STATUS
from ocpp_core.domain.tile_states import STATES, is_measured, problem_of, state_of


def state(status, station_status=None, *, online=True, charges=False):
    return state_of(online=online, status=status, station_status=station_status, charges=charges)


@pytest.mark.parametrize(
    ("status", "station_status", "shown"),
    [
        ("Available", None, "available"),
        ("Occupied", None, "occupied"),
        ("Faulted", None, "faulted"),
        ("Unavailable", None, "unavailable"),
        (None, None, "available"),
        ("Available", "Available", "available"),
        ("Available", "Unavailable", "unavailable"),
        ("Available", "Faulted", "faulted"),
        ("Occupied", "Unavailable", "occupied"),
        ("Occupied", "Faulted", "faulted"),
        ("Unavailable", "Faulted", "faulted"),
        (None, "Unavailable", "unavailable"),
    ],
)
def test_a_connector_is_shown_as_it_and_its_station_say(status, station_status, shown):
    assert state(status, station_status) == shown
    assert state(status, station_status, online=False) == "offline"


def test_without_a_status_the_transaction_tells():
    assert state(None, charges=True) == "occupied"
    assert state("Available", charges=True) == "available"


def test_every_status_has_a_state():
    assert {state(simple) for simple in SIMPLE_STATUS.values()} < set(STATES)


def test_power_means_something_only_while_a_car_is_there():
    assert is_measured(online=True, status="Occupied", charges=False)
    assert is_measured(online=True, status=None, charges=True)
    assert not is_measured(online=True, status=None, charges=False)
    assert not is_measured(online=True, status="Available", charges=True)
    assert not is_measured(online=False, status="Occupied", charges=True)


@pytest.mark.parametrize(
    ("online", "shown", "charges", "problem"),
    [
        (False, "offline", True, tile_states.OFFLINE_WITH_TRANSACTION),
        (False, "offline", False, None),
        (True, "faulted", False, tile_states.FAULT),
        (True, "faulted", True, tile_states.FAULT),
        (True, "available", True, tile_states.FREE_WITH_TRANSACTION),
        (True, "available", False, None),
        (True, "occupied", True, None),
        (True, "unavailable", True, None),
    ],
)
def test_what_needs_a_look(online, shown, charges, problem):
    assert problem_of(online=online, state=shown, charges=charges) == problem
