"""Failures as problem documents (RFC 9457): which error is which HTTP status.

Only the API answers so; what fails elsewhere on the site is left to its own pages.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass

from flask import Response, current_app, g
from pydantic import BaseModel, Field
from werkzeug.exceptions import HTTPException

from .. import errors

MEDIA_TYPE = "application/problem+json"
STORAGE_RETRY_S = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """How one error is answered."""

    status: int
    slug: str
    title: str

    @property
    def uri(self) -> str:
        """Return the identifier of the kind of problem, for programs to compare."""
        return f"urn:ocpp-core:problem:{self.slug}"


# The narrowest class wins. CONTRACT, section 5, names the statuses.
KINDS: dict[type[Exception], Kind] = {
    errors.InvalidInput: Kind(400, "invalid-input", "The input cannot be used"),
    errors.PayloadInvalid: Kind(400, "payload-invalid", "The payload breaks its schema"),
    errors.Unauthorized: Kind(401, "unauthorized", "A valid API key is needed"),
    errors.Forbidden: Kind(403, "forbidden", "The role does not allow this"),
    errors.NotFound: Kind(404, "not-found", "There is no such thing"),
    errors.AlreadyExists: Kind(409, "already-exists", "The id is taken"),
    errors.StationOffline: Kind(409, "station-offline", "The station is offline"),
    errors.NothingToStop: Kind(424, "nothing-to-stop", "No transaction is active there"),
    errors.Busy: Kind(429, "busy", "Too much of this at once"),
    errors.NotSupportedByVersion: Kind(
        501, "not-supported", "The station's OCPP version has no such message"
    ),
    errors.CallFailed: Kind(502, "call-failed", "The station gave no usable answer"),
    errors.Disconnected: Kind(502, "disconnected", "The connection was lost while waiting"),
    errors.UnusableAnswer: Kind(502, "unusable-answer", "The station's answer is unusable"),
    errors.CallRefused: Kind(502, "call-refused", "The station answered with an error"),
    errors.StorageUnavailable: Kind(503, "storage-unavailable", "The database cannot be reached"),
    errors.CallTimeout: Kind(504, "timeout", "The station did not answer in time"),
    Exception: Kind(500, "internal", "An error of the server"),
}


class StationError(BaseModel):
    """The CALLERROR of a station."""

    code: str
    description: str
    details: object


class Problem(BaseModel):
    """What went wrong; absent members have nothing to say."""

    type: str = Field(description="identifies the kind of problem")
    title: str = Field(description="the kind of problem in words")
    status: int = Field(description="the HTTP status")
    detail: str | None = Field(default=None, description="what went wrong this time")
    errors: dict[str, str] | None = Field(
        default=None, description="what is wrong with each field, by its name"
    )
    station_error: StationError | None = Field(
        default=None, description="with `call-refused`: what the station answered"
    )
    request_id: str | None = Field(
        default=None, description="with `internal`: what to look for in the log"
    )


def kind_of(error: type[Exception]) -> Kind:
    """Return how a class of errors is answered."""
    return next(KINDS[base] for base in error.__mro__ if base in KINDS)


def answer(error: Exception) -> Response:
    """Return the response that explains an error."""
    if isinstance(error, HTTPException):
        return _of_http(error)
    kind = kind_of(type(error))
    problem = Problem(type=kind.uri, title=kind.title, status=kind.status)
    if kind is KINDS[Exception]:
        log.error("request failed", exc_info=error)
        problem.request_id = g.get("request_id")
    else:
        problem.detail = str(error) or None
    if isinstance(error, errors.InvalidInput):
        problem.errors = error.fields or None
    if isinstance(error, errors.CallRefused):
        problem.station_error = StationError(
            code=error.code, description=error.description, details=error.details
        )
    response = _response(problem)
    _add_headers(response, error)
    return response


def _of_http(error: HTTPException) -> Response:
    """Explain what Flask itself raises: no such route, wrong method, body too large."""
    plain = error.get_response()
    if plain.status_code < 400:
        return current_app.make_response(plain)  # a redirect is no failure
    problem = Problem(
        type="about:blank", title=error.name, status=plain.status_code, detail=error.description
    )
    response = _response(problem)
    if "Allow" in plain.headers:
        response.headers["Allow"] = plain.headers["Allow"]
    return response


def _response(problem: Problem) -> Response:
    text = problem.model_dump_json(exclude_none=True)
    return Response(text, problem.status, content_type=MEDIA_TYPE)


def _add_headers(response: Response, error: Exception) -> None:
    if isinstance(error, errors.Unauthorized):
        response.headers["WWW-Authenticate"] = 'Bearer realm="api"'
    elif isinstance(error, errors.Busy):
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    elif isinstance(error, errors.StorageUnavailable):
        log.warning("database not available", extra={"reason": str(error)})
        response.headers["Retry-After"] = str(STORAGE_RETRY_S)
