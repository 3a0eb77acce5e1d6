"""An opening handshake as text, for clients that do what no library does."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass
from http.client import HTTPMessage, HTTPResponse

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455, 1.3
HEADERS = {
    "Host": "localhost",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "ocpp1.6",
}


def request(target: str, **changes: str | None) -> bytes:
    """Return a handshake; `Sec_WebSocket_Key=None` leaves a header out."""
    headers = {**HEADERS, **{name.replace("_", "-"): value for name, value in changes.items()}}
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join((f"GET {target} HTTP/1.1", *lines, "", "")).encode("latin-1")


@dataclass(frozen=True)
class Answer:
    """What a handshake was answered."""

    status: int
    headers: HTTPMessage
    body: bytes


def knock(port: int, target: str, **changes: str | None) -> Answer:
    """Send a handshake, return the answer and leave, without following or repeating anything."""
    with socket.create_connection(("127.0.0.1", port), 5) as sock:
        sock.sendall(request(target, **changes))
        with contextlib.closing(HTTPResponse(sock)) as response:
            response.begin()
            body = b"" if response.status == 101 else response.read()
            return Answer(response.status, response.headers, body)


def status_line(sock: socket.socket) -> str:
    """Read the head of an answer and no byte more, since frames follow; its first line."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte:
            raise EOFError(head)
        head += byte
    return head.split(b"\r\n")[0].decode()
