"""The opening handshake of a WebSocket (RFC 6455, 4.2): what is asked and what is answered."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn, Self

from flask import Response, abort

from ..live import compression
from ..protocol.versions import BY_SUBPROTOCOL, BY_VERSION

Environ = Mapping[str, Any]

_VERSION = "13"
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3
_KEY_BYTES = 16


@dataclass(frozen=True, slots=True)
class Subprotocol:
    """What is spoken, and what the station is told: its own spelling, or nothing."""

    name: str
    answer: str | None


@dataclass(frozen=True, slots=True)
class Handshake:
    """A request that may become a WebSocket, and what was agreed on."""

    key: str
    subprotocol: str | None = None
    extensions: str | None = None

    @classmethod
    def read(cls, environ: Environ) -> Self:
        """Check the request; one that is no proper handshake is refused."""
        _check_request(environ)
        if set(_tokens(environ, "HTTP_SEC_WEBSOCKET_VERSION")) != {_VERSION}:
            refuse(426, {"Sec-WebSocket-Version": _VERSION})
        key = environ.get("HTTP_SEC_WEBSOCKET_KEY", "").strip()
        if not _is_key(key):
            refuse(400)
        offers = environ.get("HTTP_SEC_WEBSOCKET_EXTENSIONS", "")
        return cls(key, extensions=compression.agree(offers))

    def speaking(self, subprotocol: str | None) -> Self:
        """Return the same handshake with the subprotocol that is answered."""
        return replace(self, subprotocol=subprotocol)

    def answer(self) -> bytes:
        """Return the response that makes the connection a WebSocket."""
        digest = hashlib.sha1((self.key + _GUID).encode(), usedforsecurity=False).digest()
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Accept": base64.b64encode(digest).decode(),
            "Sec-WebSocket-Protocol": self.subprotocol,
            "Sec-WebSocket-Extensions": self.extensions,
        }
        lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return "\r\n".join(("HTTP/1.1 101 Switching Protocols", *lines, "", "")).encode()


def choose_subprotocol(environ: Environ, default_version: str | None) -> Subprotocol:
    """Take the first name of the station's list that we speak: its order is its preference.

    A station that sends no list speaks `default_version`. Nothing in common is refused.
    """
    offered = _tokens(environ, "HTTP_SEC_WEBSOCKET_PROTOCOL", fold=False)
    for name in offered:
        if name.lower() in BY_SUBPROTOCOL:
            return Subprotocol(name.lower(), answer=name)
    default = BY_VERSION.get(default_version or "")
    if offered or default is None:
        refuse(400)
    return Subprotocol(default.subprotocol, answer=None)


def unread(environ: Environ) -> bytes:
    """Take what the server read beyond the request: stations may send without waiting for us."""
    unreader = getattr(getattr(environ.get("wsgi.input"), "reader", None), "unreader", None)
    return unreader.take_buffered() if unreader is not None else b""


def refuse(status: int, headers: Mapping[str, str] | None = None) -> NoReturn:
    """Answer with a status and an empty body, which no error page replaces."""
    abort(Response(status=status, headers=headers))


def _check_request(environ: Environ) -> None:
    is_upgrade = (
        environ.get("REQUEST_METHOD") == "GET"
        and environ.get("SERVER_PROTOCOL") == "HTTP/1.1"
        and "websocket" in _tokens(environ, "HTTP_UPGRADE")
        and "upgrade" in _tokens(environ, "HTTP_CONNECTION")
        and environ.get("HTTP_HOST")
    )
    # A body would be taken for frames.
    has_body = environ.get("CONTENT_LENGTH") not in (None, "", "0")
    if not is_upgrade or has_body or "HTTP_TRANSFER_ENCODING" in environ:
        refuse(400)


def _tokens(environ: Environ, name: str, *, fold: bool = True) -> list[str]:
    """Return the entries of a list header, which may have come in several lines."""
    value = environ.get(name, "")
    tokens = [token.strip() for token in (value.lower() if fold else value).split(",")]
    return [token for token in tokens if token]


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        return False
