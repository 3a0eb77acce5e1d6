"""Each scenario comes once per OCPP version."""

from __future__ import annotations

import pytest

from tests.integration.simulator.harness import Speech, Speech16, Speech21, Speech201


@pytest.fixture(params=[Speech16, Speech201, Speech21], ids=lambda kind: kind.version)
def speech(request: pytest.FixtureRequest) -> Speech:
    return request.param()
