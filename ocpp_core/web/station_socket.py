"""The door for stations: `/OCPP/<...>/<id>`, who is admitted, and in which OCPP version.

Admission happens before the request is routed to the WebSocket view, which takes the socket.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Protocol

from flask import Blueprint, Response, g, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter

from ..domain import station_ids
from ..domain.admission import Admission, Visit
from ..errors import Busy, NotFound, StorageUnavailable
from ..live.transport import WebSocket
from ..observability import metrics
from .handshake import Environ, Handshake, Subprotocol, choose_subprotocol, refuse
from .security_log import SecurityLog
from .sock import Sock
from .station_password import PasswordCheck

STORAGE_RETRY_S = 5
LONGEST_SHOWN = 100  # characters of what a station offered

_RULE = "/<ocpp_target:target>"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

Check = Callable[[Admission, Environ], None]  # refuses, or returns
Serve = Callable[[WebSocket, Visit], None]


class Doorman(Protocol):
    """Who knows the stations."""

    def find(self, station_id: str) -> Admission | None:
        """Return what the door must know of a station, None for an unknown one."""


class Target(BaseConverter):
    """Any path below the prefix, whatever its case and its slashes: never redirected.

    Only the prefix is looked at here; the id comes from the raw request target.
    """

    regex = r"(?i:ocpp)(?:/(?s:.*))?"
    part_isolating = False
    weight = 10  # before any catch-all


def create_blueprint(
    sock: Sock,
    doorman: Doorman,
    serve: Serve,
    *,
    before_accept: Callable[[Visit], None] | None = None,
    checks: Sequence[Check] | None = None,
) -> Blueprint:
    """Return the blueprint `station_socket`.

    `serve` runs a connection to its end. `before_accept` is called when a station is admitted,
    and may delay it, or raise Busy (429). `checks` decide after the station was found, one after
    the other (default: its password).
    """
    admission = _Admission(doorman, checks, before_accept)
    bp = Blueprint("station_socket", __name__)
    bp.record_once(_know_target)
    bp.before_request(admission.admit)
    bp.add_url_rule(
        _RULE,
        "no_websocket",
        _no_websocket,
        methods=_METHODS,
        merge_slashes=False,
        strict_slashes=False,
    )

    @sock.route(_RULE, bp=bp, endpoint="connect", merge_slashes=False, strict_slashes=False)
    def connect(websocket: WebSocket, target: str) -> None:
        serve(websocket, g.visit)

    return bp


class _Admission:
    def __init__(
        self,
        doorman: Doorman,
        checks: Sequence[Check] | None,
        before_accept: Callable[[Visit], None] | None,
    ) -> None:
        self._doorman = doorman
        self._security_log = SecurityLog()
        self._checks = (
            (PasswordCheck(security_log=self._security_log),) if checks is None else checks
        )
        self._before_accept = before_accept
        self._arrivals = itertools.count(1)

    def admit(self) -> None:
        """Refuse, or leave in `g` what was agreed on; the order of the checks is public."""
        try:
            self._admit(request.environ)
        except HTTPException:
            metrics.connection("", "refused")
            raise

    def _admit(self, environ: Environ) -> None:
        arrival = next(self._arrivals)  # before anything that takes time
        found = self._find(environ)
        for check in self._checks:
            check(found, environ)
        address = environ.get("REMOTE_ADDR", "")
        handshake, subprotocol = self._agree(found, environ, address)
        g.visit = Visit(found.id, subprotocol.name, address, arrival)
        self._hold_up(g.visit)
        g.handshake = handshake.speaking(subprotocol.answer)

    def _agree(
        self, found: Admission, environ: Environ, address: str
    ) -> tuple[Handshake, Subprotocol]:
        """Agree on WebSocket and OCPP version; the log tells on what there is no agreement."""
        problem, offered = "no proper WebSocket handshake", ""
        try:
            handshake = Handshake.read(environ)
            problem = "no common OCPP version"
            offered = environ.get("HTTP_SEC_WEBSOCKET_PROTOCOL", "")
            return handshake, choose_subprotocol(environ, found.default_version)
        except HTTPException:
            self._security_log.warn(problem, found.id, address, offered=offered[:LONGEST_SHOWN])
            raise

    def _hold_up(self, visit: Visit) -> None:
        if self._before_accept is None:
            return
        try:
            self._before_accept(visit)
        except Busy as busy:
            refuse(429, {"Retry-After": str(math.ceil(busy.retry_after_s))})

    def _find(self, environ: Environ) -> Admission:
        try:
            station_id = station_ids.from_path(_raw_target(environ))
            found = self._doorman.find(station_id)
        except NotFound:
            refuse(412)
        except StorageUnavailable:
            refuse(503, {"Retry-After": str(STORAGE_RETRY_S)})
        if found is None:
            self._security_log.warn("unknown station", station_id, environ.get("REMOTE_ADDR", ""))
            refuse(412)
        return found


def _raw_target(environ: Environ) -> str:
    return environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""


def _know_target(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["ocpp_target"] = Target


def _no_websocket(target: str) -> Response:
    refuse(400)
