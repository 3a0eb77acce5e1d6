"""The REST API on a real database, with a dispatcher in place of the stations."""

from __future__ import annotations

import pytest

from ocpp_core.domain.roles import Role
from ocpp_core.services import people
from tests.integration.api.support import NOW
from tests.support.rest import FakeDispatcher, Rest, make_app


@pytest.fixture
def dispatcher():
    return FakeDispatcher()


@pytest.fixture
def application(store, dispatcher):
    app, live_events = make_app(dispatcher)
    yield app
    live_events.end()


@pytest.fixture
def rest(application):
    """An administrator, by the key of the settings."""
    return Rest(application.test_client())


@pytest.fixture
def operator(rest):
    return rest.with_key(people.add_api_key("operations", Role.OPERATOR, NOW))


@pytest.fixture
def viewer(rest):
    return rest.with_key(people.add_api_key("display", Role.VIEWER, NOW))


@pytest.fixture
def anonymous(rest):
    return rest.with_key(None)
