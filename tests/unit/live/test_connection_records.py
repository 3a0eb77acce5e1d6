"""A connection and what is stored: a record that changes, or goes, and a database that is away."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ocpp_core.errors import NotFound, StorageUnavailable
from ocpp_core.live import connection as live
from ocpp_core.live.connection import Connection, Surroundings
from ocpp_core.protocol.base import Settings
from ocpp_core.protocol.versions import BY_VERSION
from ocpp_core.rpc.exchange import Retries
from ocpp_core.services.message_log import MessageLog
from ocpp_core.services.stations import Profile
from tests.support.fake_transport import FakeTransport
from tests.support.station_messages import VERSIONS

WAITING = Profile("CP1", "", True, "Pending", True)
ADOPTED = Profile("CP1", "", True, "Accepted", False)
NO_LONGER = "database not writable"


class Line:
    """A station, its running connection, and what takes the place of the database."""

    def __init__(self, version, monkeypatch):
        self.messages = VERSIONS[version]()
        self.profile, self.failure = ADOPTED, None
        self.station = FakeTransport()
        self.retries = Retries()
        around = Surroundings(MessageLog(0, 30), lambda _: None, lambda _: None, lambda _: None)
        self.handlers = BY_VERSION[version](ADOPTED, Settings())
        self.connection = Connection(self.station, self.handlers, self.retries, around)
        self.served = []
        monkeypatch.setattr(live.stations, "profile", self.read_profile)
        monkeypatch.setattr(live.stations, "booted", lambda *_: self.profile.boot_status)
        monkeypatch.setattr(self.handlers, "_checked", lambda _, reply: reply)
        answer = self.handlers.answer
        monkeypatch.setattr(
            self.handlers, "answer", lambda *call: self.serve(answer, *call), raising=False
        )

    def read_profile(self, _):
        if isinstance(self.profile, Exception):
            raise self.profile
        return self.profile

    def serve(self, answer, action, payload):
        self.served.append(action)
        if self.failure is not None:
            raise self.failure
        if action in self.handlers.keeps:
            return {}
        return answer(action, payload)

    def ask(self, request, message_id="m"):
        self.station.say(2, message_id, *request)
        return self.station.said()

    def ended(self):
        return self.running.result(5)


@pytest.fixture(params=VERSIONS)
def line(request, monkeypatch):
    line = Line(request.param, monkeypatch)
    with ThreadPoolExecutor(1) as pool:
        line.running = pool.submit(line.connection.run)
        yield line
        line.station.lose()


def heartbeat(line, message_id="m"):
    return line.ask(("Heartbeat", {}), message_id)


def boot(line, message_id="b"):
    return line.ask(line.messages.boot("V", "M"), message_id)


# ---------------------------------------------------------------- the record


def test_an_edit_that_is_published_while_the_record_is_read_is_not_forgotten(line, monkeypatch):
    reading, published = threading.Event(), threading.Event()
    answers = [WAITING, ADOPTED]

    def read(_):
        if len(answers) == 2:
            reading.set()
            assert published.wait(5)
        return answers.pop(0)

    monkeypatch.setattr(live.stations, "profile", read)
    line.connection.refresh()
    line.station.say(2, "m", "Heartbeat", {})
    assert reading.wait(5)
    line.connection.refresh()
    published.set()
    assert line.station.said()[2] == "SecurityError"
    assert heartbeat(line)[0] == 3


def test_a_record_that_could_not_be_read_is_read_with_the_next_message(line):
    line.profile = StorageUnavailable("away")
    line.connection.refresh()
    assert heartbeat(line)[0] == 3
    line.profile = WAITING
    assert heartbeat(line)[2] == "SecurityError"


def test_the_next_boot_is_enough_after_an_adoption_by_another_process(line):
    line.profile = WAITING
    assert boot(line)[2]["status"] == "Pending"
    assert heartbeat(line)[2] == "SecurityError"
    line.profile = ADOPTED
    assert boot(line)[2]["status"] == "Accepted"
    assert heartbeat(line)[0] == 3


def test_a_boot_without_a_record_is_not_answered_but_ends_the_connection(line, caplog):
    line.profile = NotFound("no station CP1")
    line.station.say(2, "b", *line.messages.boot("V", "M"))
    assert line.ended() == "closed 1008 removed"
    assert line.station.closed == (1008, "removed")
    assert line.station.silent()
    assert (line.served, "Traceback" in caplog.text) == ([], False)


def test_a_record_that_goes_while_its_message_is_handled_ends_the_connection(line, caplog):
    line.failure = NotFound("no station CP1")
    line.station.say(2, "b", *line.messages.boot("V", "M"))
    assert line.ended() == "closed 1008 removed"
    assert "Traceback" not in caplog.text


# ---------------------------------------------------------------- the database is away


def requests(line):
    """Return messages whose loss would lose data."""
    messages = line.messages
    return [
        messages.status(1, "Available", None),
        messages.start(1, "TAG", 0, None, None),
        messages.stop(7, "TAG", 100, None, None),
        messages.meter(1, None, {"Energy.Active.Import.Register": (1, "Wh")}, None),
    ]


@pytest.mark.parametrize("number", range(4))
def test_what_cannot_be_stored_is_not_answered_so_that_the_station_keeps_it(line, caplog, number):
    line.failure = StorageUnavailable(NO_LONGER)
    line.station.say(2, "m", *requests(line)[number])
    assert line.ended() == "closed 1013 try again later"
    assert line.station.closed == (1013, "try again later")
    assert line.station.silent()
    assert [record.reason for record in caplog.records] == [NO_LONGER]
    assert "Traceback" not in caplog.text


def test_what_nobody_misses_is_an_internal_error_as_ever(line):
    line.failure = StorageUnavailable(NO_LONGER)
    for request in (("Heartbeat", {}), ("DataTransfer", {"vendorId": "v"})):
        assert line.ask(request)[2] == "InternalError"
    assert boot(line)[2] == "InternalError"
    assert line.station.closed is None


# ---------------------------------------------------------------- repeated messages


def test_ids_that_begin_again_after_a_boot_are_no_retries(line):
    start = requests(line)[1]
    line.ask(start, "1")
    line.ask(start, "1")
    assert line.served == [start[0]]
    boot(line, "1")
    line.ask(start, "1")
    assert line.served == [start[0], "BootNotification", start[0]]


def test_a_status_is_served_anew_each_time(line):
    status = requests(line)[0]
    line.ask(status, "1")
    line.ask(status, "1")
    assert line.served == ["StatusNotification"] * 2
