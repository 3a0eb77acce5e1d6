"""The databases that only some tests of the storage layer need by themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ocpp_core.storage.database import Store
from tests.conftest import opened


@pytest.fixture
def postgresql_store(postgresql_url: str) -> Iterator[Store]:
    """A fresh PostgreSQL database with a writer in use."""
    with opened(postgresql_url) as store:
        yield store
