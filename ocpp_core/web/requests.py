"""What every request has: an id that is in the log and in the answer, and fast JSON."""

from __future__ import annotations

import re
import secrets
from typing import Any

import orjson
from flask import Flask, Response, g, request
from flask.json.provider import JSONProvider

from .. import clock, context

HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME


class OrjsonProvider(JSONProvider):
    """Compact JSON; moments as on the wire."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """Return `obj` as JSON."""
        return orjson.dumps(obj, clock.wire, _OPTIONS).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Read JSON."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Return the response that holds the given value."""
        text = self.dumps(self._prepare_response_obj(args, kwargs))
        return Response(text, mimetype="application/json")


def register(app: Flask) -> None:
    """Give each request its id, and the application its JSON."""
    app.json = OrjsonProvider(app)
    app.before_request(_begin)
    app.after_request(_finish)


def _begin() -> None:
    """Take over the caller's id when it is harmless; green threads serve many requests."""
    given = request.headers.get(HEADER, "")
    g.request_id = given if _ACCEPTED.fullmatch(given) else secrets.token_hex(8)
    context.request.set(g.request_id)


def _finish(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    return response
