"""Whatever is repeated, delayed, reordered or answered into the void: one row per session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ocpp_core.domain import metering
from ocpp_core.domain.connectors import ConnectorRef
from ocpp_core.domain.moments import Reported
from ocpp_core.domain.transactions import (
    Phase,
    TransactionEvent,
    TransactionStart,
    TransactionStop,
    energy_wh,
)
from ocpp_core.models.stations import Connector, Station
from ocpp_core.models.tags import Tag
from ocpp_core.models.transactions import MeterSample, Transaction
from ocpp_core.services import transaction_events, transactions
from ocpp_core.services.entitlement import Terms
from ocpp_core.storage.writer import reading, unit_of_work

T0 = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
CP = "CP1"
TERMS = Terms(T0 + timedelta(days=1))


@dataclass(frozen=True)
class Session:
    """What really happened at the connector."""

    number: int
    tag: str
    begins: int  # minutes
    ends: int
    first_wh: int
    last_wh: int
    stop_tag: bool

    @property
    def halfway(self) -> int:
        return (self.begins + self.ends) // 2

    @property
    def middle_wh(self) -> int:
        return (self.first_wh + self.last_wh) // 2


@st.composite
def histories(draw: st.DrawFn) -> list[Session]:
    """Sessions one after the other on one connector; the register only grows."""
    sessions, minute, register = [], 0, draw(st.integers(0, 10_000))
    for number in range(draw(st.integers(1, 4))):
        begins = minute + draw(st.integers(1, 60))
        ends = begins + draw(st.integers(2, 120))
        last = register + draw(st.integers(1, 20_000))
        tag, told = draw(st.sampled_from(["ALICE", "BOB"])), draw(st.booleans())
        sessions.append(Session(number, tag, begins, ends, register, last, told))
        minute, register = ends, last
    return sessions


Step = tuple[str, int]


@st.composite
def deliveries(draw: st.DrawFn, kinds: tuple[str, ...]) -> tuple[list[Session], list[Step]]:
    """A history, and its messages in any order, each at least once."""
    history = draw(histories())
    steps = [(kind, session.number) for session in history for kind in kinds]
    repeats = draw(st.lists(st.sampled_from(steps), max_size=6))
    return history, draw(st.permutations(steps + repeats))


@pytest.fixture
def records(store: object) -> None:
    _make_records()


@unit_of_work
def _make_records() -> None:
    Station.create(id=CP, created_at=T0)
    for tag in ("ALICE", "BOB"):
        Tag.create(id=tag, folded=tag.lower(), created_at=T0)


@unit_of_work
def _forget() -> None:
    for table in (Transaction, MeterSample, Connector):
        table.delete().execute()


@reading
def _rows() -> list[Transaction]:
    return list(Transaction.select().order_by(Transaction.started_at))


def _at(minute: int) -> Reported:
    return Reported(T0 + timedelta(minutes=minute))


def _readings(minute: int, wh: int) -> metering.Readings:
    stamp = _at(minute).at.isoformat()
    return metering.read([{"timestamp": stamp, "sampled_value": [{"value": wh}]}], T0)


def _energy(row: Transaction) -> float | None:
    return energy_wh(row.meter_start_wh, row.meter_last_wh, row.meter_estimate_wh)


def _check(history: list[Session]) -> None:
    rows = _rows()
    facts = [(row.started_at, row.stopped_at, _energy(row), row.start_tag) for row in rows]
    assert facts == [
        (_at(s.begins).at, _at(s.ends).at, s.last_wh - s.first_wh, s.tag) for s in history
    ]
    assert not any(row.active for row in rows)


bounded = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Station16:
    """Sends what a charge point of OCPP 1.6 would; it knows an id only once it was answered."""

    def __init__(self, history: list[Session]) -> None:
        self.history = history
        self.numbers: dict[int, int] = {}
        self.stops: dict[int, TransactionStop] = {}  # a repetition is the same message

    def send(self, kind: str, which: int) -> None:
        session = self.history[which]
        getattr(self, kind)(session)

    def start(self, session: Session) -> None:
        moment = _at(session.begins)
        report = TransactionStart(
            ConnectorRef(1), session.tag, session.first_wh, moment, moment.at.isoformat()
        )
        recorded = transactions.start(CP, report, TERMS)
        assert self.numbers.setdefault(session.number, recorded.transaction_id) == (
            recorded.transaction_id
        )

    def meter(self, session: Session) -> None:
        uid = self.numbers.get(session.number)
        readings = _readings(session.halfway, session.middle_wh)
        transactions.report_meter(
            CP, ConnectorRef(1), readings, str(uid) if uid else None, TERMS.now
        )

    def stop(self, session: Session) -> None:
        report = self.stops.setdefault(
            session.number,
            TransactionStop(
                self.numbers.get(session.number, -1),
                session.last_wh,
                _at(session.ends),
                session.tag if session.stop_tag else None,
                "Local",
            ),
        )
        transactions.stop(CP, report, TERMS)


@pytest.mark.usefixtures("records")
@given(deliveries(("start", "meter", "stop")))
@bounded
def test_any_order_of_16_messages_gives_one_row_per_session(
    delivery: tuple[list[Session], list[Step]],
) -> None:
    history, steps = delivery
    _forget()
    station = Station16(history)
    for kind, which in steps:
        station.send(kind, which)
    _check(history)


_EVENTS = {"start": (Phase.STARTED, 0), "meter": (Phase.UPDATED, 1), "stop": (Phase.ENDED, 2)}


@pytest.mark.usefixtures("records")
@given(deliveries(("start", "meter", "stop")))
@bounded
def test_any_order_of_2x_events_gives_one_row_per_session(
    delivery: tuple[list[Session], list[Step]],
) -> None:
    history, steps = delivery
    _forget()
    for kind, which in steps:
        session = history[which]
        minute, wh = {
            "start": (session.begins, session.first_wh),
            "meter": (session.halfway, session.middle_wh),
            "stop": (session.ends, session.last_wh),
        }[kind]
        phase, sequence = _EVENTS[kind]
        report = TransactionEvent(
            phase,
            f"uid-{session.number}",
            _at(minute),
            sequence,
            connector=ConnectorRef(1) if kind == "start" else None,
            token=session.tag if kind == "start" or session.stop_tag else None,
            readings=_readings(minute, wh),
        )
        transaction_events.report(CP, report, TERMS)
    _check(history)
