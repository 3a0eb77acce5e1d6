"""The station that integration tests use, against a small server on threads."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.server import Server, ServerConnection, serve

from tests.support.fake_csms import Heard, check, friendly
from tests.support.fake_station import (
    CallError,
    CallErrorAnswer,
    Disconnect,
    FakeStation,
    Silence,
)

VERSIONS = ("1.6", "2.0.1", "2.1")


class Office:
    """Answers stations, and keeps their sockets for the test."""

    def __init__(self) -> None:
        self.server: Server | None = None
        self.reset()

    def reset(self) -> None:
        self.heard: list[Heard] = []
        self.sockets: list[ServerConnection] = []
        self.answers: list[list[Any]] = []
        self.came = threading.Event()

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"ws://127.0.0.1:{self.server.socket.getsockname()[1]}/OCPP"

    def admit(self, connection: ServerConnection, request: Any) -> Any:
        if request.path.endswith("/UNKNOWN"):
            return connection.respond(412, "")
        return None

    def serve(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        for text in socket:
            message = json.loads(text)
            if message[0] != 2:
                self.answers.append(message)
                self.came.set()
                continue
            call = Heard("", message[1], message[2], message[3], 0)
            check(2, call.action, str(socket.subprotocol)[4:], call.payload)
            self.heard.append(call)
            if call.payload.get("vendorId") == "close":
                socket.close(1001, "bye")
                return
            socket.send(self.answer(call))

    def answer(self, call: Heard) -> str:
        if call.action == "DataTransfer":
            return json.dumps([4, call.message_id, "NotSupported", "no", {"why": "test"}])
        return json.dumps([3, call.message_id, friendly(call)])

    def call(self, action: str, payload: dict[str, Any]) -> list[Any]:
        self.came.clear()
        self.sockets[-1].send(json.dumps([2, "c1", action, payload]))
        assert self.came.wait(3)
        return self.answers[-1]


@pytest.fixture(scope="module")
def open_office() -> Iterator[Office]:
    office = Office()
    with serve(
        office.serve,
        "127.0.0.1",
        0,
        subprotocols=["ocpp1.6", "ocpp2.0.1", "ocpp2.1"],  # type: ignore[list-item]
        process_request=office.admit,
    ) as server:
        office.server = server
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield office
        server.shutdown()
        thread.join(3)


@pytest.fixture
def office(open_office: Office) -> Office:
    open_office.reset()
    return open_office


@pytest.fixture(params=VERSIONS)
def station(request: pytest.FixtureRequest, office: Office) -> Iterator[FakeStation]:
    with FakeStation(office.url, "CP 1", request.param, password="se:cret") as station:
        yield station


def test_a_session_in_the_words_of_the_version(office: Office, station: FakeStation) -> None:
    assert station.boot()["status"] == "Accepted"
    station.status(1, "Available")
    assert station.authorize("TAG1") == "Accepted"
    transaction = station.start(1, "TAG1", 1000)
    assert station.verdict == "Accepted"
    station.meter(1, transaction, 1500, w=7000, soc=40, at="2026-01-01T00:00:00Z")
    station.meter(2, None, 10)
    station.stop(transaction, "TAG1", 2000, reason="Local")
    assert len(office.heard) == 7
    numbers = [h.payload["seqNo"] for h in office.heard if "seqNo" in h.payload]
    assert numbers in ([], [0, 1, 2])


def test_the_connection_says_what_it_should(office: Office, station: FakeStation) -> None:
    station.boot()
    request = office.sockets[0].request
    assert request is not None
    assert request.path == "/OCPP/CP%201"
    assert request.headers["Authorization"] == "Basic Q1AgMTpzZTpjcmV0"
    assert station.subprotocol == f"ocpp{station.version}"


def test_commands_are_answered_as_told(office: Office, station: FakeStation) -> None:
    station.boot()
    assert office.call("Reset", {"type": "Soft"}) == [3, "c1", {"status": "Accepted"}]
    station.answers["Reset"] = {"status": "Rejected"}
    assert office.call("Reset", {})[2] == {"status": "Rejected"}
    station.answers["Reset"] = lambda payload: CallErrorAnswer("InternalError", payload["type"])
    assert office.call("Reset", {"type": "Hard"}) == [4, "c1", "InternalError", "Hard", {}]
    assert office.call("Unheard", {})[2] == "NotImplemented"
    assert station.wait_for("Reset", count=3).payload == {"type": "Hard"}
    assert [call.action for call in station.received] == ["Reset"] * 3 + ["Unheard"]


def test_silence_and_disconnect_leave_no_answer(office: Office, station: FakeStation) -> None:
    station.boot()
    station.answers |= {"Reset": Silence, "ClearCache": Disconnect()}
    office.sockets[0].send('[2,"c1","Reset",{}]')
    station.wait_for("Reset")
    office.sockets[0].send('[2,"c2","ClearCache",{}]')
    station.wait_closed()
    assert not office.answers


def test_a_callerror_is_raised(station: FakeStation) -> None:
    with pytest.raises(CallError) as caught:
        station.call("DataTransfer", {"vendorId": "x"})
    error = caught.value
    assert (error.code, error.description, error.details) == ("NotSupported", "no", {"why": "test"})


def test_raw_text_goes_out_and_comes_in(office: Office, station: FakeStation) -> None:
    station.send_raw(['[2,"m1",', '"Heartbeat",{}]'])
    assert json.loads(station.receive_raw())[1] == "m1"
    with pytest.raises(TimeoutError):
        station.receive_raw(timeout=0.01)


@pytest.mark.parametrize("way", ["close", "abort"])
def test_the_station_leaves_and_comes_back(office: Office, station: FakeStation, way: str) -> None:
    station.boot()
    getattr(station, way)()
    with pytest.raises(ConnectionClosed):
        station.boot()
    station.connect()
    station.boot()
    assert len(office.sockets) == 2


def test_a_call_ends_when_the_server_closes(office: Office, station: FakeStation) -> None:
    station.boot()
    with pytest.raises(ConnectionClosed):
        station.call("DataTransfer", {"vendorId": "close"})
    assert station.wait_closed() == (1001, "bye")


def test_a_mute_station_answers_no_ping(office: Office, station: FakeStation) -> None:
    station.boot()
    assert office.sockets[0].ping().wait(3)
    station.fall_mute()
    assert not office.sockets[0].ping().wait(0.05)
    station.abort()


def test_a_refused_handshake_shows_the_response(office: Office) -> None:
    with pytest.raises(InvalidStatus) as caught:
        FakeStation(office.url, "UNKNOWN").connect()
    assert caught.value.response.status_code == 412
