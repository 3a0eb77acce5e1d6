"""One simulated station: boots, keeps its heart beating, obeys, and owns its connectors."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Coroutine
from typing import Any

from ocpp_core import clock
from ocpp_core.simulator import settings
from ocpp_core.simulator.connectors import Connector
from ocpp_core.simulator.journal import Journal
from ocpp_core.simulator.link import Address, Backoff, Ears, Link
from ocpp_core.simulator.options import Options
from ocpp_core.simulator.outbox import Message, Offline, Outbox, Patience, Refused
from ocpp_core.simulator.outbox import read_object as as_object
from ocpp_core.simulator.presence import Presence
from ocpp_core.simulator.reports import ACCEPTED, Reports
from ocpp_core.simulator.sessions import Ending, RemoteStart, State, Token
from ocpp_core.simulator.settings import Setting, Settings
from ocpp_core.simulator.smart_charging import SmartCharging
from ocpp_core.simulator.summary import Statistics
from ocpp_core.simulator.versions import VERSIONS

_CALL, _RESULT, _ERROR = 2, 3, 4
_DRAIN_BEFORE_RESET_S = 5.0


class Station:
    """One station with its connectors and its line to the server."""

    def __init__(
        self,
        station_id: str,
        index: int,
        options: Options,
        statistics: Statistics,
        journal: Journal,
    ) -> None:
        self.id = station_id
        self.options = options
        self.statistics = statistics
        self.settings = Settings()
        self.charging = SmartCharging(self)
        self.rebooting = False
        self._rng = random.Random(  # noqa: S311 - cars, not secrets
            None if options.seed is None else f"{options.seed}:{station_id}"
        )
        version = VERSIONS[options.version]
        self.messages = version.messages()
        self._commands = version.commands(self)
        self.link = self._link(version.subprotocol, index)
        self.outbox = Outbox(self.link.send, self._patience(), statistics)
        self._presence = Presence(
            station_id, self.messages, self.outbox, self.settings, options.speed
        )
        self.ready = self._presence.ready
        self.reports = Reports(station_id, self.messages, self.outbox, statistics, journal)
        self.connectors = [
            Connector(self, number, Token(options.tag_of(index, number)), self._rng)
            for number in range(1, options.connectors + 1)
        ]
        self.settings.put(settings.CONNECTORS, str(options.connectors))
        self.settings.put(settings.SAMPLE, str(max(1, round(options.sample_s))))
        self._operative = True
        self._reset_when_idle = False
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()
        self._living: list[asyncio.Task[None]] = []
        self._stopped = False

    def _link(self, subprotocol: str, index: int) -> Link:
        options = self.options
        password = (options.credentials or {}).get(self.id)
        address = Address(options.url, self.id, password, subprotocol)
        backoff = Backoff(*options.reconnect_s, self._rng)
        wait_s = index / options.connects_per_s
        return Link(address, backoff, self.statistics, first_wait_s=wait_s)

    def _patience(self) -> Patience:
        return Patience(
            timeout_s=self.options.call_timeout_s,
            attempts=lambda: self.settings.number(settings.ATTEMPTS),
            retry_s=lambda: self.settings.number(settings.RETRY_S) / self.options.speed,
        )

    # -- its life ------------------------------------------------------------------------------

    async def run(self) -> None:
        """Live until stopped."""
        if self._stopped:
            return
        ears = Ears(self._opened, self._heard, self.outbox.disconnected)
        async with self._group:
            for job in (self.link.run(ears), self.outbox.run(), self._presence.heartbeats()):
                self._begin(job)
            self._start_connectors()

    async def stop(self, deadline_s: float) -> None:
        """End the run: stop transactions if asked, deliver what waits, close with 1000."""
        self._stopped = True
        self._stop_connectors(Ending.LOCAL if self.options.stop_transactions else None)
        if self.link.connected:
            await self.outbox.drain(deadline_s)
        self.statistics.undelivered += self.outbox.backlog
        await self.link.end()
        for task in list(self._tasks):
            task.cancel()

    def reboot(self, ending: Ending) -> None:
        """Stop all transactions, leave the net and come back as after power-up."""
        if not self.rebooting:
            self.rebooting = True
            self._begin(self._reboot(ending))

    def reboot_when_idle(self) -> None:
        """Reboot after the last transaction; no other begins before that."""
        self._reset_when_idle = True
        self.ready.clear()

    async def _reboot(self, ending: Ending) -> None:
        self._stop_connectors(ending)
        if ending is Ending.SOFT_RESET:
            await self.outbox.drain(_DRAIN_BEFORE_RESET_S)
        self._reset_when_idle = False
        self._presence.lose("RemoteReset")
        await self.link.rest(self.options.reboot_s / self.options.speed)
        self._start_connectors()

    def _start_connectors(self) -> None:
        if not self._stopped:
            self._living = [self._begin(connector.live()) for connector in self.connectors]

    def _stop_connectors(self, ending: Ending | None) -> None:
        for task in self._living:
            task.cancel()
        for connector in self.connectors:
            connector.power_down(ending)

    def _begin(self, job: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something beside the rest, until the station stops."""
        task = self._group.create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # -- the line to the server ----------------------------------------------------------------

    async def _opened(self) -> None:
        self.outbox.connected()
        await self._become_accepted()

    async def _become_accepted(self) -> None:
        await self._presence.establish()
        self.rebooting = False
        self._post_station_status()
        for connector in self.connectors:
            connector.tell_status()

    def boot_again(self) -> None:
        """Send a BootNotification because the server asked."""
        self._presence.boot_again(lambda: self._begin(self._become_accepted()))

    async def _heard(self, text: str) -> None:
        try:
            kind, message_id, *rest = json.loads(text)
        except (TypeError, ValueError):
            self.statistics.errors["unreadable message"] += 1
            return
        if kind == _CALL and len(rest) > 1:
            reply, after = self._commands.answer(message_id, str(rest[0]), rest[1])
            await self.link.send(reply)
            self.statistics.commands_answered += 1
            if after is not None:
                after()
        elif kind == _RESULT and rest:
            self.outbox.receive(message_id, as_object(rest[0]))
        elif kind == _ERROR and rest:
            self.outbox.receive(message_id, Refused(str(rest[0]), str(rest[1:2])))

    # -- what connectors and commands ask ------------------------------------------------------

    async def authorize(self, token: Token) -> str:
        """Ask the server about a tag; offline every tag is accepted."""
        try:
            answer = await self.outbox.call(self.messages.authorize(token))
        except Offline:
            return ACCEPTED
        except (Refused, TimeoutError):
            return "Invalid"
        return self.messages.verdict(answer)

    def connector(self, number: int) -> Connector | None:
        """Return a connector by its number."""
        return next((c for c in self.connectors if c.number == number), None)

    def named(self, number: int | None) -> list[Connector]:
        """Return the connector of a number, all without one, none for an unknown one."""
        return [c for c in self.connectors if number in (None, c.number)]

    def in_transaction(self, transaction_id: int | str) -> Connector | None:
        """Return the connector where a transaction is in progress."""
        for connector in self.connectors:
            transaction = connector.transaction
            if transaction and self.messages.transaction_id(transaction) == transaction_id:
                return connector
        return None

    def start_remotely(self, number: int | None, remote: RemoteStart) -> int | None:
        """Start at a connector, or the first free one; return its number, None when refused."""
        if not self.ready.is_set():
            return None
        taken = (c.number for c in self.named(number) if c.start_remotely(remote))
        return next(taken, None)

    def stop_remotely(self, transaction_id: int | str) -> bool:
        """Stop a transaction; False when there is no such one."""
        connector = self.in_transaction(transaction_id)
        return connector is not None and connector.end(Ending.REMOTE)

    def transaction_over(self, number: int) -> None:
        """Clear up after a transaction."""
        self.charging.end_transaction(number)
        if self._reset_when_idle and not any(c.transaction for c in self.connectors):
            self.reboot(Ending.HARD_RESET)

    def change_availability(self, number: int, operative: bool) -> str:
        """Change one connector, or with 0 all of them and the station; return the status."""
        connectors = self.named(number or None)
        if not connectors:
            return "Rejected"
        at_once = [connector.make_operative(operative) for connector in connectors]
        if number == 0:
            self._operative = operative
            self._post_station_status()
        return ACCEPTED if all(at_once) else "Scheduled"

    def statuses(self, connectors: list[Connector]) -> list[Message]:
        """Return the present status of connectors, and with all of them the station's."""
        now = clock.utcnow()
        own = (
            self.messages.station_status(self._state, now)
            if connectors == self.connectors
            else None
        )
        told = [self.messages.status(c.number, c.state, now) for c in connectors]
        return [own, *told] if own is not None else told

    def _post_station_status(self) -> None:
        message = self.messages.station_status(self._state, clock.utcnow())
        if message is not None:
            self.outbox.post(message)

    @property
    def _state(self) -> State:
        return State.AVAILABLE if self._operative else State.UNAVAILABLE

    def send_urgently(self, messages: list[Message]) -> None:
        """Send what the server triggered, even before it accepted the station."""
        for message in messages:
            durable = message.action == "TransactionEvent"
            self.outbox.post(message, durable=durable, urgent=not durable)

    def change_setting(self, setting: Setting, value: str) -> bool:
        """Change a setting for the server; False when it may not."""
        if not self.settings.change(setting, value):
            return False
        self._presence.interval_changed()
        for connector in self.connectors:
            connector.wake()
        return True
