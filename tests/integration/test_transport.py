"""The stations' WebSocket in a real gunicorn with its gevent worker, over TCP."""

import base64
import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Opcode
from websockets.sync.client import connect

from ocpp_core.live import throttle
from tests.support.station_app import HEX_KEY, MAX_SIZE, TEXT_PASSWORD
from tests.support.websocket_peer import Peer, deflated, frame

ROOT = Path(__file__).resolve().parents[2]
HANDSHAKE = {
    "Host": "csms.example",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "ocpp1.6",
}


class Server:
    """A gunicorn of the test, on a port that the system chose."""

    def __init__(self, log_file):
        self._log_file = log_file
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{self._listener.fileno()}",
                   "--worker-class", "gevent", "--keep-alive", "5",
                   "--no-control-socket", "tests.support.station_app:create_app()"]  # fmt: skip
        with log_file.open("w") as log:
            self._process = subprocess.Popen(
                command,
                cwd=log_file.parent,  # away from the gunicorn.conf.py of the product
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stderr=log,
                pass_fds=[self._listener.fileno()],
            )

    def log(self):
        return self._log_file.read_text()

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(20)
        finally:
            self._process.kill()
            self._process.wait()
            self._listener.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server") / "log")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def handshake(server):
    """Send a request as it is given; the status, the headers and the open socket."""
    with contextlib.ExitStack() as stack:

        def handshake(path="/OCPP/open-1", changes=(), *, method="GET", then=b""):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 10))
            headers = HANDSHAKE | dict(changes)
            lines = [f"{method} {path} HTTP/1.1"]
            for name, value in headers.items():
                values = value if isinstance(value, list) else [value]
                lines += [f"{name}: {one}" for one in values if one is not None]
            sock.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + then)
            answer = b""
            while not answer.endswith(b"\r\n\r\n"):
                byte = sock.recv(1)
                assert byte, answer
                answer += byte
            status, *fields = answer.decode("latin-1").split("\r\n")[:-2]
            parsed = {
                name.lower(): value for name, value in (field.split(": ", 1) for field in fields)
            }
            return int(status.split()[1]), parsed, sock

        yield handshake


@pytest.fixture
def peer(handshake):
    """Open a connection with the headers of the test."""

    def peer(path="/OCPP/open-1", changes=(), *, then=b""):
        status, _, sock = handshake(path, changes, then=then)
        assert status == 101
        return Peer(sock)

    return peer


@pytest.fixture
def station(server):
    """Open a connection with an independent client."""

    def station(path="/OCPP/open-1", **options):
        options = {"subprotocols": ["ocpp1.6"], "open_timeout": 10, **options}
        return connect(f"ws://127.0.0.1:{server.port}{path}", **options)

    return station


def basic(user, password):
    user, password = (part.encode() if isinstance(part, str) else part for part in (user, password))
    return {"Authorization": "Basic " + base64.b64encode(user + b":" + password).decode()}


# ---------------------------------------------------------------- the opening handshake


@pytest.mark.parametrize(
    ("path", "station_id"),
    [
        ("/OCPP/open-1", "open-1"),
        ("/OCPP/open-1/", "open-1"),
        ("//OCPP//open-1//", "open-1"),
        ("/ocpp/site/open-1", "open-1"),
        ("/oCpP///open-1?x=y", "open-1"),
        ("/OCPP/./../open-1", "open-1"),
        ("/OCPP/open-a%20b%3Fc%2525", "open-a b?c%25"),
        ("/OCPP/open-a%2Fb", "open-a/b"),
        ("/OCPP/open-a;b:c", "open-a;b:c"),
        ("/OCPP/open-S%C3%A4ule", "open-Säule"),
        ("/OCPP/open-a%0Ab/open-1", "open-1"),
        ("http://csms.example/OCPP/open-1", "open-1"),
    ],
)
def test_a_station_connects_in_every_spelling_of_its_path(peer, path, station_id):
    open_peer = peer(path)
    open_peer.send("who")
    assert json.loads(open_peer.text()) == [station_id, "ocpp1.6", "127.0.0.1"]


@pytest.mark.parametrize("changes", [{}, {"Upgrade": None, "Connection": None}])
@pytest.mark.parametrize(
    "path",
    ["/OCPP", "/OCPP/", "//ocpp//", "/OCPP/nobody", "/OCPP//nobody//", "/OCPP/%00", "/OCPP/a%2F.."],
)
def test_an_unknown_station_is_412_and_never_redirected(handshake, path, changes):
    status, headers, _ = handshake(path, changes)
    assert status == 412
    assert headers["content-length"] == "0"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Upgrade": None}, 400),
        ({"Connection": "close"}, 400),
        ({"Host": None}, 400),
        ({"Sec-WebSocket-Key": None}, 400),
        ({"Sec-WebSocket-Key": "x"}, 400),
        ({"Sec-WebSocket-Version": None}, 426),
        ({"Sec-WebSocket-Version": "8"}, 426),
        ({"Sec-WebSocket-Protocol": None}, 400),
        ({"Sec-WebSocket-Protocol": "ocpp2.0,soap"}, 400),
        ({"Content-Length": "3"}, 400),
        ({"Transfer-Encoding": "chunked"}, 400),
    ],
)
def test_a_bad_handshake_of_a_known_station_has_its_status(handshake, changes, status):
    found, headers, _ = handshake(changes=changes, then=b"0\r\n\r\n" if len(changes) else b"")
    assert found == status
    if status == 426:
        assert headers["sec-websocket-version"] == "13"


def test_plain_http_is_refused_in_the_order_of_the_checks(server):
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for path, status in [("/OCPP/nobody", 412), ("/OCPP/text-1", 401), ("/OCPP/open-1/", 400)]:
        for method in ("GET", "POST", "OPTIONS", "DELETE"):
            client.request(method, path)
            answer = client.getresponse()
            assert (answer.status, answer.read()) == (status, b"")
    client.close()


@pytest.mark.parametrize(
    ("offered", "answered", "spoken"),
    [
        ("ocpp2.1, ocpp2.0.1, ocpp1.6", "ocpp2.1", "ocpp2.1"),
        ("ocpp1.6,ocpp2.0.1", "ocpp1.6", "ocpp1.6"),
        (["nonsense", "OCPP2.0.1", "ocpp1.6"], "OCPP2.0.1", "ocpp2.0.1"),
    ],
)
def test_the_stations_order_decides_and_its_spelling_is_echoed(
    handshake, offered, answered, spoken
):
    status, headers, sock = handshake(changes={"Sec-WebSocket-Protocol": offered})
    assert (status, headers["sec-websocket-protocol"]) == (101, answered)
    open_peer = Peer(sock)
    open_peer.send("who")
    assert json.loads(open_peer.text())[1] == spoken


def test_a_station_that_names_no_version_speaks_its_default(handshake):
    status, headers, sock = handshake("/OCPP/default-1", {"Sec-WebSocket-Protocol": None})
    assert status == 101
    assert "sec-websocket-protocol" not in headers
    open_peer = Peer(sock)
    open_peer.send("who")
    assert json.loads(open_peer.text())[1] == "ocpp2.0.1"


def test_messages_sent_together_with_the_handshake_are_not_lost(peer):
    open_peer = peer(then=frame("first") + frame("second")[:4])
    open_peer.sock.sendall(frame("second")[4:])
    assert [open_peer.text(), open_peer.text()] == ["first", "second"]


def test_messages_sent_before_a_slow_answer_are_not_lost(peer):
    open_peer = peer("/OCPP/slow-1", then=b"".join(frame(str(n)) for n in range(3000)))
    assert [open_peer.text() for _ in range(3000)] == [str(n) for n in range(3000)]


def test_a_refused_station_may_try_again_on_the_same_connection(handshake, server):
    _, _, sock = handshake("/OCPP/nobody")
    lines = [f"{name}: {value}" for name, value in HANDSHAKE.items()]
    sock.sendall("\r\n".join(["GET /OCPP/open-1 HTTP/1.1", *lines, "", ""]).encode())
    assert sock.recv(12) == b"HTTP/1.1 101"


# ---------------------------------------------------------------- credentials


@pytest.mark.parametrize(
    ("station_id", "password"),
    [
        ("text-ok", TEXT_PASSWORD),
        ("text-a%3Ab", TEXT_PASSWORD),
        ("hex-1", HEX_KEY.upper()),
        ("hex-2", HEX_KEY.lower()),
        ("hex-3", bytes.fromhex(HEX_KEY)),
    ],
)
def test_a_station_with_the_right_password_is_let_in(handshake, station_id, password):
    user = station_id.replace("%3A", ":")
    status, _, sock = handshake(f"/OCPP/{station_id}", basic(user, password))
    assert status == 101
    open_peer = Peer(sock)
    open_peer.send("who")
    assert json.loads(open_peer.text())[0] == user


@pytest.mark.parametrize(
    ("number", "header"),
    list(
        enumerate(
            [
                None,
                "",
                "Basic",
                "Basic %%%",
                "Basic \xe4\xf6",
                "Digest username=x",
                basic("text-wrong", "pass")["Authorization"],
                basic("text-wrong", b"\xff\xfe:\x00")["Authorization"],
                basic("somebody", TEXT_PASSWORD)["Authorization"],
            ]
        )
    ),
)
def test_a_wrong_or_malformed_header_is_401_with_a_challenge(handshake, number, header):
    station_id = f"text-wrong{number}"
    status, headers, _ = handshake(f"/OCPP/{station_id}", {"Authorization": header})
    assert status == 401
    assert headers["www-authenticate"] == 'Basic realm="OCPP.Core"'


def test_guessing_is_throttled_and_the_right_station_gets_in_from_the_same_address(handshake):
    assert handshake("/OCPP/hex-known", basic("hex-known", HEX_KEY))[0] == 101
    statuses = [
        handshake("/OCPP/hex-known", basic("hex-known", f"guess{n}"))[0]
        for n in range(throttle.PER_STATION_AND_ADDRESS + 3)
    ]
    assert statuses.count(429) >= 3
    status, headers, _ = handshake("/OCPP/hex-known", basic("hex-known", "guess"))
    assert status == 429
    assert 1 <= int(headers["retry-after"]) <= 60
    assert handshake("/OCPP/hex-known", basic("hex-known", HEX_KEY))[0] == 101
    assert handshake("/OCPP/hex-neighbour", basic("hex-neighbour", HEX_KEY))[0] == 101


# ---------------------------------------------------------------- the open connection


def test_an_independent_client_talks_with_and_without_compression(station):
    for compression in (None, "deflate"):
        with station(compression=compression) as client:
            for text in ("", "äöü", "[2,{}]" * 5000):
                client.send(text)
                assert client.recv(timeout=10) == text
            client.send(iter(["in ", "three ", "parts"]))
            assert client.recv(timeout=10) == "in three parts"
            assert client.ping().wait(10)


def test_compression_is_answered_without_context(handshake):
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    _, headers, sock = handshake(changes=offer)
    assert headers["sec-websocket-extensions"] == (
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
    )
    sock.sendall(deflated("packed"))
    assert Peer(sock).text() == "packed"


@pytest.mark.parametrize("compressed", [False, True])
def test_a_message_beyond_the_limit_is_1009(handshake, compressed):
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate"} if compressed else {}
    _, _, sock = handshake(changes=offer)
    big = "x" * 20_000_000
    data = deflated(big) if compressed else frame(big)
    sender = threading.Thread(target=lambda: send_quietly(sock, data))
    sender.start()
    open_peer = Peer(sock)
    assert open_peer.closed()[0] == 1009
    assert open_peer.at_end()
    sender.join(10)


def send_quietly(sock, data):
    with contextlib.suppress(OSError):
        sock.sendall(data)


def test_the_greatest_message_is_received(station):
    with station() as client:
        client.send("length ".ljust(MAX_SIZE))
        assert client.recv(timeout=10) == str(MAX_SIZE)


def test_frames_of_many_green_threads_stay_whole_for_a_slow_reader(peer):
    open_peer = peer()
    open_peer.send("threads 50")
    time.sleep(0.2)
    texts = {open_peer.text() for _ in range(50)}
    assert texts == {f"{number} " * 5000 for number in range(50)}


def test_a_frame_of_megabytes_arrives_whole(station):
    with station(max_size=None) as client:
        client.send("big 5000000")
        assert len(client.recv(timeout=20)) == 5_000_000


def test_a_flood_of_one_station_starves_no_other(peer, station):
    flooding = peer()
    stop = threading.Event()
    flood = b"".join(frame("who") for _ in range(200))

    def pour():
        while not stop.is_set():
            send_quietly(flooding.sock, flood)

    def drink():
        with contextlib.suppress(OSError):
            while flooding.sock.recv(65536):
                continue

    threads = [threading.Thread(target=pour), threading.Thread(target=drink)]
    for thread in threads:
        thread.start()
    try:
        with station("/OCPP/open-2") as client:
            waited = []
            for _ in range(20):
                started = time.monotonic()
                client.send("me")
                client.recv(timeout=10)
                waited.append(time.monotonic() - started)
        assert sorted(waited)[len(waited) // 2] < 0.5
    finally:
        stop.set()
        flooding.sock.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(10)


# ---------------------------------------------------------------- the end


def test_the_close_frame_of_a_station_is_echoed(peer):
    open_peer = peer()
    open_peer.close(3001)
    assert open_peer.closed()[0] == 3001
    assert open_peer.at_end()


def test_a_close_of_ours_reaches_the_station(station):
    with station() as client:
        client.send("close 1008 as told")
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(timeout=10)
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1008, "as told")


def test_a_failing_view_closes_with_1011_and_writes_nothing_else(peer, server):
    open_peer = peer()
    open_peer.send("raise")
    assert open_peer.closed()[0] == 1011
    open_peer.close(1011)
    assert open_peer.at_end()
    assert "RuntimeError: as told" in server.log()


def test_a_view_that_returns_closes_the_connection(peer):
    open_peer = peer()
    open_peer.send("return")
    assert open_peer.closed()[0] == 1000
    open_peer.close()
    assert open_peer.at_end()


@pytest.mark.parametrize("end", ["return", "raise", "close 1001"])
def test_a_failure_after_the_end_writes_nothing_into_the_stream(peer, end):
    open_peer = peer("/OCPP/open-after")
    open_peer.send(end)
    open_peer.closed()
    open_peer.close(1000)
    rest = b""
    with contextlib.suppress(ConnectionResetError):
        while data := open_peer.sock.recv(65536):
            rest += data
    assert rest == b""


def test_an_abrupt_end_leaves_the_server_in_peace(peer, server, station):
    for data in (b"", b"\x81", frame("x" * 100)[:50]):
        open_peer = peer()
        open_peer.sock.sendall(data)
        open_peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        open_peer.sock.close()
    with station() as client:
        client.send("still there")
        assert client.recv(timeout=10) == "still there"


def test_a_refused_client_sees_the_status(station):
    with pytest.raises(InvalidStatus) as refused:
        station("/OCPP/nobody")
    assert refused.value.response.status_code == 412


def test_pings_are_answered(peer):
    open_peer = peer()
    open_peer.send(b"abc", Opcode.PING)
    assert bytes(open_peer.next_frame().data) == b"abc"


def test_nothing_went_wrong_that_was_not_asked_for(server):
    log = server.log()
    assert set(re.findall(r"^\w+(?:Error|Exception|Exit)\b.*", log, re.MULTILINE)) == {
        "RuntimeError: as told",
        "RuntimeError: a failure after the WebSocket has ended",
    }
    assert TEXT_PASSWORD not in log
    assert HEX_KEY not in log
