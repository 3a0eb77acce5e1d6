"""The description of the API: for programs as OpenAPI, for people as a page."""

from __future__ import annotations

import functools

from flask import Blueprint, Response, render_template, url_for

from ..auth import public
from . import openapi
from .endpoints import Endpoint

# Nothing from elsewhere, nothing written into the page itself.
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",  # Swagger's icons
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


def add(blueprint: Blueprint, endpoints: tuple[Endpoint, ...]) -> None:
    """Add the document of these operations, and the page that shows it."""

    @functools.cache
    def written() -> bytes:
        return openapi.written(endpoints)

    @public
    def document() -> Response:
        return Response(written(), mimetype="application/json")

    policy = "; ".join(f"{kind} {allowed}" for kind, allowed in POLICY.items())

    @public
    def page() -> Response:
        text = render_template("api/docs.html", document=url_for("api.document"))
        return Response(text, headers={"Content-Security-Policy": policy})

    blueprint.add_url_rule("/v1/openapi.json", "document", document)
    blueprint.add_url_rule("/docs", "page", page)
