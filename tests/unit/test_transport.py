"""The WebSocket of a station, on a pair of sockets and plain threads."""

import contextlib
import socket
import threading
import time
import tracemalloc

import pytest
from websockets.frames import Opcode

from ocpp_core.live import compression, sockets, transport
from ocpp_core.live.transport import ConnectionClosed, WebSocket
from tests.support.websocket_peer import Peer, deflated, frame

MAX = 10_000
PATIENCE_S = 0.1


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(transport, "_undertaker", sockets.Undertaker(PATIENCE_S))
    monkeypatch.setattr(transport, "BRIEFLY_S", PATIENCE_S)


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield WebSocket(ours, max_size=MAX), Peer(theirs)


@pytest.fixture
def deflating():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield WebSocket(ours, max_size=MAX, deflate=True), Peer(theirs)


def in_background(function, *args):
    thread = threading.Thread(target=function, args=args, daemon=True)
    thread.start()
    return thread


def closed(websocket):
    """Receive to the end; why it ended."""
    try:
        while True:
            websocket.receive(timeout=5)
    except ConnectionClosed as ended:
        return ended.code, ended.reason


def send_much(websocket):
    """Send more than buffers hold to a peer that does not read."""
    with pytest.raises(ConnectionClosed):
        websocket.send("x" * 10_000_000)


# ---------------------------------------------------------------- messages


def test_text_and_binary_frames_are_alike(pair):
    websocket, peer = pair
    peer.send("äöü\n[2]")
    peer.send("äöü\n[2]".encode(), Opcode.BINARY)
    assert websocket.receive(1) == websocket.receive(1) == "äöü\n[2]"


def test_fragments_are_joined_even_within_a_character_and_around_a_ping(pair):
    websocket, peer = pair
    text = "ä€".encode()
    peer.send(text[:1], fin=False)
    peer.send(b"now", Opcode.PING)
    peer.send(b"", Opcode.CONT, fin=False)
    peer.send(text[1:3], Opcode.CONT, fin=False)
    peer.send(text[3:], Opcode.CONT)
    peer.send("next")
    assert [websocket.receive(1), websocket.receive(1)] == ["ä€", "next"]
    assert peer.next_frame().opcode is Opcode.PONG


def test_a_message_may_begin_with_an_empty_fragment(pair):
    websocket, peer = pair
    peer.send(b"", fin=False)
    peer.send(b"all", Opcode.CONT)
    assert websocket.receive(1) == "all"


def test_frames_that_come_byte_by_byte_are_read(pair):
    websocket, peer = pair
    messages = []
    for byte in frame("slow") + frame("x" * 200):
        peer.sock.sendall(bytes([byte]))
        messages.append(websocket.receive(0))
    assert [message for message in messages if message] == ["slow", "x" * 200]


def test_many_messages_in_one_packet_come_one_by_one_in_order(pair):
    websocket, peer = pair
    peer.sock.sendall(b"".join(frame(str(number)) for number in range(500)))
    assert [websocket.receive(1) for _ in range(500)] == [str(number) for number in range(500)]


def test_bytes_read_with_the_handshake_are_not_lost():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        whole = frame("first") + frame("second")
        websocket = WebSocket(ours, max_size=MAX, received=whole[:14])
        theirs.sendall(whole[14:])
        assert [websocket.receive(1), websocket.receive(1)] == ["first", "second"]


def test_an_empty_message_is_a_message(pair):
    websocket, peer = pair
    peer.send("")
    assert websocket.receive(1) == ""


def test_receive_gives_none_when_nothing_comes(pair):
    websocket, _ = pair
    started = time.monotonic()
    assert websocket.receive(timeout=0.05) is None
    assert websocket.receive(timeout=0) is None
    assert 0.04 < time.monotonic() - started < 1


def test_receive_gives_none_in_time_although_pings_keep_coming(pair):
    websocket, peer = pair
    stop = threading.Event()

    def flood():
        with contextlib.suppress(OSError):
            while not stop.is_set():
                peer.send(b"", Opcode.PONG)

    thread = in_background(flood)
    started = time.monotonic()
    assert websocket.receive(timeout=0.1) is None
    assert time.monotonic() - started < 1
    stop.set()
    websocket._shut()
    thread.join(5)


def test_others_may_run_after_every_eighth_message(pair, monkeypatch):
    websocket, peer = pair
    breaths = []
    monkeypatch.setattr(transport.green, "breathe", lambda: breaths.append(1))
    for _ in range(32):
        peer.send("x")
        websocket.receive(1)
    assert len(breaths) == 4


# ---------------------------------------------------------------- limits


def test_a_message_of_the_greatest_size_is_received(pair):
    websocket, peer = pair
    in_background(peer.send, "x" * MAX)
    assert websocket.receive(5) == "x" * MAX


@pytest.mark.parametrize(
    "frames",
    [
        [frame("x" * (MAX + 1))],
        [frame("x" * MAX, fin=False), frame("x", Opcode.CONT)],
        [frame("x" * 100, fin=False)] + [frame("x" * 100, Opcode.CONT, fin=False)] * 100,
        [frame("x")[:1] + b"\xff" + b"\x7f" * 8],  # only announced: 9 exabytes
    ],
    ids=["one frame", "two fragments", "many fragments", "announced"],
)
def test_a_message_beyond_the_size_limit_ends_the_connection_with_1009(pair, frames):
    websocket, peer = pair
    in_background(peer.sock.sendall, b"".join(frames))
    in_background(closed, websocket)
    assert peer.closed()[0] == 1009
    peer.sock.shutdown(socket.SHUT_WR)
    assert peer.at_end()


def test_what_came_before_a_message_that_is_too_big_is_delivered(pair):
    websocket, peer = pair
    peer.send("small")
    peer.send("x" * (MAX + 1))
    peer.sock.shutdown(socket.SHUT_WR)
    assert websocket.receive(1) == "small"
    assert closed(websocket)[0] == 1009


def test_memory_stays_flat_while_a_message_without_end_comes(pair):
    websocket, peer = pair

    def bomb():
        with contextlib.suppress(OSError):
            peer.send("[", fin=False)
            for _ in range(20):
                peer.sock.sendall(frame(b"", Opcode.CONT, fin=False) * 1000)
            peer.close()

    tracemalloc.start()
    in_background(bomb)
    assert closed(websocket)[0] == 1002  # a close frame in the middle of a message
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3_000_000


def test_memory_stays_flat_while_tiny_fragments_add_up(pair):
    websocket, peer = pair

    def bomb():
        with contextlib.suppress(OSError):
            peer.send("[", fin=False)
            for _ in range(20):
                peer.sock.sendall(frame(b"1", Opcode.CONT, fin=False) * 1000)

    tracemalloc.start()
    in_background(bomb)
    assert closed(websocket)[0] == 1009
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3_000_000


# ---------------------------------------------------------------- broken peers


@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
@pytest.mark.parametrize("payload", [b"\xff", b"\xc3", b"\xed\xa0\x80"])
def test_what_is_not_utf8_ends_the_connection_with_1007(pair, opcode, payload):
    websocket, peer = pair
    peer.send("before")
    peer.send(payload, opcode)
    peer.send("after")
    assert websocket.receive(1) == "before"
    in_background(closed, websocket)
    assert peer.closed()[0] == 1007


@pytest.mark.parametrize(
    "data",
    [
        b"\x81\x01x",  # not masked
        b"\xf1\x80\0\0\0\0",  # reserved bits
        b"\x83\x80\0\0\0\0",  # unknown opcode
        frame("x", Opcode.CONT),  # continues nothing
        frame("x", fin=False) + frame("y"),  # a message within a message
        frame(b"x" * 126, Opcode.PING),
        frame(b"", Opcode.PING, fin=False),
        frame(b"\x03", Opcode.CLOSE),
        frame(b"\x03\xed", Opcode.CLOSE),  # 1005 is not for the wire
        deflated("not agreed to"),
    ],
)
def test_a_frame_against_the_protocol_ends_the_connection_with_1002(pair, data):
    websocket, peer = pair
    with contextlib.suppress(ValueError):
        peer.sock.sendall(data)
    in_background(closed, websocket)
    assert peer.closed()[0] == 1002


def test_an_end_without_a_close_frame_is_1006(pair):
    websocket, peer = pair
    peer.send("last")
    peer.sock.sendall(frame("half")[:3])
    peer.sock.close()
    assert websocket.receive(1) == "last"
    assert closed(websocket) == (1006, "")
    assert closed(websocket) == (1006, "")
    with pytest.raises(ConnectionClosed):
        websocket.send("x")
    with pytest.raises(ConnectionClosed):
        websocket.ping()
    websocket.close()
    websocket.finish()


# ---------------------------------------------------------------- writing


def test_a_message_is_one_whole_frame(pair):
    websocket, peer = pair
    for text in ("", "ä" * 10, "x" * 200, "y" * 70_000):
        writer = in_background(websocket.send, text)
        assert peer.text() == text
        writer.join(5)


def test_frames_of_many_threads_stay_whole(pair):
    websocket, peer = pair
    texts = [letter * 30_000 for letter in "abcdefgh"]
    threads = [in_background(websocket.send, text) for text in texts for _ in range(5)]
    pings = [in_background(websocket.ping) for _ in range(5)]
    frames = [peer.next_frame() for _ in range(40)]
    found = [bytes(f.data).decode() for f in frames if f.opcode is Opcode.TEXT]
    assert all(text in texts for text in found)
    for thread in threads + pings:
        thread.join(5)


def test_a_peer_that_stops_reading_loses_the_connection_not_the_sender_his_time(monkeypatch):
    monkeypatch.setattr(transport, "SEND_S", 0.2)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        websocket = WebSocket(ours, max_size=MAX)
        started = time.monotonic()
        with pytest.raises(ConnectionClosed) as ended:
            websocket.send("x" * 10_000_000)
        assert ended.value.code == 1006
        assert time.monotonic() - started < 2
        assert closed(websocket)[0] == 1006


def test_a_ping_does_not_wait_for_a_peer_that_stops_reading(pair):
    websocket, _ = pair
    writer = in_background(send_much, websocket)
    started = time.monotonic()
    for _ in range(20):
        websocket.ping()
        time.sleep(0.005)
    assert time.monotonic() - started < 1
    websocket.close()
    writer.join(5)
    assert not writer.is_alive()


def test_a_ping_of_the_peer_is_answered_with_its_payload(pair):
    websocket, peer = pair
    peer.send(b"are you there", Opcode.PING)
    assert websocket.receive(0.05) is None
    pong = peer.next_frame()
    assert (pong.opcode, bytes(pong.data)) == (Opcode.PONG, b"are you there")


def test_any_byte_of_the_peer_is_a_sign_of_life(pair):
    websocket, peer = pair
    before = websocket.last_heard
    websocket.ping()
    ping = peer.next_frame()
    assert ping.opcode is Opcode.PING
    peer.send(bytes(ping.data), Opcode.PONG)
    assert websocket.receive(0.05) is None
    assert websocket.last_heard > before


def test_a_ping_leaves_the_patience_of_the_reader_as_it_was(pair):
    websocket, _ = pair
    websocket.ping()
    assert websocket._sock.gettimeout() == transport.SEND_S


# ---------------------------------------------------------------- closing


@pytest.mark.parametrize(("code", "reason"), [(1000, ""), (1001, "bye"), (3001, ""), (4321, "ä")])
def test_the_close_frame_of_the_peer_is_echoed(pair, code, reason):
    websocket, peer = pair
    peer.send("last")
    peer.close(code, reason)
    assert websocket.receive(1) == "last"
    assert closed(websocket) == (code, reason)
    assert peer.closed() == (code, reason)
    assert peer.at_end()


def test_an_empty_close_frame_is_echoed_empty(pair):
    websocket, peer = pair
    peer.send(b"", Opcode.CLOSE)
    assert closed(websocket) == (1005, "")
    assert bytes(peer.next_frame().data) == b""


def test_a_close_frame_of_ours_goes_out_once_and_waits_for_the_echo(pair):
    websocket, peer = pair
    reader = in_background(closed, websocket)
    for _ in range(3):
        websocket.close(1001, "server stops")
    websocket.close(1008, "too late")
    assert peer.closed() == (1001, "server stops")
    assert reader.is_alive()
    peer.close(1001)
    reader.join(1)
    assert not reader.is_alive()
    assert closed(websocket) == (1001, "server stops")
    assert peer.at_end()


def test_after_a_close_of_ours_nothing_is_sent_and_nothing_delivered(pair):
    websocket, peer = pair
    websocket.close(1008, "replaced")
    with pytest.raises(ConnectionClosed) as refused:
        websocket.send("late")
    assert (refused.value.code, refused.value.reason) == (1008, "replaced")
    peer.send("also late")
    peer.send(b"", Opcode.PING)
    peer.close(1008)
    assert closed(websocket) == (1008, "replaced")
    assert peer.closed() == (1008, "replaced")
    assert peer.at_end()


def test_a_peer_that_does_not_answer_our_close_frame_has_a_moment(pair):
    websocket, peer = pair
    started = time.monotonic()
    websocket.close(1001)
    assert time.monotonic() - started < 0.2
    assert closed(websocket)[0] == 1001
    assert PATIENCE_S * 0.9 < time.monotonic() - started < PATIENCE_S + 1
    assert peer.closed()[0] == 1001


def test_a_reader_that_waits_is_woken_by_a_close_that_nobody_answers(pair):
    websocket, _ = pair
    reader = in_background(closed, websocket)
    websocket.close(1001)
    reader.join(3)
    assert not reader.is_alive()


def test_closing_does_not_wait_for_a_peer_that_reads_nothing(pair):
    websocket, _ = pair
    writer = in_background(send_much, websocket)
    while not websocket._lock.locked():
        time.sleep(0.001)
    started = time.monotonic()
    websocket.close(1008)
    assert time.monotonic() - started < 1
    writer.join(2)
    assert not writer.is_alive()
    assert closed(websocket)[0] == 1008


def test_closing_does_not_wait_for_full_buffers(pair):
    websocket, _ = pair
    websocket._sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            websocket._sock.send(b"\x00" * 1000)
    started = time.monotonic()
    websocket.close(1001)
    assert time.monotonic() - started < 1
    assert closed(websocket)[0] == 1001


def test_many_threads_may_close_at_once(pair):
    websocket, peer = pair
    threads = [in_background(websocket.close, 4000 + number) for number in range(20)]
    for thread in threads:
        thread.join(5)
    code, _ = peer.closed()
    peer.close(code)
    assert closed(websocket)[0] == code
    assert peer.at_end()


@pytest.mark.parametrize("code", [0, 999, 1005, 1006, 1015, 70000])
def test_a_code_that_is_not_for_the_wire_becomes_1011(pair, code):
    websocket, peer = pair
    websocket.close(code)
    assert peer.closed()[0] == 1011


def test_a_long_reason_is_cut_between_characters(pair):
    websocket, peer = pair
    websocket.close(1008, "ä" * 100)
    assert peer.closed() == (1008, "ä" * 61)


def test_finish_ends_the_connection_whatever_the_peer_does(pair):
    websocket, peer = pair
    peer.send("unread")
    started = time.monotonic()
    websocket.finish()
    assert time.monotonic() - started < 2
    assert peer.closed()[0] == 1000
    assert peer.at_end()


def test_killing_a_writer_in_the_middle_of_a_frame_ends_the_connection(pair):
    websocket, peer = pair

    class Killed(BaseException):
        pass

    class Sock:
        def __init__(self, sock):
            self.sock = sock

        def __getattr__(self, name):
            return getattr(self.sock, name)

        def sendall(self, data):
            self.sock.sendall(data[:3])
            raise Killed

    websocket._sock = Sock(websocket._sock)
    with pytest.raises(Killed):
        websocket.send("hello world")
    with pytest.raises(ConnectionClosed):
        websocket.send("hello again")
    assert peer.at_end()


# ---------------------------------------------------------------- compression


def test_compression_is_agreed_to_without_context_in_both_directions():
    answer = compression.agree("permessage-deflate; client_max_window_bits, x-other; a=b")
    assert answer.split("; ") == [
        "permessage-deflate",
        "server_no_context_takeover",
        "client_no_context_takeover",
    ]


@pytest.mark.parametrize(
    "offers",
    ["", "x-webkit-deflate-frame", "permessage-deflate; unknown=1", "permessage-deflate; ;;", "="],
)
def test_an_offer_that_cannot_be_used_is_ignored(offers):
    assert compression.agree(offers) is None


def test_the_second_offer_is_taken_when_the_first_cannot_be():
    offers = "permessage-deflate; server_max_window_bits=99, permessage-deflate"
    assert compression.agree(offers).startswith("permessage-deflate; server_no_context")


def test_compressed_messages_are_inflated_and_replies_are_not_compressed(deflating):
    websocket, peer = deflating
    text = "[2,äöü]" * 500
    peer.sock.sendall(deflated(text) + frame("plain") + deflated(text, fragments=3))
    assert [websocket.receive(1) for _ in range(3)] == [text, "plain", text]
    websocket.send(text)
    assert peer.text() == text


def test_each_compressed_message_stands_alone(deflating):
    websocket, peer = deflating
    peer.sock.sendall(deflated("same text") * 20)
    assert [websocket.receive(1) for _ in range(20)] == ["same text"] * 20
    assert not hasattr(websocket._protocol.extensions[0], "decoder")


@pytest.mark.parametrize("fragments", [1, 7])
def test_the_size_limit_counts_after_decompression(deflating, fragments):
    websocket, peer = deflating
    bomb = deflated(b" " * 50_000_000, fragments=fragments)
    tracemalloc.start()
    in_background(peer.sock.sendall, bomb)
    with pytest.raises(ConnectionClosed) as ended:
        websocket.receive(5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert ended.value.code == 1009
    assert peak < 1_000_000
    assert peer.closed()[0] == 1009


def test_a_pile_of_compressed_messages_is_not_inflated_at_once(deflating):
    websocket, peer = deflating
    one = deflated(b" " * MAX)
    count = 2000
    in_background(peer.sock.sendall, one * count)
    tracemalloc.start()
    assert all(len(websocket.receive(5)) == MAX for _ in range(count))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3_000_000


def test_broken_compression_ends_the_connection_with_1002(deflating):
    websocket, peer = deflating
    peer.sock.sendall(frame(b"\xff\xff\xff\xff", rsv1=True))
    in_background(closed, websocket)
    assert peer.closed()[0] == 1002


# ---------------------------------------------------------------- sockets


def test_a_dead_peer_is_noticed_by_tcp():
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        with ours:
            WebSocket(ours, max_size=MAX)
            assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000


def test_the_undertaker_rests_when_nothing_is_left_and_comes_back():
    undertaker = sockets.Undertaker(patience_s=0.02)
    for _ in range(2):
        ends = [threading.Event() for _ in range(3)]
        for end in ends:
            undertaker.expect(end.set)
        assert all(end.wait(2) for end in ends)
        deadline = time.monotonic() + 2
        while undertaker._running and time.monotonic() < deadline:
            time.sleep(0.001)
        assert not undertaker._running


def test_waiting_on_a_closed_socket_ends_at_once():
    ours, theirs = socket.socketpair()
    ours.close()
    theirs.close()
    assert sockets.readable(ours, 5)
    sockets.shut(ours)


def test_a_quiet_connection_needs_little_memory():
    pairs = [socket.socketpair() for _ in range(100)]
    tracemalloc.start()
    websockets = [WebSocket(ours, max_size=MAX) for ours, _ in pairs]
    for _, theirs in pairs:
        theirs.sendall(frame("x" * 1000))
    for websocket in websockets:
        websocket.receive(1)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size / len(pairs) < 6000, size
    for ours, theirs in pairs:
        ours.close()
        theirs.close()
