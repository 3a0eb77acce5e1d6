"""Simulated stations obey the server, in each OCPP version."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.simulator.harness import (
    ID,
    IDLE,
    Run,
    Speech,
    Speech16,
    Speech21,
    Speech201,
    play,
    simulated,
    value_of,
)
from tests.support.fake_csms import NOW, CallError, FakeCsms

FAST = {**IDLE, "sample_s": 2.0, "reboot_s": 5.0}


async def ready(run: Run, speech: Speech) -> None:
    await speech.status(run.csms, 2, "Available")


async def charging(run: Run, speech: Speech, connector: int = 1) -> None:
    """Have the server start a transaction that was answered."""
    await ready(run, speech)
    assert await run.call(*speech.start(connector)) == {"status": "Accepted"}
    await speech.started(run.csms)
    await speech.sampled(run.csms, lambda _: True)


def test_a_remote_start_begins_a_transaction_with_the_tag_given(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **FAST) as run:
            await ready(run, speech)
            assert await run.call(*speech.start(2, "TAG-R")) == {"status": "Accepted"}
            start = await speech.started(run.csms)
            assert "TAG-R" in str(start)
            assert start.get("connectorId", start.get("evse", {}).get("id")) == 2
            assert not run.csms.of("Authorize")

    play(scenario())


def test_a_remote_start_without_connector_takes_the_first_free_one(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **FAST) as run:
            await charging(run, speech, connector=1)
            assert await run.call(*speech.start(None)) == {"status": "Accepted"}
            assert await run.call(*speech.start(None)) == {"status": "Rejected"}

    play(scenario())


@pytest.mark.parametrize("connector", [1, 9])
def test_a_remote_start_on_a_busy_or_unknown_connector_is_rejected(
    speech: Speech, connector: int
) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **FAST) as run:
            await charging(run, speech)
            assert await run.call(*speech.start(connector)) == {"status": "Rejected"}

    play(scenario())


def test_a_remote_stop_ends_the_transaction(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **FAST) as run:
            await charging(run, speech)
            transaction_id = speech.transaction_id(run.csms)
            assert await run.call(*speech.stop(speech.unknown_transaction())) == {
                "status": "Rejected"
            }
            assert await run.call(*speech.stop(transaction_id)) == {"status": "Accepted"}
            reason, _ = await speech.stopped(run.csms)
            assert reason == "Remote"
            await speech.status(run.csms, 1, "Available", count=2)

    play(scenario())


def test_a_reset_stops_transactions_reconnects_and_boots(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **FAST) as run:
            await charging(run, speech)
            assert await run.call(*speech.reset()) == {"status": "Accepted"}
            reason, _ = await speech.stopped(run.csms)
            assert reason in {"HardReset", "ImmediateReset"}
            boot = await run.csms.wait_for("BootNotification", count=2)
            assert boot.connection == 2
            assert boot.payload.get("reason", "RemoteReset") == "RemoteReset"
            assert run.csms.close_codes == [1000]
            stops = speech.stops(run.csms)
            assert len(stops) == 1

    play(scenario())


def test_the_run_may_end_during_a_reset(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **{**FAST, "reboot_s": 1e6}) as run:
            await charging(run, speech)
            assert await run.call(*speech.reset()) == {"status": "Accepted"}
            while not run.csms.close_codes:
                await asyncio.sleep(0.005)
            assert (await run.end()).connections == 1

    play(scenario())


def test_a_soft_reset_of_1_6_delivers_the_stop_before_it_leaves() -> None:
    async def scenario() -> None:
        async with simulated("1.6", **FAST) as run:
            await charging(run, Speech16())
            assert await run.call("Reset", {"type": "Soft"}) == {"status": "Accepted"}
            await run.csms.wait_for("BootNotification", count=2)
            (stop,) = run.csms.of("StopTransaction")
            assert stop.payload["reason"] == "SoftReset"
            assert stop.connection == 1

    play(scenario())


def test_a_reset_on_idle_waits_for_the_transaction() -> None:
    speech = Speech201()

    async def scenario() -> None:
        async with simulated("2.0.1", **FAST) as run:
            await charging(run, speech)
            assert await run.call("Reset", {"type": "OnIdle"}) == {"status": "Scheduled"}
            assert await run.call(*speech.start(2)) == {"status": "Rejected"}
            await run.call(*speech.stop(speech.transaction_id(run.csms)))
            await run.csms.wait_for("BootNotification", count=2)
            assert (await speech.stopped(run.csms))[0] == "Remote"

    play(scenario())


def test_a_reset_of_one_evse_leaves_the_others_alone() -> None:
    speech = Speech21()

    async def scenario() -> None:
        async with simulated("2.1", **FAST) as run:
            await charging(run, speech)
            assert await run.call(*speech.start(2)) == {"status": "Accepted"}
            await speech.started(run.csms, count=2)
            reply = await run.call("Reset", {"type": "Immediate", "evseId": 1})
            assert reply == {"status": "Accepted"}
            reason, payload = await speech.stopped(run.csms)
            assert (reason, payload["evse"]["id"]) == ("ImmediateReset", 1)
            await speech.status(run.csms, 1, "Available", count=2)
            assert len(run.csms.of("BootNotification")) == len(speech.stops(run.csms)) == 1

    play(scenario())


def test_unlocking_ends_the_transaction_in_1_6() -> None:
    speech = Speech16()

    async def scenario() -> None:
        async with simulated("1.6", **FAST) as run:
            await charging(run, speech)
            assert await run.call(*speech.unlock(1)) == {"status": "Unlocked"}
            assert (await speech.stopped(run.csms))[0] == "UnlockCommand"
            assert await run.call(*speech.unlock(9)) == {"status": "NotSupported"}

    play(scenario())


def test_unlocking_in_2_x_spares_a_transaction() -> None:
    speech = Speech201()

    async def scenario() -> None:
        async with simulated("2.0.1", **FAST) as run:
            await charging(run, speech)
            busy, free, unknown = [await run.call(*speech.unlock(n)) for n in (1, 2, 9)]
            assert busy == {"status": "OngoingAuthorizedTransaction"}
            assert free == {"status": "Unlocked"}
            assert unknown == {"status": "UnknownConnector"}

    play(scenario())


@pytest.mark.parametrize("connector", [0, 1])
@pytest.mark.parametrize(("limit", "unit", "watts"), [(2000, "W", 2000), (6, "A", 4140)])
def test_a_limit_counts_for_the_power(
    speech: Speech, connector: int, limit: int, unit: str, watts: int
) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **FAST) as run:
            await charging(run, speech)
            await speech.sampled(run.csms, lambda s: value_of(s, "Power.Active.Import") > watts)
            reply = await run.call(*speech.limit(connector, limit, unit))
            assert reply == {"status": "Accepted"}
            heard = len(run.csms.heard)
            await speech.sampled(run.csms, lambda s: value_of(s, "Power.Active.Import") <= watts)
            assert await run.call(*speech.clear(connector)) == {"status": "Accepted"}
            del run.csms.heard[:heard]
            await speech.sampled(run.csms, lambda s: value_of(s, "Power.Active.Import") > watts)
            assert await run.call(*speech.clear(connector)) == {"status": "Unknown"}

    play(scenario())


def test_a_limit_of_zero_suspends_the_session(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **FAST) as run:
            await charging(run, speech)
            await run.call(*speech.limit(1, 0))
            del run.csms.heard[:]
            await speech.sampled(run.csms, lambda s: value_of(s, "Power.Active.Import") == 0)
            assert any("SuspendedEVSE" in str(heard.payload) for heard in run.csms.heard)

    play(scenario())


def test_a_transactions_limit_needs_its_transaction(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **FAST) as run:
            await ready(run, speech)
            unknown = speech.unknown_transaction()
            assert (await run.call(*speech.tx_limit(1, unknown, 2000)))["status"] == "Rejected"
            await charging(run, speech)
            own = speech.transaction_id(run.csms)
            assert (await run.call(*speech.tx_limit(1, unknown, 2000)))["status"] == "Rejected"
            assert (await run.call(*speech.tx_limit(1, own, 2000)))["status"] == "Accepted"
            assert (await run.call(*speech.limit(9, 2000)))["status"] == "Rejected"

    play(scenario())


def test_a_connector_is_made_unavailable_and_available(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **FAST) as run:
            await ready(run, speech)
            assert await run.call(*speech.available(1, False)) == {"status": "Accepted"}
            await speech.status(run.csms, 1, "Unavailable")
            assert await run.call(*speech.start(1)) == {"status": "Rejected"}
            assert await run.call(*speech.available(1, True)) == {"status": "Accepted"}
            await speech.status(run.csms, 1, "Available", count=2)
            assert await run.call(*speech.available(9, True)) == {"status": "Rejected"}

    play(scenario())


def test_unavailability_waits_for_the_transaction(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **FAST) as run:
            await charging(run, speech)
            assert await run.call(*speech.available(0, False)) == {"status": "Scheduled"}
            await speech.status(run.csms, 2, "Unavailable")
            await run.call(*speech.stop(speech.transaction_id(run.csms)))
            await speech.status(run.csms, 1, "Unavailable")

    play(scenario())


@pytest.mark.parametrize(
    "message",
    [
        "BootNotification",
        "Heartbeat",
        "StatusNotification",
        "MeterValues",
        "FirmwareStatusNotification",
    ],
)
def test_a_triggered_message_comes_after_the_answer(speech: Speech, message: str) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **FAST) as run:
            await ready(run, speech)
            before = len(run.csms.of(message))
            assert await run.call(*speech.trigger(message, 1)) == {"status": "Accepted"}
            await run.csms.wait_for(message, count=before + 1)

    play(scenario())


def test_a_transaction_event_can_be_triggered() -> None:
    speech = Speech21()

    async def scenario() -> None:
        async with simulated("2.1", **FAST) as run:
            await charging(run, speech)
            reply = await run.call(*speech.trigger("TransactionEvent", 1))
            assert reply == {"status": "Accepted"}
            await run.csms.wait_for(
                "TransactionEvent", lambda payload: payload["triggerReason"] == "Trigger"
            )

    play(scenario())


def test_what_cannot_be_triggered_is_refused(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **FAST) as run:
            await ready(run, speech)
            unknown = await run.call(*speech.trigger("Heartbeat", 9))
            assert unknown == {"status": "Rejected"}

    play(scenario())


def test_a_boot_can_be_triggered_while_pending(speech: Speech) -> None:
    def prepare(csms: FakeCsms) -> None:
        pending = {"status": "Pending", "currentTime": NOW, "interval": 100_000}
        answers = [pending, {**pending, "status": "Accepted"}]
        csms.answers["BootNotification"] = lambda _: answers.pop(0)

    async def scenario() -> None:
        async with simulated(speech.version, prepare, **FAST) as run:
            await run.csms.wait_for("BootNotification")
            assert await run.call(*speech.start(1)) == {"status": "Rejected"}
            assert await run.call(*speech.trigger("StatusNotification", 1)) == {
                "status": "Accepted"
            }
            await speech.status(run.csms, 1, "Available")
            assert await run.call(*speech.trigger("BootNotification")) == {"status": "Accepted"}
            await speech.status(run.csms, 2, "Available")

    play(scenario())


def test_a_triggered_boot_may_be_refused(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **FAST) as run:
            await ready(run, speech)
            pending = {"status": "Pending", "currentTime": NOW, "interval": 4}
            answers = [pending, pending, {**pending, "status": "Accepted"}]
            run.csms.answers["BootNotification"] = lambda _: answers.pop(0)
            assert await run.call(*speech.trigger("BootNotification")) == {"status": "Accepted"}
            await run.csms.wait_for("BootNotification", count=2)
            assert await run.call(*speech.start(1)) == {"status": "Rejected"}
            await speech.status(run.csms, 2, "Available", count=2)
            assert len(run.csms.of("BootNotification")) == 4

    play(scenario())


def test_another_heartbeat_interval_counts_at_once(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **FAST) as run:
            await ready(run, speech)
            reply = await run.call(*speech.heartbeat_every("2"))
            assert "Accepted" in str(reply)
            await run.csms.wait_for("Heartbeat", count=3)
            assert "Rejected" in str(await run.call(*speech.heartbeat_every("soon")))

    play(scenario())


def test_configuration_of_1_6() -> None:
    async def scenario() -> None:
        async with simulated("1.6", **FAST) as run:
            await ready(run, Speech16())
            some = await run.call(
                "GetConfiguration", {"key": ["NumberOfConnectors", "Colour", "HeartbeatInterval"]}
            )
            assert some["configurationKey"] == [
                {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
                {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
            ]
            assert some["unknownKey"] == ["Colour"]
            everything = await run.call("GetConfiguration", {})
            assert len(everything["configurationKey"]) > 10
            for key, word in (("Colour", "NotSupported"), ("NumberOfConnectors", "Rejected")):
                change = {"key": key, "value": "3"}
                assert await run.call("ChangeConfiguration", change) == {"status": word}

    play(scenario())


def test_variables_of_2_x() -> None:
    def variable(component: str, name: str, **more: str) -> dict[str, object]:
        return {"component": {"name": component}, "variable": {"name": name}, **more}

    async def scenario() -> None:
        async with simulated("2.0.1", **FAST) as run:
            await ready(run, Speech201())
            wanted = [
                variable("OCPPCommCtrlr", "HeartbeatInterval"),
                variable("OCPPCommCtrlr", "Colour"),
                variable("Roof", "Colour"),
                variable("OCPPCommCtrlr", "HeartbeatInterval", attributeType="MaxSet"),
            ]
            reply = await run.call("GetVariables", {"getVariableData": wanted})
            results = reply["getVariableResult"]
            assert [result["attributeStatus"] for result in results] == [
                "Accepted",
                "UnknownVariable",
                "UnknownComponent",
                "NotSupportedAttributeType",
            ]
            assert results[0]["attributeValue"] == "300"
            change = variable("ChargingStation", "Model", attributeValue="Other")
            reply = await run.call("SetVariables", {"setVariableData": [change]})
            assert reply["setVariableResult"][0]["attributeStatus"] == "Rejected"

    play(scenario())


def test_the_status_of_a_transaction_of_2_x() -> None:
    speech = Speech201()

    async def scenario() -> None:
        async with simulated("2.0.1", **FAST) as run:
            await charging(run, speech)
            for transaction_id, ongoing in ((speech.transaction_id(run.csms), True), ("x", False)):
                reply = await run.call("GetTransactionStatus", {"transactionId": transaction_id})
                assert reply["ongoingIndicator"] is ongoing
            assert "ongoingIndicator" not in await run.call("GetTransactionStatus", {})

    play(scenario())


def test_other_commands_have_their_answers(speech: Speech) -> None:
    async def scenario() -> None:
        async with simulated(speech.version, **FAST) as run:
            await ready(run, speech)
            assert await run.call("DataTransfer", {"vendorId": "x"}) == {
                "status": "UnknownVendorId"
            }
            assert await run.call("ClearCache", {}) == {"status": "Accepted"}
            with pytest.raises(CallError) as caught:
                await run.call(*speech.unknown())
            assert caught.value.code == "NotImplemented"

    play(scenario())


def test_a_payload_that_lacks_something_is_a_callerror(
    speech: Speech, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.support.fake_csms.check", lambda *_: None)

    async def scenario() -> None:
        async with simulated(speech.version, **FAST) as run:
            await ready(run, speech)
            with pytest.raises(CallError) as caught:
                await run.call(*speech.broken())
            assert caught.value.code == speech.bad_payload
            assert ID in {heard.station_id for heard in run.csms.heard}

    play(scenario())
