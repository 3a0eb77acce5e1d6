"""What is measured: each scenario prepares a scene for one side and measures it in many rounds.

The scenes of both sides stand beside each other while the rounds alternate between them, so that
what else the machine does falls on both. `FIGURES` names all that is measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from . import layer, messages
from .figures import Measured, percentile
from .fleet import BenchError, Fleet, fleet
from .servers import Server, Side

S = TypeVar("S")

FEW, MANY = 100, 1000  # stations
PER_SECOND = 500.0
WARM_STATIONS = 50
COMMANDS_PER_S = 40.0
ABREAST = 20  # stations that connect at the same time where that is not measured


@dataclass(frozen=True)
class Extent:
    """How long all of it takes: seconds, and repetitions."""

    rounds: int
    warm_s: float
    measured_s: float
    settle_s: float
    layer_repeats: int


FULL = Extent(rounds=5, warm_s=1, measured_s=4, settle_s=3, layer_repeats=400)
QUICK = Extent(rounds=1, warm_s=0.5, measured_s=2.5, settle_s=1.5, layer_repeats=100)


@dataclass(frozen=True)
class Scene:
    """A server with stations of which each has booted and charges."""

    server: Server
    stations: Fleet


@dataclass(frozen=True)
class Scenario(Generic[S]):
    """What is set up once, and what is measured with it each round."""

    prepare: Callable[[Side], AbstractContextManager[S]]
    measure: Callable[[S, Extent], Measured]
    most_rounds: int = 100


# --- scenes ---------------------------------------------------------------------------------------


def few(side: Side) -> AbstractContextManager[Scene]:
    """Set up as many stations as a server is saturated by."""
    return _charging(side, FEW)


def many(side: Side) -> AbstractContextManager[Scene]:
    """Set up a thousand stations."""
    return _charging(side, MANY)


@contextmanager
def nothing(side: Side) -> Iterator[Side]:
    """Leave it to the measurement."""
    yield side


@contextmanager
def _charging(side: Side, count: int) -> Iterator[Scene]:
    with side.running() as server, fleet(server.port, count, server.folder) as stations:
        stations.connect(ABREAST)
        stations.say("StatusNotification")
        stations.say("StartTransaction")
        yield Scene(server, stations)


# --- measurements ---------------------------------------------------------------------------------


def saturated(scene: Scene, extent: Extent) -> Measured:
    """Each station says the next thing as soon as it is answered."""
    scene.stations.saturate()
    told = _load(scene, extent)
    return {f"saturated.{name}": told[name] for name in ("cpu_us", "per_s")}


def steady(scene: Scene, extent: Extent) -> Measured:
    """500 messages a second at random moments."""
    scene.stations.pace(PER_SECOND)
    told = _load(scene, extent)
    return {f"steady.{name}": told[name] for name in ("cpu_us", "p50_ms", "p95_ms", "p99_ms")}


def commands(scene: Scene, extent: Extent) -> Measured:
    """Commands one after the other beside the load of `steady`: HTTP, CALL, answer, HTTP."""
    scene.stations.pace(PER_SECOND)
    time.sleep(extent.warm_s)
    spent_s = sorted(_command_for(scene.server, extent.measured_s))
    scene.stations.rest()
    return {
        "commands.p50_ms": 1000 * percentile(spent_s, 0.50),
        "commands.p99_ms": 1000 * percentile(spent_s, 0.99),
    }


def storm(scene: Scene, extent: Extent) -> Measured:
    """All stations lose their connections and are back at once."""
    scene.stations.leave()
    time.sleep(extent.settle_s)
    began, cpu_s = time.time(), scene.server.cpu_s()
    seconds = scene.stations.connect(MANY)
    cpu_s = scene.server.cpu_s() - cpu_s
    stored = scene.server.boots_since(began)
    if stored != MANY:
        raise BenchError(f"{stored} of {MANY} boots are stored")
    return {"storm.seconds": seconds, "storm.cpu_us": 1e6 * cpu_s / MANY}


def memory(side: Side, extent: Extent) -> Measured:
    """What 1,000 booted stations add to the resident memory of a fresh server that has some."""
    with _warm(side) as server:
        time.sleep(extent.settle_s)
        before = server.resident_bytes()
        with fleet(server.port, MANY, server.folder, WARM_STATIONS) as stations:
            stations.connect(ABREAST)
            time.sleep(extent.settle_s)
            grown = server.resident_bytes() - before
    return {"memory.kib": grown / 1024 / MANY}


def ocpp_layer(side: Side, extent: Extent) -> Measured:
    """Parse, check, convert, and back: no socket, no database."""
    way = LAYERS[side.name]
    mixes = {"1.6": messages.mix_of_v16(), "2.0.1": messages.mix_of_v201()}
    spent = {
        version: layer.cpu_us(way(version), version, texts, extent.layer_repeats)
        for version, texts in mixes.items()
    }
    return {"layer.v16_us": spent["1.6"], "layer.v201_us": spent["2.0.1"]}


LAYERS = {"ours": layer.ours, "reference": layer.library}
# Neighbours with the same scene share it; the storm, which turns it over, comes last.
SCENARIOS: dict[str, Scenario[Any]] = {
    "layer": Scenario(nothing, ocpp_layer),
    "memory": Scenario(nothing, memory, most_rounds=2),
    "saturated": Scenario(few, saturated),
    "steady": Scenario(many, steady),
    "commands": Scenario(many, commands),
    "storm": Scenario(many, storm),
}


@contextmanager
def _warm(side: Side) -> Iterator[Server]:
    """Run a server that has loaded what it loads for its first stations."""
    with side.running() as server, fleet(server.port, WARM_STATIONS, server.folder) as stations:
        stations.connect(ABREAST)
        yield server


def _load(scene: Scene, extent: Extent) -> Measured:
    """Measure the load that was begun, and end it."""
    time.sleep(extent.warm_s)
    scene.stations.mark()
    began, cpu_s = time.perf_counter(), scene.server.cpu_s()
    time.sleep(extent.measured_s)
    cpu_s = scene.server.cpu_s() - cpu_s
    spent_s = time.perf_counter() - began
    told = scene.stations.mark()
    scene.stations.rest()
    if not told["replies"]:
        raise BenchError("nothing was answered")
    per_message = {"cpu_us": 1e6 * cpu_s / told["replies"], "per_s": told["replies"] / spent_s}
    return {**told, **per_message}


def _command_for(server: Server, seconds: float) -> Iterator[float]:
    """Send commands to one station after the other; yields the seconds each took."""
    command = server.commands()
    end = time.perf_counter() + seconds
    number = 0
    while (began := time.perf_counter()) < end:
        yield command(number % MANY)
        number += 1
        time.sleep(max(0.0, began + 1 / COMMANDS_PER_S - time.perf_counter()))
