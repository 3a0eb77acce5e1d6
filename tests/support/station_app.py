"""A small application around the stations' door, for a real gunicorn: it obeys what it is sent."""

from __future__ import annotations

import json
import logging
import threading
import time

from flask import Flask, Response, request

from ocpp_core.domain import credentials
from ocpp_core.domain.admission import Admission, Visit
from ocpp_core.live.transport import WebSocket
from ocpp_core.web.sock import Sock
from ocpp_core.web.station_socket import create_blueprint

MAX_SIZE = 100_000
TEXT_PASSWORD = "pass:wörd"
HEX_KEY = "00ffA1b2c3d4e5f60718293a4b5c6d7e8f901122"

_PASSWORDS = {"text": credentials.hash_password(TEXT_PASSWORD),
              "hex": credentials.hash_password(HEX_KEY)}  # fmt: skip
_PREFIXES = {"open", "slow", "default", *_PASSWORDS}


class Doorman:
    """Knows every id that begins with one of the prefixes and a hyphen."""

    def find(self, station_id: str) -> Admission | None:
        kind = station_id.partition("-")[0]
        if kind not in _PREFIXES:
            return None
        default = "2.0.1" if kind == "default" else None
        return Admission(station_id, password_hash=_PASSWORDS.get(kind), default_version=default)


def serve(websocket: WebSocket, visit: Visit) -> None:
    """Echo, or do what a message of the test says."""
    while True:
        text = websocket.receive()
        assert text is not None
        word, _, rest = text.partition(" ")
        if word == "who":
            websocket.send(json.dumps([visit.station_id, visit.subprotocol, visit.address]))
        elif word == "raise":
            raise RuntimeError("as told")
        elif word == "return":
            return
        elif word == "close":
            code, _, reason = rest.partition(" ")
            websocket.close(int(code), reason)
        elif word == "big":
            websocket.send("x" * int(rest))
        elif word == "length":
            websocket.send(str(len(text)))
        elif word == "threads":
            for number in range(int(rest)):
                message = f"{number} " * 5000
                threading.Thread(target=websocket.send, args=(message,)).start()
        else:
            websocket.send(text)


def before_accept(visit: Visit) -> None:
    """Hold one kind of station up."""
    if visit.station_id.startswith("slow"):
        time.sleep(0.3)


def create_app() -> Flask:
    """Return the application; gunicorn calls this in its worker."""
    logging.basicConfig(level=logging.INFO, format="%(name)s %(levelname)s %(message)s")
    app = Flask(__name__)
    sock = Sock(max_size=MAX_SIZE)
    app.register_blueprint(create_blueprint(sock, Doorman(), serve, before_accept=before_accept))

    @app.after_request
    def touch(response: Response) -> Response:
        if request.path.endswith("after"):
            raise RuntimeError("a failure after the WebSocket has ended")
        return response

    @app.get("/alive")
    def alive() -> str:
        return "alive"

    return app
