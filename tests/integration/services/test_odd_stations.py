"""Sessions of stations whose clocks, registers, tokens and ids are not as one would wish."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ocpp_core import clock
from ocpp_core.models.stations import Station
from ocpp_core.models.tags import Tag
from ocpp_core.protocol.base import Handlers, Settings
from ocpp_core.protocol.v16 import Handlers16
from ocpp_core.protocol.v201 import Handlers201
from ocpp_core.services import station_records, stations, transaction_records, transactions
from ocpp_core.services.transaction_records import TransactionView
from ocpp_core.storage.writer import unit_of_work

CP = "CP1"
NOW = clock.utcnow()
BEGIN, END = {"context": "Transaction.Begin"}, {"context": "Transaction.End"}
LONG_AGO = "1970-01-01T00:01:00Z"

pytestmark = pytest.mark.usefixtures("records")
Payload = dict[str, Any]


@unit_of_work
def _make_records() -> None:
    Station.create(id=CP, created_at=NOW)
    for tag, group, blocked in (
        ("ALICE", "home", False),
        ("ANNA", "home", False),
        ("BOB", None, False),
        ("CARL", None, False),
        ("DORA", None, True),
    ):
        Tag.create(id=tag, folded=tag.lower(), group=group, blocked=blocked, created_at=NOW)


@pytest.fixture
def records(store: object) -> None:
    _make_records()


class Box:
    """One station, message by message; minutes count from now."""

    def __init__(self, version: type[Handlers], **settings: Any) -> None:
        self._handlers = version(stations.profile(CP), Settings(**settings))

    def event(self, kind: str, seq: int, minutes: float, *values: Payload, **more: Any) -> Payload:
        payload: Payload = {
            "eventType": kind,
            "timestamp": more.get("timestamp") or wire(minutes),
            "triggerReason": "Authorized",
            "seqNo": seq,
            "transactionInfo": {"transactionId": more.get("uid", "T1")},
        }
        if more.get("evse", 1):
            payload["evse"] = {"id": 1}
        if more.get("tag"):
            payload["idToken"] = {"idToken": more["tag"], "type": "ISO14443"}
        if values:
            payload["meterValue"] = list(values)
        return self._handlers.answer("TransactionEvent", payload)

    def start(self, minutes: float, wh: int, tag: str = "ALICE", connector: int = 1) -> Payload:
        return self._handlers.answer(
            "StartTransaction",
            {
                "connectorId": connector,
                "idTag": tag,
                "meterStart": wh,
                "timestamp": wire(minutes),
            },
        )

    def stop(self, number: int, minutes: float | None, wh: int, **more: Any) -> Payload:
        timestamp = LONG_AGO if minutes is None else wire(minutes)
        return self._handlers.answer(
            "StopTransaction",
            {"transactionId": number, "meterStop": wh, "timestamp": timestamp, **more},
        )

    def meter(self, minutes: float, wh: int, number: int | None = None) -> None:
        named = {} if number is None else {"transactionId": number}
        entry = {"timestamp": wire(minutes), "sampledValue": [{"value": str(wh)}]}
        self._handlers.answer("MeterValues", {"connectorId": 1, "meterValue": [entry], **named})


def wire(minutes: float) -> str:
    return clock.wire(NOW + timedelta(minutes=minutes))


def values(when: float | str, *samples: Payload) -> Payload:
    timestamp = when if isinstance(when, str) else wire(when)
    return {"timestamp": timestamp, "sampledValue": list(samples)}


def reg(wh: float, **more: str) -> Payload:
    return {"value": wh, **more}


def rows() -> list[TransactionView]:
    return list(transaction_records.page(100).items)


def one(uid: str = "T1") -> TransactionView:
    return next(row for row in rows() if row.uid == uid)


def test_clock_set_back_an_hour_leaves_the_new_session_alone() -> None:
    box = Box(Handlers201)
    box.event("Started", 0, -50, values(-50, reg(1000)), uid="A", tag="BOB")
    box.event("Ended", 1, -30, values(-30, reg(2000)), uid="A")
    box.event("Started", 0, -85, values(-85, reg(2000)), uid="B", tag="CARL")
    assert one("B").state == "active"
    for step in range(1, 9):
        readings = values(-85 + 10 * step, reg(2000 + step * 1000))
        box.event("Updated", step, -85 + 10 * step, readings, uid="B", evse=None)
    box.event("Ended", 9, -1, uid="B", evse=None)
    assert (one("B").energy_wh, one("B").flags) == (8000, ())


def test_session_in_the_future_does_not_end_those_that_follow() -> None:
    box = Box(Handlers16)
    first = box.start(60 * 24 * 1000, 1000)["transactionId"]
    box.stop(first, 60 * 24 * 1000 + 5, 2000)
    second = box.start(-40, 2000, "BOB")["transactionId"]
    assert transaction_records.active_at(CP, 1) is not None
    box.meter(-30, 3000)
    assert one(str(second)).energy_wh == 1000
    box.stop(second, -20, 5000)
    assert one(str(second)).energy_wh == 3000


def test_readings_after_the_clock_was_set_back_count() -> None:
    box = Box(Handlers201)
    box.event("Started", 0, 90, values(90, reg(1000)), tag="BOB")
    for step in range(1, 6):
        box.event("Updated", step, -60 + step, values(-60 + step, reg(1000 + step * 1000)))
    box.event("Ended", 6, -1)
    assert one().energy_wh == 5000


@pytest.mark.parametrize("begins", [LONG_AGO, 120])
def test_begin_and_end_in_the_last_event_are_told_apart_by_context(begins: float | str) -> None:
    box = Box(Handlers201)
    box.event("Started", 0, -60, values(begins, reg(1000, **BEGIN)), tag="BOB")
    both = (values(begins, reg(1000, **BEGIN)), values(-1, reg(6000, **END)))
    box.event("Ended", 1, -1, *both, evse=None)
    assert one().energy_wh == 5000


def test_begin_and_end_in_one_entry_are_told_apart_by_context() -> None:
    box = Box(Handlers201)
    box.event("Started", 0, -60, values(-60, reg(3000)), tag="BOB")
    box.event("Ended", 1, -1, values(-1, reg(9000, **END), reg(3000, **BEGIN)))
    assert one().energy_wh == 6000


def test_entries_of_one_moment_are_one_reading() -> None:
    def phases(when: float, *whs: float) -> list[Payload]:
        named = zip(("L1", "L2", "L3"), whs, strict=True)
        return [values(when, reg(wh, phase=phase)) for phase, wh in named]

    box = Box(Handlers201)
    box.event("Started", 0, -60, *phases(-60, 100, 200, 300), tag="BOB")
    box.event("Ended", 1, -1, *phases(-1, 1100, 1200, 1300))
    assert one().energy_wh == 3000


def test_phase_beside_the_total_in_another_entry_is_not_the_total() -> None:
    box = Box(Handlers201)
    box.event("Started", 0, -60, values(-60, reg(3000)), tag="BOB")
    box.event("Ended", 1, -1, values(-1, reg(9000)), values(-1, reg(3000, phase="L1")))
    assert one().energy_wh == 6000


def test_negative_sequence_number_does_not_stop_the_session_from_ending() -> None:
    box = Box(Handlers201)
    box.event("Started", -1, -60, values(-60, reg(0)), tag="BOB")
    box.event("Updated", 0, -30, values(-30, reg(50)))
    box.event("Ended", 1, -1, values(-1, reg(100)))
    assert (one().energy_wh, one().state) == (100, "ended")


def test_token_of_started_is_the_starters_even_when_it_comes_late() -> None:
    box = Box(Handlers201)
    box.event("Updated", 2, -10, values(-10, reg(9000)), tag="ANNA")
    box.event("Started", 0, -60, values(-60, reg(0)), tag="ALICE")
    assert one().start_tag == "ALICE"


def test_second_card_after_a_refused_one_may_charge() -> None:
    box = Box(Handlers201)
    box.event("Started", 0, -60, values(-60, reg(0)))
    refused = box.event("Updated", 1, -59, tag="DORA")
    accepted = box.event("Updated", 2, -58, tag="BOB")
    assert refused["idTokenInfo"]["status"] == "Blocked"
    assert accepted["idTokenInfo"]["status"] == "Accepted"
    assert (one().start_tag, one().flags) == ("BOB", ())


def test_starter_may_stop_in_an_update_after_his_tag_was_blocked() -> None:
    box = Box(Handlers201)
    box.event("Started", 0, -60, values(-60, reg(0)), tag="BOB")

    @unit_of_work
    def block() -> None:
        Tag.update(blocked=True).where(Tag.id == "BOB").execute()

    block()
    assert box.event("Updated", 1, -5, tag="BOB")["idTokenInfo"]["status"] == "Accepted"
    assert one().flags == ()


def test_transaction_id_used_again_is_another_session() -> None:
    box = Box(Handlers201)
    box.event("Started", 0, -60, values(-60, reg(1000)), tag="BOB")
    box.event("Ended", 1, -50, values(-50, reg(6000)))
    box.event("Started", 0, -60, values(-60, reg(1000)), tag="BOB")  # repeated: no effect
    assert len(rows()) == 1
    box.event("Started", 0, -40, values(-40, reg(6000)), tag="CARL")
    box.event("Ended", 1, -30, values(-30, reg(8000)))
    assert sorted(row.energy_wh or 0 for row in rows()) == [2000, 5000]


def test_register_lost_in_a_power_cut_leaves_the_best_reading() -> None:
    box = Box(Handlers16)
    number = box.start(-60, 100_000)["transactionId"]
    box.meter(-30, 107_000, number)
    box.stop(number, -10, 0, reason="PowerLoss")
    assert (one(str(number)).energy_wh, one(str(number)).flags) == (7000, ("meter-decreased",))


def test_repeated_end_with_an_absurd_moment_is_recorded_once() -> None:
    box = Box(Handlers16)
    for _ in range(3):
        box.stop(-1, None, 6000, idTag="BOB")
        box.stop(4711, None, 7000)
    assert len(rows()) == 2


def test_end_of_an_unknown_session_takes_what_its_readings_tell() -> None:
    box = Box(Handlers16)
    data = [
        values(-60, {"value": "1000", **BEGIN}),
        values(-1, {"value": "6000", **END}),
    ]
    box.stop(4711, -1, 6000, transactionData=data)
    assert (rows()[0].energy_wh, rows()[0].flags) == (5000, ("no-start",))


def test_single_reading_of_a_session_without_start_tells_no_energy() -> None:
    Box(Handlers201).event("Ended", 5, -1, values(-1, reg(6000)))
    assert (one().energy_wh, one().flags) == (None, ("no-start",))


def test_driver_whose_stop_was_lost_may_start_again_where_he_was() -> None:
    box = Box(Handlers16, single_transaction_per_tag=True)
    box.start(-60, 0, "BOB")
    assert box.start(-10, 500, "BOB")["idTagInfo"]["status"] == "Accepted"
    assert box.start(-9, 0, "BOB", connector=2)["idTagInfo"]["status"] == "ConcurrentTx"


def test_refused_start_does_not_hide_the_running_session_from_readings() -> None:
    box = Box(Handlers16)
    number = box.start(-60, 0)["transactionId"]
    box.start(-50, 500, "NOBODY")
    box.meter(-40, 2000)
    assert one(str(number)).energy_wh == 2000


def test_late_start_of_the_next_session_corrects_the_estimated_end() -> None:
    box = Box(Handlers201)
    box.event("Started", 0, -80, values(-80, reg(1000)), uid="A", tag="BOB")
    box.event("Updated", 2, -30, values(-30, reg(9000)), uid="B")
    box.event("Started", 0, -50, values(-50, reg(5000)), uid="B", tag="CARL")
    assert (one("A").energy_wh, one("B").energy_wh) == (4000, 4000)


def test_operator_closes_in_order_with_the_station() -> None:
    box = Box(Handlers16)
    number = box.start(-60, 0)["transactionId"]
    box.stop(number, -10, 500)
    transactions.close(number, "stuck", NOW)
    assert (rows()[0].stop_reason, rows()[0].note) == ("Local", "")


def test_end_of_a_station_that_is_being_removed_is_recorded() -> None:
    box = Box(Handlers16)
    number = box.start(-60, 0)["transactionId"]
    station_records.remove(CP, NOW)
    box.stop(number, -10, 500)
    assert (rows()[0].state, rows()[0].energy_wh) == ("ended", 500)
