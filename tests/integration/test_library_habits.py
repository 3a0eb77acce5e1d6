"""The station made of the `ocpp` library by itself: it plays and obeys as its options say."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.integration.simulator.harness import Speech, Speech16, Speech21, Speech201, play
from tests.support.fake_csms import CallError, FakeCsms

SCRIPT = Path(__file__).parents[1] / "support" / "library_station.py"


class Process:
    """The station's process and what it told."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def until(self, event: str) -> dict[str, Any]:
        """Read lines up to one event."""
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            told: dict[str, Any] = json.loads(line)
            if told["event"] == event:
                return told
        raise AssertionError(f"{event} was not told")

    async def say(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        await self._process.stdin.drain()

    async def exit_status(self) -> int:
        """Wait for its end."""
        return await self._process.wait()


@asynccontextmanager
async def library_station(csms: FakeCsms, *arguments: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(SCRIPT),
        *("--url", csms.url, "--id", "CP1", "--version", csms.version, *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Process(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.parametrize(
    "speech", [Speech16(), Speech201(), Speech21()], ids=lambda speech: speech.version
)
def test_the_library_plays_a_session_and_obeys_as_told(speech: Speech) -> None:
    async def scenario() -> None:
        async with (
            FakeCsms(speech.version) as csms,
            library_station(csms, "--password", "secret") as station,
        ):
            await station.until("ready")
            assert csms.headers[0]["Authorization"].startswith("Basic ")
            assert len(speech.starts(csms)) == len(speech.stops(csms)) == 1
            for mode in ("accept", "reject"):
                await station.say(f"mode {mode}")
                await station.until("mode")
                replies = [await csms.call("CP1", *request) for request in commands(speech)]
                assert [reply["status"] for reply in replies] == ANSWERS[mode]
            assert (await speech.stopped(csms, count=2))[0] == "Remote"
            await station.say("mode callerror")
            await station.until("mode")
            with pytest.raises(CallError) as caught:
                await csms.call("CP1", *speech.reset())
            assert caught.value.code == "InternalError"
            await station.say("mode disconnect")
            await station.until("mode")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(csms.call("CP1", *speech.reset()), 0.1)
            assert (await station.until("closed"))["code"] == 1006
            assert await station.exit_status() == 0

    play(scenario())


def test_silence_lasts_until_the_end() -> None:
    async def scenario() -> None:
        async with (
            FakeCsms("1.6") as csms,
            library_station(csms, "--mode", "silence", "--session", "none") as station,
        ):
            await station.until("ready")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(csms.call("CP1", "Reset", {"type": "Soft"}), 0.1)
            assert (await station.until("command"))["mode"] == "silence"
            await station.say("end")
            assert (await station.until("closed"))["code"] == 1000
            assert await station.exit_status() == 0

    play(scenario())


ANSWERS = {
    "accept": ["Accepted", "Unlocked", *["Accepted"] * 6],
    "reject": ["Rejected", "UnlockFailed", "Rejected", "Unknown", *["Rejected"] * 4],
}


def commands(speech: Speech) -> list[tuple[str, dict[str, Any]]]:
    """Return every command of the library station; it stops a transaction it does not know."""
    return [
        speech.reset(),
        speech.unlock(1),
        speech.limit(1, 2000),
        speech.clear(1),
        speech.start(1),
        speech.stop(speech.unknown_transaction()),
        speech.available(1, operative=False),
        speech.trigger("Heartbeat"),
    ]
