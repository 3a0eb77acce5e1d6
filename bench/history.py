"""Three years of a large site as rows: stations, tags, sessions with samples, messages.

The same size and moment give the same rows. Samples come in the order of their key, sessions of a
connector one after the other, so that loading is quick and reads are as in a grown database.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ocpp_core import clock
from ocpp_core.models.base import Model
from ocpp_core.models.records import CommandRecord, Message
from ocpp_core.models.stations import Connector, Station
from ocpp_core.models.tags import Tag
from ocpp_core.models.transactions import MeterSample, SampleKind, Transaction

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000  # milliseconds
KINDS = (  # measurand, phase, unit
    ("Energy.Active.Import.Register", "", "Wh"),
    ("Power.Active.Import", "", "W"),
    ("SoC", "", "Percent"),
    ("Current.Import", "L1", "A"),
    ("Current.Import", "L2", "A"),
    ("Current.Import", "L3", "A"),
)
REASONS = ("EVDisconnected", "EVDisconnected", "Local", "Remote", "Other")
ACTIONS = (  # of a hundred messages
    *(("Heartbeat", 50), ("MeterValues", 35), ("StatusNotification", 10)),
    *(("StartTransaction", 2), ("StopTransaction", 2), ("BootNotification", 1)),
)
PRIME, FACTOR = 2_147_483_647, 1_103_515_245  # numbers of sessions: each once, in no order

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Size:
    """How much of everything; half as many stations again have a second EVSE, of ten."""

    stations: int = 1_000
    transactions: int = 1_000_000
    samples: int = 10_000_000
    messages: int = 2_000_000
    tags: int = 10_000
    commands: int = 20_000
    days: int = 3 * 365
    long_sessions: int = 1_000  # with 100 samples of each kind
    message_days: int = 30


@dataclass(frozen=True)
class Table:
    """Rows of a table; columns that are not named have their default. Moments are milliseconds."""

    model: type[Model]
    columns: tuple[str, ...]
    rows: Iterable[Row]


@dataclass(frozen=True)
class Place:
    """A connector: its row, and where it is."""

    row: int
    station_id: str
    evse_id: int


def station_id(number: int) -> str:
    """Return the id of a station."""
    return f"SITE{number:05}"


def tag_id(number: int) -> str:
    """Return the id of a tag."""
    return f"{0x04A2B60000 + number * 7919:014X}"


def tables(size: Size, moment: datetime) -> Iterator[Table]:
    """Yield all tables; rows are made while they are loaded."""
    now, places = clock.to_milliseconds(moment), _places(size)
    yield Table(Station, STATION, _stations(size, now))
    yield Table(Connector, CONNECTOR, _connectors(places, now))
    yield Table(Tag, TAG, _tags(size, now))
    yield Table(SampleKind, KIND, _kinds())
    yield Table(Transaction, SESSION, (row for row, _ in _sessions(size, places, now)))
    yield Table(MeterSample, SAMPLE, _samples(size, places, now))
    yield Table(Message, MESSAGE, _messages(size, now))
    yield Table(CommandRecord, COMMAND, _commands(size, now))


def _places(size: Size) -> list[Place]:
    evses = [(number, evse) for number in range(size.stations) for evse in (1, 2)]
    kept = [(number, evse) for number, evse in evses if evse == 1 or number % 10 == 0]
    return [Place(row, station_id(number), evse) for row, (number, evse) in enumerate(kept, 1)]


STATION = (
    *("id", "name", "created_at", "ocpp_version", "last_seen_at", "last_boot_at", "vendor"),
    *("model", "serial_number", "firmware_version", "online", "online_changed_at"),
)


def _stations(size: Size, now: int) -> Iterator[Row]:
    for number in range(size.stations):
        seen, version = now - number * MINUTE, ("1.6", "1.6", "2.0.1", "2.1")[number % 4]
        name = f"Car park {number // 40 + 1}, place {number % 40 + 1}" if number % 5 else ""
        made = (f"Vendor {number % 7}", f"Model {number % 13}", f"SN{number:08}", "1.4.2")
        yield (
            *(station_id(number), name, now - size.days * DAY, version, seen, seen, *made),
            *(False, seen),
        )


CONNECTOR = (
    *("id", "station_id", "evse_id", "connector_id", "status", "ocpp_status", "status_at"),
    *("meter_wh", "power_w", "soc_percent", "meter_at"),
)


def _connectors(places: list[Place], now: int) -> Iterator[Row]:
    for place in places:
        busy, faulted = _is_charging(place), place.row % 97 == 0
        status = "Faulted" if faulted else "Occupied" if busy else "Available"
        ocpp = "Faulted" if faulted else "Charging" if busy else "Available"
        meter = (place.row * 1e5, 7400.0, 55.0) if busy else (place.row * 1e5, None, None)
        at = now - place.row * 1000
        yield (place.row, place.station_id, place.evse_id, 1, status, ocpp, at, *meter, at)


TAG = ("id", "folded", "name", "group_id", "expires_at", "blocked", "created_at")


def _tags(size: Size, now: int) -> Iterator[Row]:
    for number in range(size.tags):
        group = f"COMPANY{number % 50}" if number % 3 == 0 else None
        expires = now + (number % 400 - 40) * DAY if number % 7 == 0 else None
        name, tag = f"Driver {number:05}", tag_id(number)
        yield tag, tag.casefold(), name, group, expires, number % 101 == 0, now - size.days * DAY


KIND = ("id", "measurand", "phase", "location", "context", "unit")


def _kinds() -> Iterator[Row]:
    for number, (measurand, phase, unit) in enumerate(KINDS, 1):
        yield number, measurand, phase, "Outlet", "Sample.Periodic", unit


SESSION = (
    *("id", "station_id", "uid", "evse_id", "connector_id", "active", "start_tag", "tag_folded"),
    *("started_at", "meter_start_wh", "meter_start_at", "meter_last_wh", "meter_last_at"),
    *("stop_tag", "stopped_at", "stop_reason", "closed_by", "flags"),
)


def _sessions(size: Size, places: list[Place], now: int) -> Iterator[tuple[Row, int]]:
    """Yield sessions by connector and time, each with how many samples of a kind it has."""
    dice = random.Random(7)  # noqa: S311 - not for secrets
    number, each = 0, size.transactions // len(places)
    more = size.transactions - each * len(places)
    step = size.days * DAY // (each + 2)
    for place in places:
        count = each + (place.row <= more)
        meter, begun = 1000.0 * place.row, now - count * step - MINUTE * place.row % step
        for index in range(count):
            number += 1
            started = begun + index * step + dice.randrange(step // 3)
            spent, energy = dice.randrange(step // 6, step // 2), float(dice.randrange(1, 60_000))
            active = index == count - 1 and _is_charging(place)
            run = (started, started + spent, meter, energy)
            yield (
                _session(place, number, dice, run, active=active, drivers=size.tags),
                _sample_times(size, number),
            )
            meter += energy


def _session(
    place: Place,
    number: int,
    dice: random.Random,
    run: tuple[int, int, float, float],
    *,
    active: bool,
    drivers: int,
) -> Row:
    started, ended, meter, energy = run
    transaction = number * FACTOR % PRIME
    tag = tag_id(int(dice.random() ** 2 * drivers))  # few of them charge often
    end = (None,) * 4 if active else (tag, ended, dice.choice(REASONS), "station")
    flags = "" if number % 200 else "clock"
    return (
        *(transaction, place.station_id, str(transaction), place.evse_id, 1, active, tag),
        *(tag.casefold(), started, meter, started, meter + energy, ended, *end, flags),
    )


def _is_charging(place: Place) -> bool:
    return place.row % 5 == 0


def _sample_times(size: Size, number: int) -> int:
    """Return how often a session was measured: some of them a hundred times."""
    if size.long_sessions and number % max(1, size.transactions // size.long_sessions) == 0:
        return 100
    usual = (size.samples - size.long_sessions * 100 * len(KINDS)) / size.transactions / len(KINDS)
    return int((number + 1) * usual) - int(number * usual)


SAMPLE = ("connector_row", "at", "kind_id", "value", "transaction_id")


def _samples(size: Size, places: list[Place], now: int) -> Iterator[Row]:
    rows = {(place.station_id, place.evse_id): place.row for place in places}
    for session, times in _sessions(size, places, now):
        transaction, connector = session[0], rows[session[1], session[3]]
        started, meter, energy = session[8], session[9], session[11] - session[9]
        step = (session[12] - started) // (times + 1)
        for index in range(1, times + 1):
            at, share = started + index * step, index / (times + 1)
            values = (meter + energy * share, 11_000.0 - 4_000 * share, 20 + 60 * share)
            for kind, value in enumerate((*values, 16.0, 15.9, 15.8), 1):
                yield connector, at, kind, value, transaction


MESSAGE = (
    *("id", "station_id", "incoming", "message_id", "action", "request", "response"),
    *("error_code", "at", "latency_ms"),
)
PAYLOADS = {
    "Heartbeat": "{}",
    "MeterValues": '{"connectorId":1,"transactionId":1,"meterValue":[{"timestamp":"2026-01-01T00:00'
    ':00Z","sampledValue":[{"value":"1234","measurand":"Energy.Active.Import.Register"},'
    '{"value":"7400","measurand":"Power.Active.Import"}]}]}',
    "StatusNotification": '{"connectorId":1,"errorCode":"NoError","status":"Available"}',
    "StartTransaction": '{"connectorId":1,"idTag":"04A2B600000000","meterStart":1}',
    "StopTransaction": '{"transactionId":1,"meterStop":2,"timestamp":"2026-01-01T00:00:00Z"}',
    "BootNotification": '{"chargePointVendor":"Vendor","chargePointModel":"Model"}',
}


def _messages(size: Size, now: int) -> Iterator[Row]:
    names = list(itertools.chain.from_iterable([name] * share for name, share in ACTIONS))
    dice = random.Random(11)  # noqa: S311 - not for secrets
    dice.shuffle(names)
    step = size.message_days * DAY / max(1, size.messages)
    begun = now - size.message_days * DAY
    for number in range(size.messages):
        action = names[number * 37 % len(names)]
        error = "FormationViolation" if number % 2003 == 0 else None
        station, at = station_id(int(dice.random() * size.stations)), begun + int(number * step)
        answer = None if error else '{"currentTime":"2026-01-01T00:00:00.000Z"}'
        yield (
            *(number + 1, station, number % 101 != 0, f"m-{number}", action, PAYLOADS[action]),
            *(answer, error, at, 1.5),
        )


COMMAND = (
    *("id", "station_id", "name", "parameters", "user_name", "at", "finished_at", "status"),
    "done",
)


def _commands(size: Size, now: int) -> Iterator[Row]:
    step = size.days * DAY // max(1, size.commands)
    for number in range(size.commands):
        at = now - (size.commands - number) * step
        station, name = station_id(number * 7 % size.stations), "unlock-connector"
        user, answer = "administrator", ("Unlocked", True)
        yield (number + 1, station, name, '{"connector":1}', user, at, at + 700, *answer)
