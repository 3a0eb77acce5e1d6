"""Simulated stations lose the server and come back, in each OCPP version."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from ocpp_core.simulator import Options, simulate
from tests.integration.simulator.harness import (
    ID,
    IDLE,
    NO_WAIT,
    Run,
    Speech,
    Speech16,
    Speech201,
    play,
    simulated,
)
from tests.support.fake_csms import CallError, FakeCsms, Heard, Silence, friendly

ENDLESS = {**NO_WAIT, "connectors": 1, "sample_s": 2.0, "stay_s": (1e6, 1e6)}


async def back(run: Run, connection: int) -> None:
    """Wait until the station is heard on a connection."""
    while not any(heard.connection == connection for heard in run.csms.heard):
        await asyncio.sleep(0.005)


def test_a_start_that_was_not_answered_is_sent_again_unchanged(speech: Speech) -> None:
    def prepare(csms: FakeCsms) -> None:
        speech.answer_starts(csms, Silence)

    async def scenario() -> None:
        async with simulated(speech.version, prepare, **ENDLESS) as run:
            await speech.started(run.csms)
            speech.answer_starts(run.csms, friendly)
            run.csms.drop(ID)
            await speech.started(run.csms, count=2)
            first, second = speech.starts(run.csms)
            assert (first.message_id, first.payload) == (second.message_id, second.payload)
            assert (first.connection, second.connection) == (1, 2)
            await asyncio.sleep(0.03)
            assert len(speech.starts(run.csms)) == 2

    play(scenario())


def test_what_happens_offline_is_delivered_once_in_order_with_its_moments(speech: Speech) -> None:
    async def scenario() -> None:
        options = {**ENDLESS, "stay_s": (8, 8), "reconnect_s": (0.12, 0.12), "seed": 5}
        async with simulated(speech.version, **options) as run:
            await speech.started(run.csms)
            run.csms.drop(ID)
            await back(run, 2)
            await speech.stopped(run.csms, count=3)
            heard = [h for h in run.csms.heard if h.action in TRANSACTIONAL]
            assert not [i for i, n in Counter(h.message_id for h in heard).items() if n > 1]
            moments = [moment(h.payload) for h in heard]
            assert moments == sorted(moments)
            assert_complete(speech, run.csms)

    play(scenario())


def test_events_that_happened_offline_say_so() -> None:
    async def scenario() -> None:
        options = {**ENDLESS, "stay_s": (8, 8), "reconnect_s": (0.12, 0.12)}
        async with simulated("2.0.1", **options) as run:
            await Speech201().started(run.csms)
            run.csms.drop(ID)
            await back(run, 2)
            await run.csms.wait_for("TransactionEvent", lambda p: p.get("offline") is True)
            before = [h.payload for h in run.csms.of("TransactionEvent") if h.connection == 1]
            assert not any("offline" in payload for payload in before)

    play(scenario())


def test_a_connection_lost_needs_no_boot_but_tells_the_statuses(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **IDLE) as run:
            await speech.status(run.csms, 2, "Available")
            run.csms.drop(ID)
            await speech.status(run.csms, 2, "Available", count=2)
            assert len(run.csms.of("BootNotification")) == 1

    play(scenario())


def test_a_server_that_refuses_is_tried_again_with_growing_waits() -> None:
    def prepare(csms: FakeCsms) -> None:
        csms.refuse = True

    async def scenario() -> None:
        async with simulated("1.6", prepare, **IDLE) as run:
            while len(run.csms.headers) < 3:
                await asyncio.sleep(0.01)
            run.csms.refuse = False
            await run.csms.wait_for("BootNotification")
            summary = await run.end()
            assert summary.errors["connection refused with HTTP 503"] >= 3

    play(scenario())


def test_a_stop_answered_with_callerror_is_tried_again_as_a_new_call(speech: Speech) -> None:
    def prepare(csms: FakeCsms) -> None:
        failures = [CallError("InternalError")]
        csms.answers["StopTransaction"] = lambda _: failures.pop() if failures else {}
        csms.answers["TransactionEvent"] = lambda heard: (
            failures.pop()
            if heard.payload["eventType"] == "Ended" and failures
            else friendly(heard)
        )

    async def scenario() -> None:
        options = {**ENDLESS, "stay_s": (10, 10)}
        async with simulated(speech.version, prepare, **options) as run:
            await speech.stopped(run.csms, count=2)
            first, second = speech.stops(run.csms)[:2]
            assert first.payload == second.payload
            assert first.message_id != second.message_id

    play(scenario())


def test_a_message_that_is_refused_for_good_does_not_block_the_rest() -> None:
    def prepare(csms: FakeCsms) -> None:
        csms.answers["StartTransaction"] = CallError("InternalError")

    async def scenario() -> None:
        options = {**ENDLESS, "stay_s": (10, 10), "speed": 1000.0}
        async with simulated("1.6", prepare, **options) as run:
            _, stop = await Speech16().stopped(run.csms)
            assert stop["transactionId"] == -1
            assert len({h.message_id for h in Speech16().starts(run.csms)}) >= 3
            summary = await run.end()
            assert summary.undelivered >= 1
            assert summary.errors["InternalError for StartTransaction"] >= 3

    play(scenario())


def test_a_server_that_is_mute_gets_the_same_call_again(speech: Speech) -> None:
    def prepare(csms: FakeCsms) -> None:
        speech.answer_starts(csms, Silence)

    async def scenario() -> None:
        options: dict[str, Any] = {**ENDLESS, "call_timeout_s": 0.03}
        async with simulated(speech.version, prepare, **options) as run:
            await speech.started(run.csms, count=3)
            assert len({heard.message_id for heard in speech.starts(run.csms)}) == 1
            speech.answer_starts(run.csms, friendly)

    play(scenario())


def test_a_run_that_finds_no_server_ends_all_the_same() -> None:
    async def scenario() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.1, stop.set)
        options = Options(url="ws://127.0.0.1:9/OCPP", stations=2, reconnect_s=(0.01, 0.02))
        summary = await simulate(options, stop)
        assert summary.connections == 0
        assert summary.errors["no connection: ConnectionRefusedError"] > 2

    play(scenario())


def test_a_run_that_shall_stop_before_it_begins_does_not_begin() -> None:
    async def scenario() -> None:
        stop = asyncio.Event()
        stop.set()
        assert (await simulate(Options(), stop)).connections == 0

    play(scenario())


def test_only_one_call_is_outstanding() -> None:
    def prepare(csms: FakeCsms) -> None:
        csms.answers["Heartbeat"] = Silence

    async def scenario() -> None:
        async with simulated("1.6", prepare, **IDLE, call_timeout_s=0.15) as run:
            await Speech16().status(run.csms, 2, "Available")
            await run.call(*Speech16().trigger("Heartbeat"))
            await run.csms.wait_for("Heartbeat")
            heard = len(run.csms.heard)
            await run.call(*Speech16().trigger("StatusNotification", 1))
            await asyncio.sleep(0.05)
            assert len(run.csms.heard) == heard
            await Speech16().status(run.csms, 1, "Available", count=2)

    play(scenario())


TRANSACTIONAL = {"StartTransaction", "MeterValues", "StopTransaction", "TransactionEvent"}


def moment(payload: dict[str, Any]) -> str:
    text = payload.get("timestamp") or payload["meterValue"][0]["timestamp"]
    assert isinstance(text, str)
    return text


def assert_complete(speech: Speech, csms: FakeCsms) -> None:
    """Every stop follows its start, and nothing is missing between."""
    kinds = ["start" if h in speech.starts(csms) else "stop" for h in ends(speech, csms)]
    assert kinds[: len(kinds) // 2 * 2] == ["start", "stop"] * (len(kinds) // 2)
    for stop in speech.stops(csms):
        info = stop.payload.get("transactionInfo")
        if info is not None:
            numbers = [
                h.payload["seqNo"]
                for h in csms.of("TransactionEvent")
                if h.payload["transactionInfo"]["transactionId"] == info["transactionId"]
            ]
            assert numbers == list(range(len(numbers)))


def ends(speech: Speech, csms: FakeCsms) -> list[Heard]:
    both = [*speech.starts(csms), *speech.stops(csms)]
    return [heard for heard in csms.heard if heard in both]
