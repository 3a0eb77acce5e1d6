"""Who guesses passwords is held up, who mistyped is not, and nobody else is."""

from __future__ import annotations

import pytest

from ocpp_core.errors import Busy
from ocpp_core.web.login_limits import (
    PER_ADDRESS,
    PER_NAME_AND_ADDRESS,
    WINDOW_S,
    LoginLimits,
)

HOME, OFFICE = "192.0.2.1", "192.0.2.2"


class Time:
    """A clock that is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Time()


@pytest.fixture
def limits(clock):
    return LoginLimits(clock, pause_s=0)


def attempt(limits, name="admin", address=HOME, *, succeeds=False):
    with limits.attempt(name, address) as made:
        made.succeeded = succeeds


def test_many_failures_end_in_a_pause_that_says_how_long(limits, clock):
    for _ in range(PER_NAME_AND_ADDRESS):
        attempt(limits)
    with pytest.raises(Busy) as refusal:
        attempt(limits, succeeds=True)
    assert 0 < refusal.value.retry_after_s <= WINDOW_S
    clock.now += WINDOW_S
    attempt(limits, succeeds=True)


def test_the_same_name_elsewhere_is_not_held_up(limits):
    for _ in range(PER_NAME_AND_ADDRESS):
        attempt(limits)
    attempt(limits, address=OFFICE, succeeds=True)


def test_an_address_that_tries_many_names_is_held_up(limits):
    for number in range(PER_ADDRESS):
        attempt(limits, name=f"user{number}")
    with pytest.raises(Busy):
        attempt(limits, name="another")


def test_success_forgives_what_was_mistyped(limits):
    for _ in range(3):
        for _ in range(PER_NAME_AND_ADDRESS - 1):
            attempt(limits)
        attempt(limits, succeeds=True)


def test_case_of_the_name_is_no_way_around(limits):
    for name in ("admin", "Admin", "ADMIN", "aDmin", "adMin"):
        attempt(limits, name=name)
    with pytest.raises(Busy):
        attempt(limits)


def test_attempts_under_way_count(limits):
    waiting = [limits.attempt("admin", HOME) for _ in range(PER_NAME_AND_ADDRESS)]
    for each in waiting:
        each.__enter__()
    with pytest.raises(Busy):
        attempt(limits)
    for each in waiting:
        each.__exit__(None, None, None)


def test_an_attempt_that_breaks_off_counts_as_failed(limits):
    for _ in range(PER_NAME_AND_ADDRESS):
        with pytest.raises(OSError, match="away"), limits.attempt("admin", HOME):
            raise OSError("database away")
    with pytest.raises(Busy):
        attempt(limits)
