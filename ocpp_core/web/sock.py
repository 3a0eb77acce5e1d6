"""flask-sock's routes on our own transport.

The route, and the way to leave the WSGI server without a response, are flask-sock's. Its
WebSocket (simple-websocket) is not used: it sends half frames and needs a thread of its own.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import Any

import flask_sock
from flask import Blueprint, Flask, Response, g, request

from ..live.transport import ConnectionClosed, WebSocket
from .handshake import Environ, Handshake, unread

log = logging.getLogger(__name__)

INTERNAL_ERROR = 1011  # RFC 6455, 7.4.1

View = Callable[..., None]


class Sock(flask_sock.Sock):  # type: ignore[misc]  # flask-sock has no types
    """Routes whose views get an open `WebSocket` as their first argument.

    What admits a request may leave its `Handshake` in `g.handshake`; else it is read here.
    """

    app: Flask | None
    bp: Blueprint | None

    def __init__(self, app: Flask | None = None, *, max_size: int = 2**20) -> None:
        super().__init__(app)
        self.max_size = max_size

    def route(
        self, path: str, bp: Blueprint | None = None, **options: Any
    ) -> Callable[[View], View]:
        """Register a view; when it returns, the connection is closed, with 1011 if it failed."""

        def register(view: View) -> View:
            @functools.wraps(view)
            def handle(*args: Any, **kwargs: Any) -> Response:
                websocket = self._accept(request.environ)
                if websocket is not None:
                    _run(functools.partial(view, websocket, *args, **kwargs), websocket)
                return _Nothing()

            self._owner(bp).route(path, websocket=True, **options)(handle)
            return view

        return register

    def _owner(self, bp: Blueprint | None) -> Blueprint | Flask:
        if bp is not None:
            return bp
        if self.app is not None:
            return self.app
        if self.bp is None:
            self.bp = Blueprint("__flask_sock", __name__)
        return self.bp

    def _accept(self, environ: Environ) -> WebSocket | None:
        """Answer the handshake; None when the peer is gone already."""
        handshake = g.get("handshake") or Handshake.read(environ)
        sock = environ.get("gunicorn.socket")
        if sock is None:
            raise RuntimeError("WebSockets need gunicorn as their server")
        try:
            sock.sendall(handshake.answer())
            return WebSocket(
                sock,
                max_size=self.max_size,
                deflate=handshake.extensions is not None,
                received=unread(environ),
            )
        except OSError:
            log.debug("peer left during the handshake")
            return None


class _Nothing(Response):
    """No response: the connection was a WebSocket, and gunicorn is to close it in silence."""

    def __call__(self, *_: Any) -> Any:
        raise StopIteration


def _run(view: Callable[[], None], websocket: WebSocket) -> None:
    """Run a view to its end; what it raises must not become a response in the stream."""
    try:
        view()
    except ConnectionClosed as end:
        log.debug("connection closed", extra={"code": end.code})
    except Exception:
        log.exception("WebSocket view failed")
        websocket.close(INTERNAL_ERROR)
    finally:
        websocket.finish()
