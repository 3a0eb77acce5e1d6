"""What is counted for Prometheus; labels come only from names known beforehand.

Whoever counts calls a function here. What others count already (commits, connected stations) is
read from them when it is asked for: see `watch`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ..errors import OcppCoreError

OTHER = "other"
VERSIONS = frozenset({"1.6", "2.0.1", "2.1"})
OUTCOMES = frozenset(  # a CALLRESULT, a CALLERROR, no or no usable answer, no message at all
    {"result", "error", "timeout", "disconnected", "unusable", "malformed"}
)
HANDSHAKES = frozenset({"accepted", "refused", "replaced"})
STATUSES = frozenset(
    {
        *("Accepted", "Rejected", "Scheduled", "NotSupported", "NotImplemented", "Unknown"),
        *("Unlocked", "UnlockFailed", "OngoingAuthorizedTransaction", "UnknownConnector"),
        *("Answered", "failed", "offline", "nothing-to-stop", "not-supported"),
        *("disconnected", "timeout", "unusable"),  # of ours, when there was no answer
    }
)
CALL = "call"  # raw CALLs are counted together
# What `watch` may be told, with its help; names that end in _total only grow.
WATCHED = {
    "units_total": "units of work that ended, well or not",
    "commits_total": "commits; units of many stations share one",
    "rollbacks_total": "units and batches that were undone",
    "stations_connected": "stations with a live connection",
    "event_listeners": "programs and pages that listen to events",
    "message_log_dropped_total": "messages that the message log could not keep",
}

log = logging.getLogger(__name__)
CONTENT_TYPE = CONTENT_TYPE_LATEST  # of what `text` returns
registry = CollectorRegistry()
_messages = Counter(
    "ocpp_messages",
    "messages of stations and ours, by how they were answered",
    ("version", "action", "outcome"),
    registry=registry,
)
_handshakes = Counter(
    "ocpp_connections",
    "WebSocket handshakes of stations, by how they ended",
    ("version", "outcome"),
    registry=registry,
)
_commands = Counter(
    "ocpp_commands", "commands, by how they ended", ("name", "status"), registry=registry
)
_actions: frozenset[str] = frozenset()
_names: frozenset[str] = frozenset()
_watched: dict[str, Callable[[], float]] = {}
_children: dict[tuple[str, ...], Counter] = {}  # to find one by labels costs more than to add


def know(*, actions: Iterable[str] = (), commands: Iterable[str] = ()) -> None:
    """Name the actions and commands that may become labels, beside those known already."""
    global _actions, _names  # noqa: PLW0603 - one registry per process
    _actions |= frozenset(actions)
    _names |= frozenset(commands)


def message(version: str, action: str, outcome: str) -> None:
    """Count one CALL and how it ended: one of OUTCOMES."""
    labels = (_known(version, VERSIONS), _known(action, _actions), _known(outcome, OUTCOMES))
    child = _children.get(labels)
    if child is None:
        child = _children[labels] = _messages.labels(*labels)
    child.inc()


def connection(version: str, outcome: str) -> None:
    """Count one handshake and how it ended: one of HANDSHAKES."""
    _handshakes.labels(_known(version, VERSIONS), _known(outcome, HANDSHAKES)).inc()


def command(name: str, status: str) -> None:
    """Count one command and how it ended: the station's status, or one of STATUSES."""
    known = CALL if name.startswith(f"{CALL} ") else _known(name, _names)
    _commands.labels(known, _known(status, STATUSES)).inc()


def watch(name: str, value: Callable[[], float]) -> None:
    """Have a number of WATCHED read from its owner; the latest owner counts."""
    if name not in WATCHED:
        raise KeyError(name)
    _watched[name] = value


def text() -> bytes:
    """Return all figures in the text format of Prometheus."""
    return generate_latest(registry)


class _Watched(Collector):
    def collect(self) -> Iterator[Metric]:
        for name, value in sorted(_watched.items()):
            family = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            try:
                yield family(f"ocpp_{name}", WATCHED[name], value=value())
            except OcppCoreError as error:  # its owner is gone: the other figures stay
                log.debug("no figure", extra={"figure": name, "reason": str(error)})


def _known(name: str, names: frozenset[str]) -> str:
    return name if name in names else OTHER


registry.register(_Watched())
ProcessCollector(registry=registry)
PlatformCollector(registry=registry)
