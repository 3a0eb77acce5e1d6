"""WebSocket as a measured station speaks it: whole frames of text, and no more than that.

Much cheaper than a library, so that one process keeps a server busy. The masking key is zero,
which RFC 6455 forbids to clients that run foreign scripts; a server unmasks it like any other.
"""

from __future__ import annotations

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
_NO_MASK = b"\0\0\0\0"
_UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
)


def upgrade(path: str) -> bytes:
    """Return the request that opens the connection."""
    return _UPGRADE.format(path=path).encode()


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Return a whole masked frame of up to 64 KiB."""
    length = len(payload)
    if length < 126:
        return bytes((0x80 | opcode, 0x80 | length)) + _NO_MASK + payload
    return bytes((0x80 | opcode, 0xFE)) + length.to_bytes(2, "big") + _NO_MASK + payload


def split(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Cut what a server sent into (opcode, payload), and return what is left over."""
    frames = []
    while len(data) >= 2:
        size = data[1]  # servers do not mask
        start = 2
        if size >= 126:
            start = 4 if size == 126 else 10
            size = int.from_bytes(data[2:start], "big")
        if len(data) < start + size:
            break
        if not data[0] & 0x80:
            raise ValueError("the server sent a fragment")
        frames.append((data[0] & 0x0F, data[start : start + size]))
        data = data[start + size :]
    return frames, data
