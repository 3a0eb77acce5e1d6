"""The REST API on a real database, with a dispatcher in place of the stations."""

from __future__ import annotations

import pytest

from ocpp_core.domain.roles import Role
from ocpp_core.services import api_keys
from ocpp_core.web import auth
from ocpp_core.web.api.events import EXTENSION
from ocpp_core.web.live_events import LiveEvents
from tests.integration.api.support import NOW
from tests.support.rest import FakeDispatcher, Rest, make_app
from tests.support.server import API_KEY


@pytest.fixture
def dispatcher():
    return FakeDispatcher()


@pytest.fixture(scope="session")
def shared_application():
    """The routes, made once: compiling them takes longer than a test."""
    app, live_events = make_app()
    yield app
    live_events.end()


@pytest.fixture
def application(store, shared_application, dispatcher):
    """The application as if it had just been started."""
    live_events = LiveEvents()
    shared_application.extensions["ocpp_core"].dispatcher = dispatcher
    shared_application.extensions[EXTENSION] = live_events
    auth.register(shared_application, API_KEY)
    yield shared_application
    live_events.end()


@pytest.fixture
def rest(application):
    """An administrator, by the key of the settings."""
    return Rest(application.test_client())


@pytest.fixture
def operator(rest):
    return rest.with_key(api_keys.add("operations", Role.OPERATOR, NOW))


@pytest.fixture
def viewer(rest):
    return rest.with_key(api_keys.add("display", Role.VIEWER, NOW))


@pytest.fixture
def anonymous(rest):
    return rest.with_key(None)
