"""Whether the server wants the station: BootNotification until accepted, then heartbeats."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ocpp_core.simulator import settings
from ocpp_core.simulator.messages import Messages
from ocpp_core.simulator.outbox import Offline, Outbox, Payload, Refused
from ocpp_core.simulator.reports import ACCEPTED
from ocpp_core.simulator.settings import Settings

_RETRY_S = 60  # the server left the interval to us


class Presence:
    """Boots and keeps the heart beating.

    `ready` is set while sessions may begin. Once accepted a station stays so when it connects
    again, until it reboots.
    """

    def __init__(
        self, serial: str, messages: Messages, outbox: Outbox, table: Settings, speed: float
    ) -> None:
        self.ready = asyncio.Event()
        self._serial = serial
        self._messages = messages
        self._outbox = outbox
        self._settings = table
        self._speed = speed
        self._accepted = False
        self._reason = "PowerUp"
        self._boot_now = asyncio.Event()
        self._booting = asyncio.Lock()
        self._beating = False
        self._interval_changed = asyncio.Event()

    def lose(self, reason: str) -> None:
        """Be a station that has not booted; `reason` is the BootReason of the next boot."""
        self._reason = reason
        self._set_accepted(False)

    async def establish(self) -> None:
        """Boot until the server accepts the station; called on each new connection."""
        self._boot_now.set()  # whoever waits with an attempt on an older connection
        async with self._booting:
            while not self._accepted:
                self._boot_now.clear()
                interval_s = await self._boot(self._reason)
                if not self._accepted:
                    await self._pause(self._boot_now, interval_s)
            self._set_accepted(True)

    def boot_again(self, refused: Callable[[], object]) -> None:
        """Send a BootNotification because the server asked; tell when it refuses then."""
        if not self._accepted:
            self._boot_now.set()
            return

        def answered(answer: Payload) -> None:
            self._take(answer)
            if not self._accepted:
                self._set_accepted(False)
                refused()

        self._outbox.post(self._messages.boot(self._serial, "Triggered"), answered, urgent=True)

    def interval_changed(self) -> None:
        """Notice another heartbeat interval."""
        self._interval_changed.set()

    async def heartbeats(self) -> None:
        """Send heartbeats for ever."""
        while True:
            interval_s = self._settings.number(settings.HEARTBEAT)
            if await self._pause(self._interval_changed, interval_s or None):
                self._interval_changed.clear()
            elif self._outbox.open and not self._beating:
                self._beat()

    def _beat(self) -> None:
        def settled(_: object) -> None:
            self._beating = False

        self._beating = True
        self._outbox.post(self._messages.heartbeat(), settled, on_failure=settled)

    def _set_accepted(self, accepted: bool) -> None:
        self._accepted = accepted
        self._outbox.admit(accepted)
        if accepted:
            self.ready.set()
        else:
            self.ready.clear()

    async def _boot(self, reason: str) -> int:
        """Send a BootNotification; return the seconds until the next one where it needs one."""
        try:
            answer = await self._outbox.call(self._messages.boot(self._serial, reason), urgent=True)
        except (Offline, Refused, TimeoutError):
            return _RETRY_S
        return self._take(answer)

    def _take(self, answer: Payload) -> int:
        interval_s = int(answer.get("interval") or 0)
        self._accepted = answer.get("status") == ACCEPTED
        if self._accepted and interval_s > 0:
            self._settings.put(settings.HEARTBEAT, str(interval_s))
            self._interval_changed.set()
        return interval_s or _RETRY_S

    async def _pause(self, event: asyncio.Event, seconds: float | None) -> bool:
        """Wait some of the station's seconds; True when the event ended the wait."""
        try:
            async with asyncio.timeout(None if seconds is None else seconds / self._speed):
                await event.wait()
        except TimeoutError:
            return False
        return True
