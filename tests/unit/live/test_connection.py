"""A connection on plain threads: reading, answering, calling, watching, ending."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from ocpp.routing import on

from ocpp_core.errors import CallTimeout, Disconnected, UnusableAnswer
from ocpp_core.live.connection import Connection, Pulse, Surroundings
from ocpp_core.protocol.base import Settings
from ocpp_core.protocol.v16 import Handlers16
from ocpp_core.protocol.versions import BY_VERSION
from ocpp_core.rpc.exchange import Retries
from ocpp_core.services.message_log import MessageLog
from ocpp_core.services.stations import Profile
from tests.support.fake_transport import FakeTransport
from tests.support.waiting import until

DATA = {"vendorId": "v"}


class Slow(Handlers16):
    """Takes its time for a DataTransfer."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.entered, self.leave = threading.Event(), threading.Event()

    @on("DataTransfer")
    def on_data_transfer(self, **_):
        self.entered.set()
        self.leave.wait(5)
        return {"status": "Accepted"}


class World:
    """What is around a connection, noted."""

    def __init__(self):
        self.seen, self.silent, self.back = [], [], []
        self.log = MessageLog(2, 30)
        self.retries = Retries()
        self.made = []

    def connect(self, version="1.6", pulse=None, handlers=None):
        """Return a connection that runs, and the station's end of it."""
        profile = Profile("CP1", "", True, "Accepted", False)
        handlers = (handlers or BY_VERSION[version])(profile, Settings())
        around = Surroundings(
            self.log,
            self.note_seen,
            self.silent.append,
            self.back.append,
            pulse or Pulse(),
        )
        transport = FakeTransport()
        connection = Connection(transport, handlers, self.retries, around)
        transport.reason = None

        def run():
            transport.reason = connection.run()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self.made.append((transport, thread))
        return connection, transport

    def note_seen(self, station_id):
        self.seen.append(station_id)

    def entries(self):
        return [
            (entry.incoming, entry.message_id, entry.action, entry.error_code)
            for entry in self.log._waiting
        ]


@pytest.fixture
def world():
    world = World()
    yield world
    for transport, thread in world.made:
        transport.lose()
        thread.join(5)
        assert not thread.is_alive()


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
def pair(request, world):
    return world.connect(request.param)


@pytest.fixture
def pool():
    with ThreadPoolExecutor(20) as executor:
        yield executor


def soon(seconds=5.0):
    return time.monotonic() + seconds


def ended(transport):
    return until(lambda: transport.reason)


# ---------------------------------------------------------------- answering


def test_a_call_is_answered_noted_and_seen(pair, world):
    _, station = pair
    station.say(2, "m", "DataTransfer", DATA)
    assert station.said() == [3, "m", {"status": "Accepted"}]
    assert world.seen == ["CP1"]
    assert until(world.entries) == [(True, "m", "DataTransfer", None)]


def test_each_call_gets_one_answer_in_its_order(pair):
    _, station = pair
    for number in range(20):
        station.say(2, f"m{number}", "Heartbeat" if number % 2 else "Nonsense", {})
    answers = [station.said()[:2] for _ in range(20)]
    assert answers == [[3 if number % 2 else 4, f"m{number}"] for number in range(20)]
    assert station.silent()


def test_what_cannot_be_read_is_answered_and_noted(pair, world):
    _, station = pair
    station.say("no \0JSON")
    kind, message_id, code, _, _ = station.said()
    assert (kind, message_id) == (4, "-1")
    assert until(world.entries) == [(True, "-1", "", code)]
    assert world.log._waiting[0].request == "no JSON"


def test_a_handler_that_fails_is_an_internal_error_without_its_reason(pair, caplog):
    _, station = pair  # no database is open: every service fails
    station.say(2, "m", *BOOT[pair[0].version])
    assert station.said() == [4, "m", "InternalError", "internal error", {}]
    assert "handler failed" in caplog.text
    station.say(2, "n", "Heartbeat", {})
    assert station.said()[:2] == [3, "n"]


BOOT = {
    "1.6": ("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}),
    **dict.fromkeys(
        ("2.0.1", "2.1"),
        (
            "BootNotification",
            {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}},
        ),
    ),
}


def test_a_retry_gets_the_answer_of_the_first_time_on_any_connection(world, caplog):
    caplog.set_level("INFO")
    _, station = world.connect()
    station.say(2, "m", "DataTransfer", DATA)
    first = station.said()
    _, again = world.connect()
    again.say(2, "m", "DataTransfer", DATA)
    assert again.said() == first
    assert "repeated message" in caplog.text
    assert world.entries() == [(True, "m", "DataTransfer", None)]  # handled once


def test_a_send_is_handled_but_not_answered(world):
    _, station = world.connect("2.1")
    station.say(6, "m", "DataTransfer", DATA)
    station.say(2, "n", "Heartbeat", {})
    assert station.said()[:2] == [3, "n"]
    assert (True, "m", "DataTransfer", None) in world.entries()


def test_work_after_a_reply_runs_in_a_thread_that_may_call_the_station(world):
    connection, station = world.connect()
    answers = []

    def ask():
        answers.append(connection.call("Reset", {"type": "Soft"}, soon()).payload)

    connection.handlers.later(ask)
    station.say(2, "m", "Heartbeat", {})
    assert station.said()[:2] == [3, "m"]
    kind, message_id, action, _ = station.said()
    assert (kind, action) == (2, "Reset")
    station.say(3, message_id, {"status": "Accepted"})
    assert until(lambda: answers) == [{"status": "Accepted"}]


def test_work_after_a_reply_that_fails_disturbs_nobody(world, caplog):
    connection, station = world.connect()
    connection.handlers.later(lambda: 1 / 0)
    station.say(2, "m", "Heartbeat", {})
    station.said()
    until(lambda: "work after a reply failed" in caplog.text)
    station.say(2, "n", "Heartbeat", {})
    assert station.said()[:2] == [3, "n"]


def test_a_record_that_cannot_be_read_again_does_not_end_the_connection(world, caplog):
    connection, station = world.connect()
    connection.refresh()
    station.say(2, "m", "Heartbeat", {})  # no database is open
    assert station.said()[:2] == [3, "m"]
    assert "record not read again" in caplog.text


# ---------------------------------------------------------------- calling


def test_an_answer_wakes_its_caller(pair, pool, world):
    connection, station = pair
    pending = pool.submit(connection.call, "Reset", {"type": "Soft"}, soon())
    kind, message_id, action, payload = station.said()
    assert (kind, action, payload) == (2, "Reset", {"type": "Soft"})
    station.say(3, message_id, {"status": "Accepted"})
    answer = pending.result(5)
    assert (answer.message_id, answer.payload, answer.refusal) == (
        message_id,
        {"status": "Accepted"},
        None,
    )
    assert world.entries() == [(False, message_id, "Reset", None)]


def test_a_callerror_wakes_its_caller(pair, pool, world):
    connection, station = pair
    pending = pool.submit(connection.call, "Reset", {}, soon())
    message_id = station.said()[1]
    station.say(4, message_id, "NotSupported", "no", {"a": 1})
    refusal = pending.result(5).refusal
    assert (refusal.code, refusal.description, refusal.details) == ("NotSupported", "no", {"a": 1})
    assert world.entries() == [(False, message_id, "Reset", "NotSupported")]


def test_an_answer_that_is_none_is_unusable(pair, pool):
    connection, station = pair
    pending = pool.submit(connection.call, "Reset", {}, soon())
    station.say(3, station.said()[1], [])
    with pytest.raises(UnusableAnswer):
        pending.result(5)


def test_one_call_is_outstanding_the_others_come_in_order(pair, pool):
    connection, station = pair
    pending = []
    for number in range(5):
        pending.append(pool.submit(connection.call, "Reset", {"n": number}, soon()))
        until(lambda n=number: len(connection._calls._turns._waiting) == n, every_s=0.001)
    for number in range(5):
        _, message_id, _, payload = station.said()
        assert payload == {"n": number}
        time.sleep(0.005)
        assert station.silent()
        station.say(3, message_id, {})
    assert all(each.result(5).payload == {} for each in pending)


def test_the_deadline_counts_waiting_for_the_turn_too(pair, pool):
    connection, station = pair
    first = pool.submit(connection.call, "Reset", {}, soon())
    station.said()
    started = time.monotonic()
    with pytest.raises(CallTimeout, match="busy"):
        connection.call("Reset", {}, soon(0.05))
    assert time.monotonic() - started < 0.5
    assert station.silent()
    assert not first.done()
    station.lose()


def test_after_a_timeout_the_next_call_goes_out_and_the_late_answer_is_ignored(pair, pool):
    connection, station = pair
    with pytest.raises(CallTimeout, match="in time"):
        connection.call("Reset", {}, soon(0.02))
    late = station.said()[1]
    pending = pool.submit(connection.call, "Reset", {}, soon())
    current = station.said()[1]
    station.say(3, late, {"status": "late"})
    station.say(3, current, {"status": "mine"})
    assert pending.result(5).payload == {"status": "mine"}


def test_a_station_may_call_while_it_is_called(pair, pool):
    connection, station = pair
    pending = pool.submit(connection.call, "Reset", {}, soon())
    ours = station.said()[1]
    station.say(2, ours, "DataTransfer", DATA)  # with the id of our call, too
    assert station.said() == [3, ours, {"status": "Accepted"}]
    assert not pending.done()
    station.say(3, ours, {})
    assert pending.result(5).payload == {}


# ---------------------------------------------------------------- ending


@pytest.mark.parametrize("end", ["lose", "replace", "close"])
def test_an_end_wakes_all_who_wait_at_once(world, pool, end):
    connection, station = world.connect()
    waiting = [pool.submit(connection.call, "Reset", {}, soon(60)) for _ in range(5)]
    station.said()
    until(lambda: len(connection._calls._turns._waiting) == 4, every_s=0.001)
    started = time.monotonic()
    {
        "lose": station.lose,
        "replace": connection.replace,
        "close": lambda: connection.close(1001, "server stops"),
    }[end]()
    for each in waiting:
        with pytest.raises(Disconnected):
            each.result(1)
    assert time.monotonic() - started < 0.6
    with pytest.raises(Disconnected):
        connection.call("Reset", {}, soon())


def test_the_end_says_why(world):
    connection, station = world.connect()
    station.lose()
    assert ended(station) == "closed 1006"
    connection, station = world.connect()
    connection.replace()
    assert station.closed == (1008, "replaced by a newer connection")
    assert "1008" in ended(station) or ended(station) == "closed by us"


def test_a_stop_waits_for_the_message_in_hand(world):
    connection, station = world.connect(handlers=Slow)
    station.say(2, "m", "DataTransfer", DATA)
    connection.handlers.entered.wait(5)
    closing = threading.Thread(target=connection.close, args=(1001, "server stops"))
    closing.start()
    station.say(2, "late", "Heartbeat", {})
    time.sleep(0.05)
    assert station.closed is None
    connection.handlers.leave.set()
    closing.join(5)
    assert station.said()[:2] == [3, "m"]
    assert station.closed == (1001, "server stops")
    ended(station)
    assert station.silent()  # what came later is not answered: the station says it again


def test_a_stop_does_not_wait_for_ever(world):
    connection, station = world.connect(handlers=Slow)
    station.say(2, "m", "DataTransfer", DATA)
    connection.handlers.entered.wait(5)
    started = time.monotonic()
    connection.close(1001, "server stops", patience_s=0.05)
    assert time.monotonic() - started < 0.5
    assert station.closed == (1001, "server stops")
    connection.handlers.leave.set()


def test_a_call_that_cannot_be_sent_ends_with_the_connection(world, pool):
    connection, station = world.connect()
    station.stuck.set()
    pending = pool.submit(connection.call, "Reset", {}, soon(60))
    time.sleep(0.02)
    connection.replace()
    with pytest.raises(Disconnected):
        pending.result(1)


def test_a_failure_while_reading_closes_with_1011(world, caplog):
    _, station = world.connect()
    world.seen = None  # noting the message fails
    station.say(2, "m", "Heartbeat", {})
    assert ended(station) == "internal error"
    assert station.closed[0] == 1011
    assert "connection failed" in caplog.text


# ---------------------------------------------------------------- watching

FAST = Pulse(ping_interval_s=0.05, heartbeat_interval_s=0.1)


def test_a_station_that_answers_no_pings_is_given_up(world):
    _, station = world.connect(pulse=FAST)
    started = time.monotonic()
    assert "1006" in ended(station)
    assert 0.1 <= time.monotonic() - started < 1
    assert station.closed == (1008, "no answer to pings")
    assert station.pings == 2


def test_a_station_that_answers_pings_stays(world):
    _, station = world.connect(pulse=Pulse(0.02, 60))
    for _ in range(20):
        station.answer_ping()
        time.sleep(0.01)
    assert station.closed is None
    assert station.pings >= 5
    assert world.silent == []


def test_a_station_that_says_nothing_for_three_heartbeats_is_silent_until_it_speaks(world):
    _, station = world.connect(pulse=Pulse(0.02, 0.05))
    began = time.monotonic()
    while not world.silent:
        station.answer_ping()
        time.sleep(0.005)
        assert time.monotonic() - began < 2
    assert time.monotonic() - began >= 0.15
    for _ in range(10):
        station.answer_ping()
        time.sleep(0.005)
    assert world.silent == ["CP1"]  # once
    assert station.closed is None
    station.say(2, "m", "Heartbeat", {})
    station.said()
    assert world.back == ["CP1"]


def test_without_an_interval_nothing_is_pinged(world):
    _, station = world.connect(pulse=Pulse(0, 0.02))
    until(lambda: world.silent)
    assert station.pings == 0
    assert station.closed is None
