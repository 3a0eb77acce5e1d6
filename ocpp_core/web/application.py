"""Adding to an application what programs and watchers use: REST, health, figures."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask

from . import api, auth, health, pages, requests
from .live_events import LiveEvents


def register(app: Flask, *, api_key: str, checks: Mapping[str, health.Check]) -> LiveEvents:
    """Add the routes to `app`; `api_key` is the settings', `checks` are the parts of readiness.

    Commands need `app.extensions["ocpp_core"].dispatcher`. Returns the streams of events, which
    are to be ended before the server stops.
    """
    live_events = LiveEvents()
    requests.register(app)
    auth.register(app, api_key)
    health.register(app, checks)
    api.register(app, live_events)
    pages.register(app)
    return live_events
