"""What tests of the message log's pages share: somebody says something, and what is shown of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ocpp_core import clock
from ocpp_core.services import message_search
from ocpp_core.services.message_log import Entry
from tests.support.site import Seen, Site

FRAGMENT = {"HX-Request": "true"}
BOOT = '{"chargePointVendor":"V","chargePointModel":"M"}'


@pytest.fixture
def say(site: Site) -> Callable[..., None]:
    """Let somebody say something; it waits in memory as in a server."""

    def add(action: str = "BootNotification", **changes: object) -> None:
        given = {
            "station_id": "CP1",
            "incoming": True,
            "message_id": "m1",
            "action": action,
            "request": BOOT,
            "response": '{"status":"Accepted"}',
            "error_code": None,
            "at": clock.utcnow(),
            "latency_ms": 12.34,
            **changes,
        }
        site.app.extensions["ocpp_core"].message_log.add(Entry(**given))

    return add


def actions(seen: Seen) -> list[str]:
    """Return the actions of the list, the newest first."""
    return seen.texts("span", "message-action")


def newest() -> int:
    """Return the number of the message that was written last."""
    return message_search.newest()
