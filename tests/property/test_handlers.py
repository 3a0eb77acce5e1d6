"""Whatever payload its schema allows: a message is handled or refused, never a failure of ours."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocpp_core import clock
from ocpp_core.errors import Violation
from ocpp_core.protocol.base import Settings
from ocpp_core.protocol.versions import BY_VERSION
from ocpp_core.rpc.schemas import Node
from ocpp_core.services import station_records, stations
from ocpp_core.services.station_records import StationChanges

TEXTS = (
    "",
    " ",
    "_",
    "TAG1",
    "tag1_KEBA",
    "é",
    "🎉🎉",
    "NaN",
    "-1e400",
    "1,5",
    "%s",
    "\u00df" * 255,
)
MOMENTS = ("2026-05-01T12:00:00Z", "2026-05-01T12:00:00", "1970-01-01T00:00:00Z", "0001-01-01")
NUMBERS = (0, 1, -1, 2, 5, 2**31 - 1, 2**31, 2**53 - 1, -(2**53) + 1)
MESSAGES = [(version, action) for version in BY_VERSION for action in BY_VERSION[version].routes]


def payloads(node: Node) -> st.SearchStrategy[Any]:
    """Return values that a place of a schema allows."""
    if node.choices is not None:
        return st.sampled_from(sorted(node.choices))
    return {"object": objects, "array": lists, "string": texts}.get(node.type or "", scalars)(node)


def objects(node: Node) -> st.SearchStrategy[Any]:
    members = {name: payloads(child) for name, child in node.properties.items()}
    required = {name: members.pop(name) for name in node.required}
    return st.fixed_dictionaries(required, optional=members)


def lists(node: Node) -> st.SearchStrategy[Any]:
    most = min(node.max_items or 3, 3)
    return st.lists(
        payloads(node.items or Node()), min_size=node.min_items, max_size=max(most, node.min_items)
    )


def texts(node: Node) -> st.SearchStrategy[Any]:
    most = node.max_length or 300
    odd = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
    return (st.sampled_from(TEXTS + MOMENTS) | odd).map(lambda text: text[:most])


def scalars(node: Node) -> st.SearchStrategy[Any]:
    floats = st.floats(allow_nan=False, allow_infinity=False)
    return {
        "integer": st.sampled_from(NUMBERS),
        "number": st.sampled_from(NUMBERS) | floats,
        "boolean": st.booleans(),
    }.get(node.type or "", st.none() | st.booleans() | st.just({"a": [1]}))


@pytest.fixture
def station(store: object) -> str:
    station_records.add("CP1", StationChanges(), clock.utcnow())
    return "CP1"


@pytest.mark.parametrize("validate", [True, False])
@pytest.mark.parametrize(("version", "action"), MESSAGES)
def test_a_payload_is_handled_or_refused(
    station: str, version: str, action: str, validate: bool
) -> None:
    handlers = BY_VERSION[version](stations.profile(station), Settings(validate=validate))

    @settings(
        max_examples=10,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(payloads(handlers.messages.request(action).node))
    def handle(payload: dict[str, Any]) -> None:
        try:
            answer = handlers.answer(action, payload)
        except Violation:
            return
        handlers.messages.response(action).check(answer)

    handle()
