"""One row per charging session, whatever is repeated, reordered, delayed or lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core import events
from ocpp_core.domain import metering as meter
from ocpp_core.domain.authorization import Verdict
from ocpp_core.domain.connectors import ConnectorRef
from ocpp_core.domain.metering import Readings
from ocpp_core.domain.moments import Reported, judge
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
from ocpp_core.services.transactions import Recorded
from ocpp_core.storage.writer import Writer, reading, unit_of_work

T0 = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
CP = "CP1"

pytestmark = pytest.mark.usefixtures("records")


@unit_of_work
def _make_records() -> None:
    for station in (CP, "CP2"):
        Station.create(id=station, created_at=T0)
    for tag, group, blocked in (
        ("ALICE", "home", False),
        ("ANNA", "home", False),
        ("BOB", None, False),
        ("CARL", None, False),
        ("DORA", None, True),
    ):
        Tag.create(id=tag, folded=tag.lower(), group=group, blocked=blocked, created_at=T0)


@pytest.fixture
def records(store: object) -> None:
    _make_records()


@pytest.fixture
def heard() -> Iterator[list[events.Event]]:
    heard: list[events.Event] = []
    unsubscribe = events.subscribe(heard.append)
    yield heard
    unsubscribe()


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def terms(minutes: float = 60, *, single: bool = False) -> Terms:
    return Terms(at(minutes), single=single)


def start(
    minutes: float, wh: float, tag: str = "ALICE", connector: int = 1, station: str = CP, **kw: bool
) -> Recorded:
    moment = at(minutes)
    report = TransactionStart(
        ConnectorRef(connector), tag, wh, Reported(moment), moment.isoformat()
    )
    return transactions.start(station, report, terms(**kw))


def stop(
    number: int,
    minutes: float,
    wh: float,
    tag: str | None = None,
    reason: str = "Local",
    station: str = CP,
) -> Recorded:
    report = TransactionStop(number, wh, Reported(at(minutes)), tag, reason)
    return transactions.stop(station, report, terms())


def event(
    phase: str,
    seq: int,
    minutes: float,
    wh: float | None = None,
    uid: str = "T1",
    tag: str | None = None,
    evse: int | None = 1,
    **more: object,
) -> Recorded:
    readings = Readings()
    if wh is not None:
        sampled = [{"value": wh}]
        readings = meter.read(
            [{"timestamp": at(minutes).isoformat(), "sampled_value": sampled}], T0
        )
    report = TransactionEvent(
        Phase(phase),
        uid,
        Reported(at(minutes)),
        seq,
        connector=ConnectorRef(evse) if evse else None,
        token=tag,
        readings=readings,
        **more,  # type: ignore[arg-type]
    )
    return transaction_events.report(CP, report, terms())


@reading
def rows(**where: object) -> list[Transaction]:
    query = Transaction.select().order_by(Transaction.started_at, Transaction.id)
    return [row for row in query if all(getattr(row, k) == v for k, v in where.items())]


def only() -> Transaction:
    found = rows()
    assert len(found) == 1
    return found[0]


def energy(row: Transaction) -> float | None:
    return energy_wh(row.meter_start_wh, row.meter_last_wh, row.meter_estimate_wh)


def test_session_of_16_is_one_row() -> None:
    recorded = start(0, 1000)
    assert recorded.authorization is not None
    assert recorded.authorization.verdict is Verdict.ACCEPTED
    stop(recorded.transaction_id, 30, 6000, "ALICE")
    row = only()
    assert (row.id, row.uid) == (recorded.transaction_id, str(recorded.transaction_id))
    assert (row.active, energy(row), row.stop_reason) == (False, 5000, "Local")
    assert (row.started_at, row.stopped_at, row.stop_tag) == (at(0), at(30), "ALICE")
    assert row.flags == ""


def test_transaction_ids_are_positive_31_bit_and_not_in_sequence() -> None:
    ids = [start(n, 0, connector=n + 1).transaction_id for n in range(20)]
    assert all(0 < number < 2**31 for number in ids)
    assert len(set(ids)) == 20
    assert ids != sorted(ids)


def test_repeated_start_is_recorded_once() -> None:
    assert start(0, 1000).transaction_id == start(0, 1000).transaction_id
    assert len(rows()) == 1


def test_start_repeated_after_the_stop_finds_its_row() -> None:
    number = start(0, 1000).transaction_id
    stop(number, 10, 2000)
    assert start(0, 1000).transaction_id == number
    assert not only().active


def test_repeated_stop_changes_nothing() -> None:
    number = start(0, 1000).transaction_id
    stop(number, 10, 2000, "ALICE")
    again = stop(number, 20, 9999, "ALICE", reason="Other")
    assert again.transaction_id == number
    assert (energy(only()), only().stop_reason, only().stopped_at) == (1000, "Local", at(10))


def test_stop_before_start_becomes_one_session() -> None:
    early = stop(-1, 30, 6000, "ALICE")
    late = start(0, 1000)
    assert late.transaction_id == early.transaction_id
    row = only()
    assert (energy(row), row.started_at, row.stopped_at) == (5000, at(0), at(30))
    assert (row.flags, row.evse_id, row.active) == ("matched", 1, False)


def test_stops_before_their_starts_find_each_other() -> None:
    first, second = stop(0, 10, 100, "ALICE"), stop(0, 30, 250, "ALICE")
    assert start(20, 100).transaction_id == second.transaction_id
    assert start(0, 0).transaction_id == first.transaction_id
    assert sorted(filter(None, map(energy, rows()))) == [100, 150]


def test_stop_of_an_unknown_transaction_is_recorded_and_flagged() -> None:
    recorded = stop(12345, 30, 6000, "BOB")
    row = only()
    assert (row.id, row.uid, row.flags) == (recorded.transaction_id, "12345", "no-start")
    assert (energy(row), row.active, row.stop_tag) == (None, False, "BOB")
    stop(12345, 30, 6000, "BOB")
    assert len(rows()) == 1


def test_two_stops_of_one_unknown_transaction_with_other_content_are_two_sessions() -> None:
    stop(7, 30, 6000)
    stop(7, 60, 9000)
    stop(7, 60, 9000)
    assert len(rows()) == 2


def test_stop_of_another_stations_transaction_does_not_touch_it() -> None:
    number = start(0, 1000, station="CP2").transaction_id
    stop(number, 30, 6000)
    assert rows(station_id="CP2")[0].active
    assert rows(station_id=CP)[0].flags == "no-start"


@pytest.mark.parametrize("number", [0, -1])
def test_stop_without_usable_id_ends_the_only_session_it_can_mean(number: int) -> None:
    started = start(0, 1000)
    start(5, 0, tag="BOB", connector=2)
    stop(number, 30, 6000, "ALICE")
    stop(number, 30, 6000, "ALICE")
    row = rows(id=started.transaction_id)[0]
    assert (row.active, energy(row), row.flags) == (False, 5000, "matched")
    assert len(rows()) == 2


def test_stop_without_usable_id_among_several_sessions_touches_none() -> None:
    start(0, 1000)
    start(5, 0, tag="BOB", connector=2)
    stop(-1, 30, 6000)
    assert len(rows(active=True)) == 2
    assert len(rows(flags="no-start")) == 1


def test_new_start_on_a_busy_connector_ends_the_older_session() -> None:
    older = start(0, 1000).transaction_id
    newer = start(30, 4000, tag="BOB").transaction_id
    row = rows(id=older)[0]
    assert (row.active, row.flags, energy(row)) == (False, "superseded", 3000)
    assert rows(id=newer)[0].active


def test_late_stop_of_a_superseded_session_brings_its_real_end() -> None:
    older = start(0, 1000).transaction_id
    start(30, 4000, tag="BOB")
    stop(older, 20, 3500, "ALICE")
    row = rows(id=older)[0]
    assert (energy(row), row.stopped_at, row.stop_reason) == (2500, at(20), "Local")


def test_older_start_that_arrives_late_does_not_end_the_newer_session() -> None:
    newer = start(30, 4000, tag="BOB").transaction_id
    older = start(0, 1000).transaction_id
    assert rows(id=newer)[0].active
    assert not rows(id=older)[0].active
    stop(older, 20, 3500)
    stop(newer, 40, 5000)
    assert sorted(filter(None, map(energy, rows()))) == [1000, 2500]


@pytest.mark.parametrize(
    ("tag", "verdict"), [("NOBODY", Verdict.INVALID), ("DORA", Verdict.BLOCKED)]
)
def test_refused_start_is_recorded_and_flagged(tag: str, verdict: Verdict) -> None:
    recorded = start(0, 1000, tag=tag)
    assert recorded.authorization is not None
    assert recorded.authorization.verdict is verdict
    row = only()
    assert (row.flags, row.active, row.start_tag, energy(row)) == ("refused", False, tag, 0)


def test_energy_of_a_refused_session_is_recorded_all_the_same() -> None:
    number = start(0, 1000, tag="NOBODY").transaction_id
    stop(number, 5, 1200, reason="DeAuthorized")
    row = only()
    assert (energy(row), row.stop_reason, row.flags) == (200, "DeAuthorized", "refused")


def test_refused_start_leaves_the_running_session_alone() -> None:
    number = start(0, 1000).transaction_id
    start(10, 2000, tag="NOBODY")
    assert rows(id=number)[0].active


def test_tag_may_charge_once_where_that_is_the_rule() -> None:
    start(0, 0)
    assert (
        start(1, 0, tag="alice", connector=2, station="CP2", single=True).authorization is not None
    )
    second = rows(station_id="CP2")[0]
    assert second.flags == "refused"
    assert start(0, 0, single=True).authorization.verdict is Verdict.ACCEPTED  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("starter", "stopper", "verdict"),
    [
        ("ALICE", "alice", Verdict.ACCEPTED),
        ("ALICE", "ANNA", Verdict.ACCEPTED),
        ("ALICE", "ALICE_0815", Verdict.ACCEPTED),
        ("BOB", "CARL", Verdict.INVALID),
        ("ALICE", "BOB", Verdict.INVALID),
        ("BOB", "DORA", Verdict.BLOCKED),
        ("BOB", None, None),
        ("ALICE", None, None),
    ],
)
def test_who_may_stop(starter: str, stopper: str | None, verdict: Verdict | None) -> None:
    number = start(0, 1000, tag=starter).transaction_id
    answer = stop(number, 10, 2000, stopper).authorization
    assert (answer.verdict if answer else None) is verdict
    row = only()
    assert (row.active, energy(row)) == (False, 1000)
    assert row.flags == ("" if verdict in (None, Verdict.ACCEPTED) else "stopped-by-other")


def test_starter_may_stop_after_his_tag_was_blocked() -> None:
    number = start(0, 1000).transaction_id

    @unit_of_work
    def block() -> None:
        Tag.update(blocked=True).execute()

    block()
    answer = stop(number, 10, 2000, "ALICE").authorization
    assert answer is not None
    assert answer.verdict is Verdict.ACCEPTED


def test_meter_going_back_is_flagged() -> None:
    number = start(0, 5000).transaction_id
    stop(number, 10, 300)
    assert only().flags == "meter-decreased"


def test_absurd_moment_is_replaced_and_flagged() -> None:
    reported = judge("1970-01-01T00:00:00Z", at(60))
    report = TransactionStart(ConnectorRef(1), "ALICE", 0, reported, "1970-01-01T00:00:00Z")
    first = transactions.start(CP, report, terms())
    again = transactions.start(CP, report, terms(61))
    assert first.transaction_id == again.transaction_id
    assert (only().started_at, only().flags) == (at(60), "clock")
    stop(first.transaction_id, 70, 10)
    later = transactions.start(CP, report, terms(80))
    assert later.transaction_id != first.transaction_id


def test_closing_by_an_operator_keeps_his_reason_and_yields_to_the_station() -> None:
    number = start(0, 1000).transaction_id
    transactions.close(number, "charger was replaced", at(90))
    row = only()
    assert (row.active, row.note, row.closed_by) == (False, "charger was replaced", "operator")
    stop(number, 50, 4000)
    assert (energy(only()), only().stopped_at) == (3000, at(50))
    assert "closed-by-operator" in only().flags


def test_end_lets_the_connector_rest(heard: list[events.Event]) -> None:
    number = start(0, 1000).transaction_id
    values = [
        {"value": "1500"},
        {"value": "7", "measurand": "Power.Active.Import", "unit": "kW"},
        {"value": "40", "measurand": "SoC"},
    ]
    entry = {"timestamp": at(5).isoformat(), "sampled_value": values}
    transactions.report_meter(CP, ConnectorRef(1), meter.read([entry], T0), str(number), at(60))
    read = [each for each in heard if isinstance(each, events.MeterRead)][-1]
    assert (read.power_w, read.soc_percent, read.transaction_id) == (7000, 40, number)
    stop(number, 10, 2000)

    @reading
    def connector() -> Connector:
        return Connector.get()

    assert (connector().meter_wh, connector().power_w, connector().soc_percent) == (
        2000,
        None,
        None,
    )


# --- OCPP 2.x -------------------------------------------------------------------------------------


def test_session_of_2x_is_one_row() -> None:
    event("Started", 0, 0, 1000, tag="ALICE")
    event("Updated", 1, 10, 3000, evse=None)
    event("Ended", 2, 30, 6000, tag="ALICE", evse=None, stopped_reason="EVDisconnected")
    row = only()
    assert (energy(row), row.active, row.stop_reason) == (5000, False, "EVDisconnected")
    assert (row.start_tag, row.stop_tag, row.evse_id, row.flags) == ("ALICE", "ALICE", 1, "")


def test_every_order_of_events_gives_the_same_row() -> None:
    def send(which: int) -> None:
        if which == 0:
            event("Started", 0, 0, 1000, tag="ALICE")
        elif which == 1:
            event("Updated", 1, 10, 3000, evse=None)
        else:
            event("Ended", 2, 30, 6000, evse=None)

    for order in ((2, 1, 0), (1, 0, 2), (1, 2, 0), (0, 2, 1, 0, 1, 2)):
        for which in order:
            send(which)
        row = only()
        facts = (
            energy(row),
            row.active,
            row.start_tag,
            row.evse_id,
            row.started_at,
            row.stopped_at,
        )
        assert facts == (5000, False, "ALICE", 1, at(0), at(30))
        assert row.flags == ""
        _forget()


@unit_of_work
def _forget() -> None:
    Transaction.delete().execute()
    MeterSample.delete().execute()


def test_token_that_arrives_later_is_the_starters() -> None:
    assert event("Started", 0, 0, 0).authorization is None
    answer = event("Updated", 1, 1, tag="alice").authorization
    assert answer is not None
    assert (answer.verdict, answer.group) == (Verdict.ACCEPTED, "home")
    assert only().start_tag == "ALICE"


def test_update_without_start_is_recorded_and_flagged_until_the_start_comes() -> None:
    event("Updated", 1, 10, 3000)
    assert (only().flags, only().active) == ("no-start", True)
    event("Started", 0, 0, 1000, tag="BOB")
    assert (only().flags, only().started_at, energy(only())) == ("", at(0), 2000)


def test_missing_event_is_flagged_until_it_comes() -> None:
    event("Started", 0, 0, 0, tag="BOB")
    event("Ended", 3, 30, 50)
    assert "gap" in only().flags
    event("Updated", 1, 10, 10)
    event("Updated", 2, 20, 20)
    assert only().flags == ""


def test_start_without_meter_takes_the_first_reading() -> None:
    event("Started", 0, 0, tag="BOB")
    event("Updated", 1, 1, 700)
    event("Ended", 2, 9, 900)
    assert energy(only()) == 200


def test_offline_events_with_old_moments_are_flagged() -> None:
    event("Started", 0, -5000, 0, tag="BOB", offline=True)
    event("Ended", 1, -4000, 100, offline=True)
    assert (only().started_at, only().flags) == (at(-5000), "offline")


def test_clock_that_is_set_back_in_a_session_does_not_cost_its_energy() -> None:
    event("Started", 0, 180, 1000, tag="BOB")
    event("Updated", 1, 10, 3000)
    event("Ended", 2, 30, 6000)
    assert (energy(only()), only().active, only().flags) == (5000, False, "")


def test_same_uid_at_another_station_is_another_session() -> None:
    event("Started", 0, 0, 0, tag="BOB")
    report = TransactionEvent(Phase.ENDED, "T1", Reported(at(5)), 1)
    transaction_events.report("CP2", report, terms())
    assert rows(station_id=CP)[0].active


def test_refused_token_in_2x_is_flagged_and_followed_to_its_end() -> None:
    answer = event("Started", 0, 0, 100, tag="DORA").authorization
    assert answer is not None
    assert answer.verdict is Verdict.BLOCKED
    event("Ended", 1, 1, 150, stopped_reason="DeAuthorized")
    assert (only().flags, energy(only()), only().active) == ("refused", 50, False)


def test_repeated_samples_are_stored_once(store: object) -> None:
    event("Started", 0, 0, 1000, tag="BOB")
    event("Updated", 1, 10, 3000)
    event("Updated", 1, 10, 3000)

    @reading
    def samples() -> int:
        return int(MeterSample.select().count())

    assert samples() == 2


def test_a_unit_that_fails_leaves_nothing_and_its_neighbours_alone(store: object) -> None:
    from ocpp_core.storage import writer  # noqa: PLC0415

    current: Writer = writer.current()

    def fails() -> None:
        Tag.create(id="X", folded="x", created_at=T0)
        raise ValueError("no")

    units = [
        current.submit(fails),
        current.submit(lambda: Tag.create(id="Y", folded="y", created_at=T0).id),
    ]
    with pytest.raises(ValueError, match="no"):
        units[0].wait()
    assert units[1].wait() == "Y"

    @reading
    def ids() -> set[str]:
        return {tag.id for tag in Tag.select()}

    assert "Y" in ids()
    assert "X" not in ids()
