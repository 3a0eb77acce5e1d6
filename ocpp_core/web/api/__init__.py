"""REST: `/api/v1`, its description, and the page at `/api/docs`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import NotFound, default_exceptions
from werkzeug.routing import BaseConverter

from ...errors import OcppCoreError
from .. import auth, problems
from ..live_events import LiveEvents
from . import commands, documents, events, stations, tags, transactions
from .endpoints import Endpoint

ROOT = "/api"


class TextConverter(BaseConverter):
    """An id in a path, without a slash: its canonical form, as it is stored."""

    def to_python(self, value: str) -> str:
        """Return the id; no record has one with control characters."""
        if any(unicodedata.category(character) == "Cc" for character in value):
            raise NotFound("there is no such id")
        return unicodedata.normalize("NFC", value)


class RestConverter(TextConverter):
    """An id that ends a path; it may have slashes."""

    part_isolating = False
    regex = ".+"


def endpoints() -> Iterator[Endpoint]:
    """Yield all operations in the order in which they are documented."""
    yield from stations.routes.endpoints
    yield from commands.routes.endpoints
    yield from commands.endpoints()
    yield from tags.routes.endpoints
    yield from transactions.routes.endpoints
    yield from events.routes.endpoints


def register(app: Flask, live_events: LiveEvents) -> None:
    """Add the API to `app`; callers are known by `auth`, requests by `requests`."""
    app.extensions[events.EXTENSION] = live_events
    app.url_map.converters |= {"text": TextConverter, "rest": RestConverter}
    app.before_request(_explain_unrouted)
    app.register_blueprint(_blueprint(tuple(endpoints())))


def _blueprint(operations: tuple[Endpoint, ...]) -> Blueprint:
    blueprint = Blueprint("api", __name__, url_prefix=ROOT)
    for operation in operations:
        blueprint.add_url_rule(
            f"/v1{operation.rule}",
            operation.name,
            auth.requires(operation.role)(operation.serve),
            methods=[operation.method],
        )
    documents.add(blueprint, operations)
    blueprint.register_error_handler(Exception, problems.answer)
    for code in default_exceptions:  # handlers of the site for a code would come first
        blueprint.register_error_handler(code, problems.answer)
    blueprint.after_request(_keep_private)
    return blueprint


def _explain_unrouted() -> Response | None:
    """Answer what no route takes: to unknown callers nothing is told."""
    error = request.routing_exception
    if error is None or not f"{request.path}/".startswith(f"{ROOT}/"):
        return None
    try:
        auth.authenticate()
    except OcppCoreError as refusal:
        return _keep_private(problems.answer(refusal))
    return _keep_private(problems.answer(error))


def _keep_private(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response
