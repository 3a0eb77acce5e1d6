"""Finds green threads that are left inside a write transaction of SQLite.

Whoever is switched away from there stops the whole process: the next writer waits in C for a lock
that nobody can give back. This program makes its threads green, lets many of them write through
handlers and services, looks at each switch meanwhile, and prints as JSON what it saw:

    python tests/green.py <database file> [careless] [hashing]

With `careless` one unit of work sleeps, which must be found. With `hashing` passwords are hashed
meanwhile, which must not hold up a commit.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

# Below: what must see the threads that the patch leaves behind.
import itertools  # noqa: E402
import json  # noqa: E402
import logging  # noqa: E402
import sqlite3  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
import traceback  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from dataclasses import dataclass, field  # noqa: E402
from pathlib import Path  # noqa: E402
from types import FrameType  # noqa: E402
from typing import Any  # noqa: E402

import greenlet  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ocpp_core import clock, events, green  # noqa: E402
from ocpp_core.domain import credentials  # noqa: E402
from ocpp_core.domain.charging import ChargingLimit  # noqa: E402
from ocpp_core.domain.roles import Role  # noqa: E402
from ocpp_core.live.presence import Presence  # noqa: E402
from ocpp_core.protocol.base import Settings  # noqa: E402
from ocpp_core.protocol.versions import BY_VERSION  # noqa: E402
from ocpp_core.services import (  # noqa: E402
    api_keys,
    charging_limits,
    command_log,
    station_records,
    stations,
    tags,
    transaction_records,
)
from ocpp_core.services.message_log import ALL, Entry, MessageLog  # noqa: E402
from ocpp_core.services.station_records import StationChanges  # noqa: E402
from ocpp_core.services.tags import TagChanges  # noqa: E402
from ocpp_core.storage import database, writer  # noqa: E402
from ocpp_core.storage.checkpoints import Checkpoints  # noqa: E402
from ocpp_core.storage.writer import Writer  # noqa: E402
from tests.support.station_messages import VERSIONS  # noqa: E402

STATIONS = 30
ROUNDS = 5
HASHES = 120
TICK_S = 0.005

# The COMMIT may be waited for: a native thread does it, and the transaction ends with it.
HANDED_OVER = "commit_writing"


@dataclass
class Watch:
    """Looks at each switch between green threads while it is active."""

    switches: int = 0
    in_commit: int = 0
    offences: list[str] = field(default_factory=list)
    _writing: dict[int, sqlite3.Connection] = field(default_factory=dict)  # by green thread

    def me(self, connection: sqlite3.Connection) -> None:
        """Note that the present green thread writes on this connection."""
        self._writing[id(greenlet.getcurrent())] = connection

    @contextmanager
    def active(self) -> Iterator[None]:
        """Look at what is switched meanwhile."""
        greenlet.settrace(self._see)
        try:
            yield
        finally:
            greenlet.settrace(None)

    def _see(self, _event: str, parties: tuple[Any, Any]) -> None:
        left, _ = parties
        self.switches += 1
        connection = self._writing.get(id(left))
        if connection is None or not connection.in_transaction:
            return
        if HANDED_OVER in names(left.gr_frame):
            self.in_commit += 1
        else:
            self.offences.append("".join(traceback.format_stack(left.gr_frame, 12)))


def names(frame: FrameType | None) -> list[str]:
    """Return the functions that a suspended thread is in."""
    found = []
    while frame is not None:
        found.append(frame.f_code.co_name)
        frame = frame.f_back
    return found


@dataclass
class Pulse:
    """Green threads that only want their turn, or a commit: how long they had to wait."""

    turn_s: float = 0.0
    commit_s: float = 0.0
    stopped: bool = False

    def take_turns(self) -> None:
        """Sleep for a moment until stopped."""
        while not self.stopped:
            started = time.monotonic()
            time.sleep(TICK_S)
            self.turn_s = max(self.turn_s, time.monotonic() - started - TICK_S)

    def commit(self) -> None:
        """Commit an empty unit until stopped."""
        while not self.stopped:
            started = time.monotonic()
            writer.current().run(lambda: None)
            self.commit_s = max(self.commit_s, time.monotonic() - started)
            time.sleep(TICK_S)


def station(number: int) -> None:
    """Do what stations make the server do: sessions, samples, status, log, commands, limits."""
    version = list(VERSIONS)[number % len(VERSIONS)]
    station_id, tag = f"CP{number}", f"TAG{number}"
    station_records.add(station_id, StationChanges(name="One"), clock.utcnow())
    tags.add(tag, TagChanges(), clock.utcnow())
    stations.connected(station_id, version, clock.utcnow())
    handlers = BY_VERSION[version](stations.profile(station_id), Settings())
    messages = VERSIONS[version]()
    message_log = MessageLog(ALL, 30)
    presence = Presence()

    def say(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        presence.seen(station_id)
        reply = handlers.answer(action, payload)
        now, text = clock.utcnow(), json.dumps(payload)
        message_log.add(Entry(station_id, True, "1", action, text, None, None, now, 1.0))
        return reply

    say(*messages.boot("Vendor", "Model"))
    for meter_wh in range(0, 100 * ROUNDS, 100):
        say(*messages.status(1, "Charging" if version == "1.6" else "Occupied", None))
        start = messages.start(1, tag, meter_wh, None, None)
        transaction = messages.started(start[1], say(*start))
        samples = {"Energy.Active.Import.Register": (meter_wh + 50, "Wh")}
        say(*messages.meter(1, transaction, samples, None))
        handle = command_log.begin(station_id, "reset", {}, "me", clock.utcnow())
        charging_limits.store(station_id, ChargingLimit(1, meter_wh, "W"), clock.utcnow())
        command_log.finish(handle, "Accepted", True, "", clock.utcnow())
        say(*messages.stop(transaction, tag, meter_wh + 90, None, None))
        message_log.flush()
        presence.flush()
        transaction_records.page(10, station_id=station_id)
    stations.went_offline(station_id, clock.utcnow(), "over")


def administrator() -> None:
    """Do what people make the server do."""
    for number in range(ROUNDS):
        api_keys.add_or_replace(f"key{number}", Role.VIEWER, clock.utcnow())
        station_records.edit("CP0", StationChanges(comment=str(number)), clock.utcnow())
        station_records.page(10)


def hash_passwords() -> None:
    """Do what many stations that come back at once make the server do."""
    threads = [
        threading.Thread(target=green.native, args=(credentials.hash_password, "weak"))
        for _ in range(HASHES)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def careless() -> None:
    """Wait where nobody may."""
    writer.current().run(lambda: time.sleep(0.01))


def together(jobs: list[Callable[[], None]]) -> None:
    """Run each in a green thread of its own until all have ended; raises the first failure."""
    failures: list[BaseException] = []

    def work(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001 - raised again below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def main(file: str, *more: str) -> dict[str, Any]:
    """Run all and return what was seen."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    store = database.connect(f"sqlite:///{file}")
    database.upgrade(store)
    own_writer, checkpoints, watch, pulse = Writer(store), Checkpoints(store), Watch(), Pulse()
    writer.use(own_writer)
    told: list[events.Event] = []
    events.subscribe(told.append)
    station_records.add("CPX", StationChanges(), clock.utcnow())
    own_writer.run(lambda: watch.me(store.connection()))
    beats = [threading.Thread(target=beat) for beat in (pulse.take_turns, pulse.commit)]
    for beat in beats:
        beat.start()
    started = time.monotonic()
    with watch.active():
        jobs = [lambda number=number: station(number) for number in range(STATIONS)]
        jobs += itertools.repeat(careless, "careless" in more)
        jobs += itertools.repeat(hash_passwords, "hashing" in more)
        together([*jobs, administrator])
    seconds, pulse.stopped = time.monotonic() - started, True
    for beat in beats:
        beat.join()
    own_writer.close()
    checkpoints.close()
    return {
        "units": own_writer.units,
        "commits": own_writer.commits,
        "events": len(told),
        "seconds": seconds,
        "turn_s": pulse.turn_s,
        "commit_s": pulse.commit_s,
        "switches": watch.switches,
        "in_commit": watch.in_commit,
        "offences": watch.offences,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])) + "\n")
