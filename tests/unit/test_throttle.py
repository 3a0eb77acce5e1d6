"""Failed log-ins are limited, and the right station gets in all the same."""

import threading

import pytest

from ocpp_core.domain import credentials
from ocpp_core.errors import Busy
from ocpp_core.live import throttle
from ocpp_core.live.throttle import Gatekeeper, Tally

SECRET = credentials.generate()
STORED = credentials.hash_password(SECRET)
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.9"


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def gatekeeper(clock):
    return Gatekeeper(credentials.verify, clock)


def right(gatekeeper, station="box", address=HOME):
    return gatekeeper.authenticate(station, address, STORED, SECRET.encode())


def wrong(gatekeeper, station="box", address=HOME, times=1):
    return [gatekeeper.authenticate(station, address, STORED, b"wrong") for _ in range(times)]


def guess_until_busy(gatekeeper, station="box", address=HOME):
    for tries in range(1000):
        try:
            gatekeeper.authenticate(station, address, STORED, b"wrong")
        except Busy:
            return tries
    raise AssertionError("never busy")


def test_right_is_right_and_wrong_is_wrong(gatekeeper):
    assert right(gatekeeper) is True
    assert wrong(gatekeeper) == [False]


def test_guesses_at_one_station_are_limited(gatekeeper, clock):
    assert guess_until_busy(gatekeeper) == throttle.PER_STATION_AND_ADDRESS
    clock.now += 20
    with pytest.raises(Busy) as busy:
        right(gatekeeper)
    assert busy.value.retry_after_s == pytest.approx(40)
    clock.now += 41
    assert right(gatekeeper)


def test_a_credential_that_was_right_before_always_passes(gatekeeper):
    assert right(gatekeeper)
    guess_until_busy(gatekeeper)
    assert right(gatekeeper)
    with pytest.raises(Busy):
        wrong(gatekeeper)


def test_a_station_is_not_locked_out_by_guesses_from_elsewhere(gatekeeper):
    guess_until_busy(gatekeeper, address=ELSEWHERE)
    assert right(gatekeeper)


def test_a_station_is_not_locked_out_by_its_neighbours(gatekeeper):
    for number in range(throttle.PER_ADDRESS):
        wrong(gatekeeper, station=f"other{number}")
    assert wrong(gatekeeper, times=2) == [False, False]
    assert right(gatekeeper)


def test_an_address_over_its_limit_has_few_tries_at_each_station(gatekeeper):
    for number in range(throttle.PER_ADDRESS):
        wrong(gatekeeper, station=f"other{number}")
    assert guess_until_busy(gatekeeper) == throttle.OWN_TRIES
    assert guess_until_busy(gatekeeper, address=ELSEWHERE) == throttle.PER_STATION_AND_ADDRESS


def test_guesses_at_one_station_are_limited_over_all_addresses(gatekeeper):
    tries = 0
    for number in range(100):
        try:
            for _ in range(throttle.OWN_TRIES):
                wrong(gatekeeper, address=f"203.0.113.{number}")
                tries += 1
        except Busy:
            break
    assert tries == throttle.PER_STATION


def test_one_network_of_ipv6_is_one_address(gatekeeper):
    for number in range(throttle.PER_STATION_AND_ADDRESS):
        wrong(gatekeeper, address=f"2001:db8::{number:x}:1")
    with pytest.raises(Busy):
        wrong(gatekeeper, address="2001:db8::ffff:1")
    assert right(gatekeeper, address="2001:db8:0:1::1")


def test_an_ipv4_address_is_the_same_inside_ipv6(gatekeeper):
    guess_until_busy(gatekeeper, address=f"::ffff:{HOME}")
    with pytest.raises(Busy):
        wrong(gatekeeper, address=HOME)


def test_an_address_may_be_missing(gatekeeper):
    assert right(gatekeeper, address="")


def test_right_credentials_use_up_nothing(gatekeeper):
    for number in range(200):
        assert right(gatekeeper, station=f"box{number}")


def test_a_changed_password_is_asked_for(gatekeeper):
    assert right(gatekeeper)
    changed = credentials.hash_password(credentials.generate())
    assert gatekeeper.authenticate("box", HOME, changed, SECRET.encode()) is False
    assert gatekeeper.authenticate("box", HOME, credentials.hash_password("new"), b"new")


def test_a_right_password_is_verified_once(clock):
    verified = []

    def verify(stored, presented):
        verified.append(presented)
        return presented == b"right"

    gatekeeper = Gatekeeper(verify, clock)
    for _ in range(5):
        assert gatekeeper.authenticate("box", HOME, "stored", b"right")
    assert verified == [b"right"]


def test_many_guesses_at_once_are_no_way_around_the_limit(gatekeeper):
    stored = credentials.hash_password("typed in")
    answers = []

    def guess():
        try:
            answers.append(gatekeeper.authenticate("box", HOME, stored, b"guess"))
        except Busy:
            answers.append("busy")

    threads = [threading.Thread(target=guess) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert answers.count(False) == throttle.PER_STATION_AND_ADDRESS
    assert answers.count("busy") == 20


def test_memory_is_bounded(gatekeeper, monkeypatch):
    monkeypatch.setattr(throttle, "REMEMBERED", 5)
    for number in range(20):
        right(gatekeeper, station=f"box{number}")
    assert len(gatekeeper._proofs) == 5


def test_a_tally_forgets_its_oldest_keys_first(clock):
    tally = Tally(clock, window_s=60, capacity=3)
    for key in "abc":
        tally.add(key)
        clock.now += 1
    tally.add("a")
    tally.add("d")
    assert [tally.count(key) for key in "abcd"] == [0, 1, 1, 1]


def test_a_tally_starts_anew_after_its_window(clock):
    tally = Tally(clock, window_s=60)
    assert [tally.add("a"), tally.add("a")] == [1, 2]
    clock.now += 60
    assert tally.count("a") == 0
    assert tally.add("a") == 1
    assert tally.add("a", -5) == 0
    assert not tally._windows
