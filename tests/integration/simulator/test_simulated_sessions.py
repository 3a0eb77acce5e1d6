"""Simulated stations boot, charge and end, in each OCPP version."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from ocpp_core.errors import InvalidInput
from ocpp_core.simulator import Options, run
from tests.integration.simulator.harness import (
    ID,
    IDLE,
    NO_WAIT,
    Speech,
    Speech16,
    Speech201,
    play,
    simulated,
    value_of,
    values,
)
from tests.support.fake_csms import NOW, FakeCsms, Heard, Payload

PLAIN = {**NO_WAIT, "connectors": 1, "sample_s": 2.0}


def boot_answer(status: str, interval: int) -> Payload:
    return {"status": status, "currentTime": NOW, "interval": interval}


def test_a_station_boots_then_tells_every_status(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **IDLE) as run:
            for connector in (1, 2):
                await speech.status(run.csms, connector, "Available")
            actions = [heard.action for heard in run.csms.heard]
            assert actions[0] == "BootNotification"
            assert set(actions[1:]) == {"StatusNotification"}

    play(scenario())


def test_a_1_6_station_tells_the_status_of_connector_0() -> None:
    async def scenario() -> None:
        async with simulated("1.6", **IDLE) as run:
            await Speech16().status(run.csms, 0, "Available")

    play(scenario())


@pytest.mark.parametrize("refusal", ["Pending", "Rejected"])
def test_a_refused_station_says_nothing_and_boots_again_after_the_interval(
    speech: Speech, refusal: str
) -> None:
    def prepare(csms: FakeCsms) -> None:
        answers = [boot_answer(refusal, 12), boot_answer(refusal, 12), boot_answer("Accepted", 9)]
        csms.answers["BootNotification"] = lambda _: answers.pop(0)

    async def scenario() -> None:
        async with simulated(speech.version, prepare, **NO_WAIT) as run:
            begin = asyncio.get_running_loop().time()
            await run.csms.wait_for("BootNotification", count=3)
            assert 0.05 <= asyncio.get_running_loop().time() - begin < 1.0
            await speech.started(run.csms)
            assert [h.action for h in run.csms.heard[:3]] == ["BootNotification"] * 3

    play(scenario())


def test_heartbeats_come_in_the_interval_the_server_gave(speech: Speech) -> None:
    def prepare(csms: FakeCsms) -> None:
        csms.answers["BootNotification"] = boot_answer("Accepted", 6)

    async def scenario() -> None:
        async with simulated(speech.version, prepare, **IDLE) as run:
            await run.csms.wait_for("Heartbeat")
            begin = asyncio.get_running_loop().time()
            await run.csms.wait_for("Heartbeat", count=5)
            assert 0.05 <= asyncio.get_running_loop().time() - begin < 0.6

    play(scenario())


def test_a_session_goes_from_plug_to_plug(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **PLAIN, stay_s=(16, 16)) as run:
            await speech.stopped(run.csms)
            await speech.status(run.csms, 1, "Available", count=2)
            actions = [heard.action for heard in run.csms.heard]
            assert actions.index("Authorize") < actions.index(speech.starts(run.csms)[0].action)
            for word in ("Preparing", "Charging", "Finishing"):
                await speech.status(run.csms, 1, word)
            await speech.started(run.csms, count=2)

    play(scenario())


def test_the_meter_of_a_session_goes_up_and_on_into_the_next(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **PLAIN, stay_s=(16, 16)) as run:
            await speech.stopped(run.csms, count=3)
            registers = [register(heard.payload) for heard in run.csms.heard if has_meter(heard)]
            assert len(registers) > 4
            assert registers == sorted(registers)
            assert registers[-1] > registers[0]

    play(scenario())


def test_the_energy_of_the_summary_is_that_of_the_sessions() -> None:
    async def scenario() -> None:
        async with simulated("1.6", **PLAIN, stay_s=(200, 200), speed=6000) as run:
            await Speech16().stopped(run.csms, count=3)
            summary = await run.end()
            starts = [h.payload["meterStart"] for h in run.csms.of("StartTransaction")]
            stops = [h.payload["meterStop"] for h in run.csms.of("StopTransaction")]
            assert summary.sessions_started == summary.sessions_finished == len(stops)
            assert summary.energy_wh == pytest.approx(sum(stops) - sum(starts), abs=len(stops))

    play(scenario())


def test_meter_values_carry_power_current_voltage_and_charge(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **PLAIN, stay_s=(900, 900)) as run:
            samples = await speech.sampled(
                run.csms, lambda found: value_of(found, "Power.Active.Import") > 3000
            )
            phases = [(s["measurand"], s["phase"]) for s in samples if "phase" in s]
            assert phases == [
                *(("Current.Import", f"L{n}") for n in (1, 2, 3)),
                *(("Voltage", f"L{n}-N") for n in (1, 2, 3)),
            ]
            assert 0 < value_of(samples, "SoC") <= 100

    play(scenario())


def test_a_car_that_is_full_suspends_until_the_driver_returns(speech: Speech) -> None:
    async def scenario() -> None:
        options = {**PLAIN, "sample_s": 1000.0, "stay_s": (40_000, 40_000), "speed": 400_000}
        async with simulated(speech.version, **options) as run:
            await speech.stopped(run.csms)
            assert suspended(run.csms, speech)

    play(scenario())


def test_a_1_6_stop_carries_the_readings_of_begin_and_end() -> None:
    async def scenario() -> None:
        async with simulated("1.6", **PLAIN, stay_s=(16, 16)) as run:
            _, stop = await Speech16().stopped(run.csms)
            begin, end = stop["transactionData"]
            contexts = [data["sampledValue"][0]["context"] for data in (begin, end)]
            assert contexts == ["Transaction.Begin", "Transaction.End"]
            assert float(end["sampledValue"][0]["value"]) == stop["meterStop"]

    play(scenario())


def test_2_x_events_of_a_transaction_are_numbered_from_zero() -> None:
    async def scenario() -> None:
        async with simulated("2.1", **PLAIN, stay_s=(16, 16)) as run:
            _, end = await Speech201().stopped(run.csms)
            uid = end["transactionInfo"]["transactionId"]
            events = [
                h.payload["seqNo"]
                for h in run.csms.of("TransactionEvent")
                if h.payload["transactionInfo"]["transactionId"] == uid
            ]
            assert events == list(range(len(events)))
            assert values(end)[0]["context"] == "Transaction.End"

    play(scenario())


def test_a_tag_the_server_does_not_accept_starts_no_session(speech: Speech) -> None:
    def prepare(csms: FakeCsms) -> None:
        csms.answers["Authorize"] = speech.deauthorized

    async def scenario() -> None:
        async with simulated(speech.version, prepare, **PLAIN) as run:
            await run.csms.wait_for("Authorize", count=3)
            assert not speech.starts(run.csms)
            assert (await run.end()).sessions_refused >= 2

    play(scenario())


def test_a_start_the_server_refuses_is_stopped_as_deauthorized(speech: Speech) -> None:
    def prepare(csms: FakeCsms) -> None:
        speech.answer_starts(csms, speech.start_answer)

    async def scenario() -> None:
        async with simulated(speech.version, prepare, **PLAIN) as run:
            reason, _ = await speech.stopped(run.csms)
            assert reason == "DeAuthorized"

    play(scenario())


def test_the_end_of_the_run_stops_transactions_and_closes_with_1000(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **NO_WAIT, stay_s=(1e6, 1e6), stations=3) as run:
            await speech.started(run.csms, count=6)
            summary = await run.end()
            assert {reason(stop) for stop in speech.stops(run.csms)} == {"Local"}
            assert len(speech.stops(run.csms)) == 6
            assert run.csms.close_codes == [1000] * 3
            assert summary.starts_answered == summary.stops_answered == 6
            assert not summary.errors

    play(scenario())


def test_transactions_go_on_when_the_run_shall_not_stop_them() -> None:
    async def scenario() -> None:
        options = {**PLAIN, "stay_s": (1e6, 1e6), "stop_transactions": False}
        async with simulated("1.6", **options) as run:
            await Speech16().started(run.csms)
            await run.end()
            assert not run.csms.of("StopTransaction")

    play(scenario())


def test_a_signal_ends_the_run() -> None:
    async def scenario() -> None:
        async with simulated("1.6", **IDLE) as run:
            await Speech16().status(run.csms, 2, "Available")
            os.kill(os.getpid(), signal.SIGTERM)
            while not run.csms.close_codes:
                await asyncio.sleep(0.01)
            assert run.csms.close_codes == [1000]

    play(scenario())


def test_the_run_ends_after_its_duration() -> None:
    async def scenario() -> None:
        async with simulated("1.6", **IDLE, duration_s=0.1) as run:
            while not run.csms.close_codes:
                await asyncio.sleep(0.01)

    play(scenario())


def test_the_journal_keeps_what_was_answered(speech: Speech, tmp_path: Path) -> None:
    journal = tmp_path / "journal"

    async def scenario() -> None:
        options = {**PLAIN, "stay_s": (10, 10), "on_answered": journal}
        async with simulated(speech.version, **options) as run:
            await speech.stopped(run.csms, count=2)
            summary = await run.end()
            lines = [json.loads(line) for line in journal.read_text().splitlines()]
            kinds = [line["kind"] for line in lines]
            assert kinds.count("start") == summary.starts_answered
            assert kinds.count("stop") == summary.stops_answered
            first = lines[0]
            assert first["station_id"] == ID
            assert first["tag"] == "SIMTAG"
            assert first["status"] == "Accepted"
            assert first["transaction_id"] == lines[kinds.index("stop")]["transaction_id"]
            assert lines[kinds.index("stop")]["meter_wh"] >= first["meter_wh"]

    play(scenario())


def test_a_station_says_who_it_is_and_its_password() -> None:
    async def scenario() -> None:
        options = {**IDLE, "credentials": {ID: "se:cret"}}
        async with simulated("1.6", **options) as run:
            await run.csms.wait_for("BootNotification")
            expected = "Basic " + base64.b64encode(f"{ID}:se:cret".encode()).decode()
            assert run.csms.headers[0]["Authorization"] == expected

    play(scenario())


def test_the_summary_is_printed_at_the_end() -> None:
    output = io.StringIO()
    run(Options(url="ws://127.0.0.1:9/OCPP", duration_s=0.02), output)
    assert output.getvalue().startswith("1 stations (OCPP 1.6) in 0.")
    assert "error: 1 x no connection: ConnectionRefusedError" in output.getvalue()


def test_many_stations_share_one_process() -> None:
    async def scenario() -> None:
        async with simulated("2.0.1", **IDLE, stations=50, connects_per_s=1000) as run:
            await run.csms.wait_for("BootNotification", count=50)
            summary = await run.end()
            assert summary.connections == 50
            assert "50 stations (OCPP 2.0.1)" in str(summary)

    play(scenario())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stations", 0),
        ("version", "1.5"),
        ("url", "http://127.0.0.1"),
        ("tags", ()),
        ("speed", 0.0),
        ("stay_s", (9.0, 1.0)),
    ],
)
def test_bad_options_are_named(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        Options(**{name: value})
    assert list(caught.value.fields) == [name]


def test_connectors_take_the_tags_in_turn() -> None:
    options = Options(stations=2, tags=("A", "B", "C", "D"))
    given = [options.tag_of(station, connector) for station in (0, 1) for connector in (1, 2)]
    assert given == ["A", "B", "C", "D"]
    assert options.station_ids == ["SIM0001", "SIM0002"]


def has_meter(heard: Heard) -> bool:
    return "meterStart" in heard.payload or "meterValue" in heard.payload


def register(payload: Payload) -> float:
    if "meterStart" in payload:
        return float(payload["meterStart"])
    return value_of(values(payload), "Energy.Active.Import.Register")


def reason(stop: Heard) -> str:
    return stop.payload.get("reason") or stop.payload["transactionInfo"]["stoppedReason"]


def suspended(csms: FakeCsms, speech: Speech) -> bool:
    if speech.version == "1.6":
        return any(h.payload["status"] == "SuspendedEV" for h in csms.of("StatusNotification"))
    infos = [h.payload["transactionInfo"] for h in csms.of("TransactionEvent")]
    return any(info.get("chargingState") == "SuspendedEV" for info in infos)
