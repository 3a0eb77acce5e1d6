"""The API of OCPP.Core under `/API`, kept for the programs that use it.

Its paths follow from the `legacy` of each command. Answers beside 200 have no body.
"""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from flask import Blueprint, Response, current_app, jsonify, request
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter

from .. import errors
from ..commands.remote_control import StopTransaction
from ..domain import station_ids
from ..domain.roles import Role
from ..live.reports import Reports
from . import legacy_paths, legacy_status
from .auth import caller, demand, requires

log = logging.getLogger(__name__)

TIMEOUT, REJECTED = "Timeout", "Rejected"
STATUSES: dict[type[errors.OcppCoreError], int] = {
    errors.InvalidInput: 400,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.StationOffline: 404,  # unknown and offline were one
    errors.NothingToStop: 424,
    errors.Busy: 429,
    errors.StorageUnavailable: 503,
}
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_ABSOLUTE_FORM = re.compile(r"\A[a-z][a-z0-9+.-]*://[^/]*", re.IGNORECASE)  # RFC 9112, 3.2.2


class LegacyPath(BaseConverter):
    """All paths under `/API`, whatever its case and slashes, except those of the newer API."""

    regex = r"(?i:api)(?!/(?:v1|docs)(?:/|\Z))(?:/(?s:.*))?"
    part_isolating = False
    weight = 10  # before any catch-all


def create_blueprint() -> Blueprint:
    """Return the blueprint `legacy_api`; from now on it listens to what stations report."""
    reports = Reports()

    @requires(Role.VIEWER)
    def answer(path: str) -> Response:
        """Answer as OCPP.Core's server did."""
        segments = _segments()
        if not segments:
            return _empty(200)
        if segments[0] == "Status":
            return jsonify(legacy_status.listing(_server().registry.all(), reports))
        return _obey(*segments)

    bp = Blueprint("legacy_api", __name__)
    bp.record_once(_know_path)
    bp.add_url_rule(
        "/<legacy_path:path>",
        "answer",
        answer,
        methods=_METHODS,
        merge_slashes=False,
        strict_slashes=False,
    )
    bp.register_error_handler(errors.OcppCoreError, _explain)
    bp.register_error_handler(Exception, _fail)
    bp.after_request(_keep_private)
    return bp


def _obey(name: str, *segments: str) -> Response:
    """Send a command and wait for the station; the order of the checks is public."""
    path = legacy_paths.find(name)
    demand(path.command.permission)
    station_id = _station_id(segments[0] if segments else "")
    if path.command is StopTransaction:
        _server().registry.get(station_id)  # here alone offline counts more than bad parameters
    command = path.read(segments[1:])
    outcome = _server().dispatcher.send(station_id, command, caller())
    return _status(REJECTED if outcome.refused else outcome.status or TIMEOUT)


def _segments() -> list[str]:
    """Return what follows the prefix, each part decoded; an encoded slash separates nothing."""
    environ = request.environ
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or quote(request.path)
    path = _ABSOLUTE_FORM.sub("", re.split(r"[?#]", target, maxsplit=1)[0])
    _, prefix, *segments = [_decoded(part) for part in path.split("/")]
    if prefix.lower() != "api":
        raise errors.NotFound("not this API")
    return segments


def _decoded(segment: str) -> str:
    return unquote_to_bytes(segment.encode("latin-1", "replace")).decode(errors="replace")


def _station_id(text: str) -> str:
    """Return the id of a station; InvalidInput without one, NotFound if no station can have it."""
    if not text:
        raise errors.InvalidInput("the station is missing")
    try:
        return station_ids.check(text)
    except errors.InvalidInput as error:
        raise errors.NotFound(str(error)) from error


def _server() -> Any:
    return current_app.extensions["ocpp_core"]


def _status(text: str) -> Response:
    return jsonify({"status": text})


def _empty(status: int) -> Response:
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def _explain(error: errors.OcppCoreError) -> Response:
    """Answer an error as OCPP.Core did; what became of a CALL is no error there."""
    if isinstance(error, errors.NotSupportedByVersion):
        return _status(REJECTED)
    if isinstance(error, errors.CallFailed):
        return _status(TIMEOUT)
    for kind, status in STATUSES.items():
        if isinstance(error, kind):
            response = _empty(status)
            if isinstance(error, errors.Busy):
                response.headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
            return response
    return _fail(error)


def _fail(error: Exception) -> Response:
    log.error("request failed", exc_info=error)
    return _empty(500)


def _keep_private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _know_path(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["legacy_path"] = LegacyPath
