"""What is measured: each scenario takes one side and returns its figures (`figures.FIGURES`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from . import layer, messages
from .figures import Measured, percentile
from .fleet import BenchError, Fleet, fleet
from .servers import Server, Side

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
    commands_s: float
    settle_s: float
    layer_repeats: int


FULL = Extent(rounds=3, warm_s=2, measured_s=8, commands_s=8, settle_s=3, layer_repeats=400)
QUICK = Extent(rounds=1, warm_s=1, measured_s=3, commands_s=3, settle_s=1.5, layer_repeats=100)

Scenario = Callable[[Side, Extent], Measured]


def saturated(side: Side, extent: Extent) -> Measured:
    """100 stations, each says the next thing as soon as it is answered."""
    with side.running() as server, _charging(server, FEW) as stations:
        stations.saturate()
        time.sleep(extent.warm_s)
        return _measured(server, stations, extent.measured_s, "saturated", ("cpu_us", "per_s"))


def steady(side: Side, extent: Extent) -> Measured:
    """500 messages a second at random moments over 1,000 stations."""
    names = ("cpu_us", "p50_ms", "p95_ms", "p99_ms")
    with side.running() as server, _charging(server, MANY) as stations:
        stations.pace(PER_SECOND)
        time.sleep(extent.warm_s)
        return _measured(server, stations, extent.measured_s, "steady", names)


def commands(side: Side, extent: Extent) -> Measured:
    """Commands one after the other beside the load of `steady`: HTTP, CALL, answer, HTTP."""
    with side.running() as server, _charging(server, MANY) as stations:
        stations.pace(PER_SECOND)
        time.sleep(extent.warm_s)
        spent_s = sorted(_command_for(server, extent.commands_s))
        stations.rest()
    return {
        "commands.p50_ms": 1000 * percentile(spent_s, 0.50),
        "commands.p99_ms": 1000 * percentile(spent_s, 0.99),
    }


def memory(side: Side, extent: Extent) -> Measured:
    """What 1,000 booted stations add to the resident memory of a server that has some."""
    with side.running() as server, _charging(server, WARM_STATIONS):
        time.sleep(extent.settle_s)
        before = server.resident_bytes()
        with fleet(server.port, MANY, server.folder, WARM_STATIONS) as stations:
            stations.connect(ABREAST)
            time.sleep(extent.settle_s)
            grown = server.resident_bytes() - before
    return {"memory.kib": grown / 1024 / MANY}


def storm(side: Side, extent: Extent) -> Measured:
    """1,000 stations lose their connections and are back all at once."""
    with side.running() as server, fleet(server.port, MANY, server.folder) as stations:
        stations.connect(ABREAST)
        stations.leave()
        time.sleep(extent.settle_s)
        began, cpu_s = time.time(), server.cpu_s()
        seconds = stations.connect(MANY)
        cpu_s = server.cpu_s() - cpu_s
        stored = server.boots_since(began)
    if stored != MANY:
        raise BenchError(f"{stored} of {MANY} boots are stored")
    return {"storm.seconds": seconds, "storm.cpu_us": 1e6 * cpu_s / MANY}


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
SCENARIOS: dict[str, Scenario] = {
    "layer": ocpp_layer,
    "saturated": saturated,
    "steady": steady,
    "commands": commands,
    "memory": memory,
    "storm": storm,
}


@contextmanager
def _charging(server: Server, count: int) -> Iterator[Fleet]:
    """Run stations of which each has booted and charges."""
    with fleet(server.port, count, server.folder) as stations:
        stations.connect(ABREAST)
        stations.say("StatusNotification")
        stations.say("StartTransaction")
        yield stations


def _measured(
    server: Server, stations: Fleet, seconds: float, prefix: str, names: tuple[str, ...]
) -> Measured:
    """Measure the load under way for some seconds and end it; returns the figures named."""
    stations.mark()
    began, cpu_s = time.perf_counter(), server.cpu_s()
    time.sleep(seconds)
    cpu_s = server.cpu_s() - cpu_s
    spent_s = time.perf_counter() - began
    told = stations.mark()
    stations.rest()
    if not told["replies"]:
        raise BenchError("nothing was answered")
    told["cpu_us"] = 1e6 * cpu_s / told["replies"]
    told["per_s"] = told["replies"] / spent_s
    return {f"{prefix}.{name}": told[name] for name in names}


def _command_for(server: Server, seconds: float) -> Iterator[float]:
    """Send commands to one station after the other; yields the seconds each took."""
    command = server.commands()
    end = time.perf_counter() + seconds
    number = 0
    while (began := time.perf_counter()) < end:
        yield command(number % MANY)
        number += 1
        time.sleep(max(0.0, began + 1 / COMMANDS_PER_S - time.perf_counter()))
