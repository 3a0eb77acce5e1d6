"""One WebSocket of a station: whole messages in, whole frames out.

The sans-I/O core of `websockets` reads and makes the frames (RFC 6455, RFC 7692); this module
owns the socket. One thread receives; any thread may send, ping or close.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time

from websockets.exceptions import ProtocolError
from websockets.frames import Close, CloseCode, Frame, Opcode
from websockets.protocol import Protocol, Side, State

from .. import green
from . import sockets
from .compression import Inflate

SEND_S = 30.0  # a peer that takes no bytes for so long has lost the connection
BRIEFLY_S = 0.5  # for what must not hold its caller up
YIELD_EVERY = 8  # a socket with data in it never yields by itself

_DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)
_REASON_BYTES = 123  # RFC 6455, 5.5: a control frame carries 125 bytes, two of them the code
_CHUNK_BYTES = 16384
_COMPRESSED_CHUNK_BYTES = 2048  # inflates to 2 MiB at most until messages are taken out

_frames_log = logging.getLogger(f"{__name__}.frames")
_frames_log.setLevel(logging.WARNING)  # the library tells of each connection that ends
_undertaker = sockets.Undertaker()


class ConnectionClosed(Exception):
    """The connection is over; `code` is the peer's, or ours if we closed first, or 1006."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"{int(code)} {reason}".rstrip())
        self.code = int(code)
        self.reason = reason


class WebSocket:
    """A connection whose opening handshake is done.

    `max_size` counts the bytes of one message, over all its fragments and after decompression.
    `deflate` says that the handshake agreed to `compression`. `received` are bytes that were
    read from the socket together with the handshake.
    """

    __slots__ = (
        "_chunk_bytes",
        "_closing",
        "_delivered",
        "_ended",
        "_inbox",
        "_lock",
        "_message",
        "_protocol",
        "_received",
        "_sock",
        "last_heard",
    )

    def __init__(
        self, sock: socket.socket, *, max_size: int, deflate: bool = False, received: bytes = b""
    ) -> None:
        sockets.tune(sock)
        sock.settimeout(SEND_S)
        self._sock = sock
        self._received = received
        self._protocol = Protocol(
            Side.SERVER, state=State.OPEN, max_size=max_size, logger=_frames_log
        )
        self._protocol.extensions = [Inflate()] if deflate else []
        self._chunk_bytes = _COMPRESSED_CHUNK_BYTES if deflate else _CHUNK_BYTES
        self._lock = threading.Lock()  # around each write, and around the step to `_closing`
        self._closing: tuple[int, str] | None = None  # set: no frame is sent any more
        self._ended = False  # set by the receiving thread: nothing is read any more
        self._message = bytearray()  # fragments of a message that is not complete
        self._inbox: list[str] = []
        self._delivered = 0
        self.last_heard = time.monotonic()

    def receive(self, timeout: float | None = None) -> str | None:
        """Return the next message, or None when `timeout` seconds bring none.

        Text and binary are alike; pings are answered meanwhile. What came before a close is
        still delivered. Only one thread may receive.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        turns = 0
        while not self._inbox:
            if self._ended:
                raise self._reason()
            if turns and deadline is not None and time.monotonic() >= deadline:
                return None
            turns += 1
            if turns % YIELD_EVERY == 0:
                green.breathe()
            self._turn(deadline)
        self._delivered += 1
        if self._delivered % YIELD_EVERY == 0:
            green.breathe()
        return self._inbox.pop(0)

    def send(self, text: str) -> None:
        """Write one text frame, whole; waits while the peer takes nothing, but not for ever."""
        frame = Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
        with self._lock:
            if self._closing is not None:
                raise self._reason()
            self._write(frame, SEND_S)

    def ping(self) -> None:
        """Ask for a sign of life; nothing happens while the peer has bytes of ours to take."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self._closing is not None:
                raise self._reason()
            if sockets.writable(self._sock):
                self._write(Frame(Opcode.PING, b"").serialize(mask=False), BRIEFLY_S)
        finally:
            self._lock.release()

    def close(self, code: int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> None:
        """Send a close frame and give the peer a second for his; again changes nothing.

        Never raises and never waits long: where no frame can be written, TCP is ended at once.
        """
        if self._closing is not None:
            return
        reason = reason.encode(errors="replace")[:_REASON_BYTES].decode(errors="ignore")
        try:
            payload = Close(code, reason).serialize()
        except ProtocolError:  # a code that is not for the wire, such as 1006
            code = CloseCode.INTERNAL_ERROR
            payload = Close(code, reason).serialize()
        self._leave(code, reason, Frame(Opcode.CLOSE, payload).serialize(mask=False))
        _undertaker.expect(self._shut)

    def finish(self) -> None:
        """Close if that is still to be done, and wait until the connection has ended."""
        self.close()
        with contextlib.suppress(ConnectionClosed):
            while True:
                self.receive()

    def _turn(self, deadline: float | None) -> None:
        """Read once, at most until the deadline."""
        if self._received:
            received, self._received = self._received, b""
            self._take(received)
            return
        if deadline is not None:
            left_s = max(0.0, deadline - time.monotonic())
            if left_s < SEND_S and not sockets.readable(self._sock, left_s):
                return
        try:
            data = self._sock.recv(self._chunk_bytes)
        except TimeoutError:
            return
        except (OSError, ValueError):
            data = b""
        if data:
            self._take(data)
        else:
            self._end()

    def _take(self, data: bytes) -> None:
        """Make messages of bytes; answer what the protocol wants answered."""
        self.last_heard = time.monotonic()
        protocol = self._protocol
        protocol.receive_data(data)
        try:
            for event in protocol.events_received():
                if isinstance(event, Frame):
                    self._join(event)
        except UnicodeDecodeError:
            protocol.fail(CloseCode.INVALID_DATA, "not UTF-8")
        reply, close = b"".join(protocol.data_to_send()), protocol.close_sent
        if close is not None:  # the echo of the peer's close frame, or what we have against him
            self._leave(close.code, close.reason, reply)
        elif reply:
            self._pong(reply)
        if protocol.close_rcvd is not None:
            self._end()
        elif close is not None:
            _undertaker.expect(self._shut)

    def _join(self, frame: Frame) -> None:
        """Put a frame of data into the inbox, as soon as its message is complete."""
        if frame.opcode not in _DATA or self._closing is not None:
            return
        data = frame.data
        if self._message or not frame.fin:
            self._message += data
            if not frame.fin:
                return
            data, self._message = self._message, bytearray()
        self._inbox.append(str(data, "utf-8"))

    def _pong(self, reply: bytes) -> None:
        with contextlib.suppress(ConnectionClosed), self._lock:
            if self._closing is None:
                self._write(reply, SEND_S)

    def _leave(self, code: int, reason: str, last_frames: bytes) -> None:
        """Write the last frames; of several callers only the first one does."""
        if not self._lock.acquire(timeout=BRIEFLY_S):  # somebody is stuck: the peer reads nothing
            self._break(code, reason)
            return
        try:
            if self._closing is None:
                self._closing = (code, reason)
                with contextlib.suppress(ConnectionClosed):
                    self._write(last_frames, BRIEFLY_S)
        finally:
            self._lock.release()

    def _write(self, data: bytes, timeout_s: float) -> None:
        """Write all bytes, with the lock held. After a failure the stream is broken for good."""
        try:
            self._sock.settimeout(timeout_s)
            self._sock.sendall(data)
            self._sock.settimeout(SEND_S)
        except (OSError, ValueError) as error:
            self._break(CloseCode.ABNORMAL_CLOSURE)
            raise self._reason() from error
        except BaseException:  # this thread is killed, maybe in the middle of a frame
            self._break(CloseCode.ABNORMAL_CLOSURE)
            raise

    def _break(self, code: int, reason: str = "") -> None:
        self._closing = self._closing or (code, reason)
        self._shut()

    def _shut(self) -> None:
        sockets.shut(self._sock)

    def _end(self) -> None:
        """Note that nothing comes any more, and let go of what a reader needs."""
        self._ended = True
        self._break(CloseCode.ABNORMAL_CLOSURE)
        self._message.clear()
        self._protocol.parser.close()

    def _reason(self) -> ConnectionClosed:
        return ConnectionClosed(*(self._closing or (CloseCode.ABNORMAL_CLOSURE, "")))
