"""Visitors of the pages: `site` with SQLite, `any_site` with both kinds of database."""

from __future__ import annotations

import pytest

from ocpp_core.storage.database import Store
from tests.support.message_pages import say
from tests.support.rest import FakeDispatcher
from tests.support.site import Site, make_site
from tools import translations


@pytest.fixture(scope="session", autouse=True)
def _translated() -> None:
    """Have the German texts of the moment."""
    translations.compile_all()


@pytest.fixture
def dispatcher() -> FakeDispatcher:
    """What commands are sent to."""
    return FakeDispatcher()


@pytest.fixture
def site(sqlite_store: Store, dispatcher: FakeDispatcher) -> Site:
    """An administrator's browser."""
    return make_site(dispatcher=dispatcher)


@pytest.fixture
def any_site(store: Store, dispatcher: FakeDispatcher) -> Site:
    """An administrator's browser, once per kind of database."""
    return make_site(dispatcher=dispatcher)
