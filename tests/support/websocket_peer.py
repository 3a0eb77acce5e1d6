"""The far end of a WebSocket, frame by frame: it can also do what no proper client does."""

from __future__ import annotations

import socket
import struct
import zlib

from websockets.exceptions import ConnectionClosed
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import Protocol, Side, State
from websockets.utils import apply_mask

PATIENCE_S = 5.0
MASK = b"\x01\x80\x7f\xfe"


class Peer:
    """A client after its opening handshake."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(PATIENCE_S)
        self.sock = sock
        self._reader = Protocol(Side.CLIENT, state=State.OPEN, max_size=None)
        self._frames: list[Frame] = []

    def send(self, data: str | bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> None:
        """Send one frame."""
        self.sock.sendall(frame(data, opcode, fin=fin))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Send a close frame."""
        self.send(Close(code, reason).serialize(), Opcode.CLOSE)

    def next_frame(self) -> Frame:
        """Return the next frame; EOFError when the connection ends before."""
        while not self._frames:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError
            self._reader.receive_data(data)
            self._frames += [e for e in self._reader.events_received() if isinstance(e, Frame)]
            if self._reader.parser_exc:
                raise self._reader.parser_exc
        return self._frames.pop(0)

    def text(self) -> str:
        """Return the text of the next frame, which must be one whole message."""
        found = self.next_frame()
        assert found.opcode is Opcode.TEXT
        assert found.fin
        return bytes(found.data).decode()

    def closed(self) -> tuple[int, str]:
        """Skip to the close frame; its code and reason."""
        while True:
            found = self.next_frame()
            if found.opcode is Opcode.CLOSE:
                close = Close.parse(bytes(found.data))
                return close.code, close.reason

    def at_end(self) -> bool:
        """Wait for the end of the connection, whatever still comes."""
        try:
            while True:
                self.next_frame()
        except (EOFError, ConnectionResetError, BrokenPipeError, ConnectionClosed):
            return True


def frame(
    data: str | bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True, rsv1: bool = False
) -> bytes:
    """Return a masked frame, allowed or not; text is encoded as UTF-8."""
    payload = data.encode() if isinstance(data, str) else data
    first = opcode | 0x80 * fin | 0x40 * rsv1
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    return head + MASK + apply_mask(payload, MASK)


def deflated(data: str | bytes, *, fragments: int = 1) -> bytes:
    """Return a message compressed as permessage-deflate does, in so many frames."""
    payload = data.encode() if isinstance(data, str) else data
    packer = zlib.compressobj(wbits=-15)
    packed = (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(
        b"\x00\x00\xff\xff"
    )
    size = -(-len(packed) // fragments)
    parts = [packed[start : start + size] for start in range(0, len(packed), size)]
    return b"".join(
        frame(
            part,
            Opcode.TEXT if number == 0 else Opcode.CONT,
            fin=number == len(parts) - 1,
            rsv1=number == 0,
        )
        for number, part in enumerate(parts)
    )
