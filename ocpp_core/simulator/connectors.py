"""A connector (1.6) or an EVSE with one connector (2.x): cars come, charge and leave."""

from __future__ import annotations

import asyncio
import math
import random
from typing import TYPE_CHECKING

from ocpp_core import clock
from ocpp_core.simulator import settings
from ocpp_core.simulator.options import Range
from ocpp_core.simulator.reports import ACCEPTED
from ocpp_core.simulator.sessions import Ending, RemoteStart, State, Token, Transaction
from ocpp_core.simulator.vehicle import Car, Meter, Reading

if TYPE_CHECKING:
    from ocpp_core.simulator.station import Station

_REGISTER_WH = (10_000.0, 5_000_000.0)
_DEPARTING = 0.2  # share of drivers who pull the plug instead of presenting the tag


class Connector:
    """One connector's life. Commands set what is wished; the connector's task acts on it."""

    def __init__(self, station: Station, number: int, token: Token, rng: random.Random) -> None:
        self.number = number
        self.state = State.AVAILABLE
        self.operative = True
        self.transaction: Transaction | None = None
        self._station = station
        self._token = token
        self._rng = rng
        self._meter = Meter(rng.uniform(*_REGISTER_WH), rng)
        self._car: Car | None = None
        self._remote: RemoteStart | None = None
        self._ending: Ending | None = None
        self._limit_changed = False
        self._wake = asyncio.Event()
        self._told = ""
        self._advanced_at = 0.0

    # -- what commands ask ---------------------------------------------------------------------

    def start_remotely(self, remote: RemoteStart) -> bool:
        """Begin a transaction for the server; False when the connector is not free."""
        free = self.state in {State.AVAILABLE, State.PREPARING} and self.transaction is None
        if not (self.operative and free and self._remote is None):
            return False
        self._remote = remote
        self._wake.set()
        return True

    def end(self, ending: Ending) -> bool:
        """End the transaction or the visit; False when there is no transaction."""
        self._ending = self._ending or ending
        self._wake.set()
        return self.transaction is not None

    def make_operative(self, operative: bool) -> bool:
        """Change the availability; False when a transaction delays it."""
        self.operative = operative
        if self.transaction is not None:
            return False
        if self.state in {State.AVAILABLE, State.UNAVAILABLE}:
            self._settle()
        self._wake.set()
        return True

    def catch_up(self) -> None:
        """Let the meter run up to now; called before a limit changes."""
        if self.transaction is not None and self._car is not None:
            now = asyncio.get_running_loop().time()
            seconds = (now - self._advanced_at) * self._station.options.speed
            self._advanced_at = now
            delivered = self._meter.advance(self._car, seconds, self._limit_w())
            self._station.statistics.energy_wh += delivered

    def limit_changed(self) -> None:
        """Notice another limit."""
        self._limit_changed = True
        self.wake()

    def wake(self) -> None:
        """Look at the settings again."""
        self._wake.set()

    def read(self) -> Reading:
        """Return what the meter shows now."""
        self.catch_up()
        return self._meter.read(clock.utcnow(), self._car)

    def tell_status(self) -> None:
        """Send the present status again."""
        self._told = ""
        self._show(self.state)

    def power_down(self, ending: Ending | None) -> None:
        """Stop at once; None leaves the transaction as if the power had failed."""
        self.catch_up()
        if ending is None:
            return
        self._finish(ending)
        self._remote, self._car = None, None
        self._settle()

    # -- the connector's own task --------------------------------------------------------------

    async def live(self) -> None:
        """Receive one car after the other, for ever."""
        while True:
            await self._until_wanted()
            await self._visit()

    async def _until_wanted(self) -> None:
        loop, speed = asyncio.get_running_loop(), self._station.options.speed
        come_at = loop.time() + self._draw(self._station.options.pause_s) / speed
        while self._remote is None:
            await self._station.ready.wait()
            left_s = (come_at - loop.time()) * speed
            if self.operative and left_s <= 0:
                return
            await self._wait(left_s if self.operative else None)

    async def _visit(self) -> None:
        options = self._station.options
        self._ending = None
        self._car = Car.arriving(self._rng)
        self._show(State.PREPARING)
        await self._wait(self._draw(options.plug_s))
        token = await self._permitted()
        if token is not None and self._ending is None and self.operative:
            self._begin(token)
            self._finish(await self._charge())
            self._show(State.FINISHING)
            await self._wait(self._draw(options.unplug_s))
        self._car, self._remote = None, None
        self._settle()

    async def _permitted(self) -> Token | None:
        remote = self._remote
        if remote is not None and not self._station.settings.flag(settings.REMOTE_AUTHORIZE):
            return remote.token
        token = self._token if remote is None else remote.token
        verdict = await self._station.authorize(token)
        if self._remote is not remote and self._remote is not None:
            return self._remote.token  # the server's wish came while we asked
        if verdict != ACCEPTED:
            self._station.statistics.sessions_refused += 1
            return None
        return token

    def _begin(self, token: Token) -> None:
        reading = self._meter.read(clock.utcnow(), self._car)
        transaction = Transaction(self.number, token, reading, self._remote)
        self.transaction = transaction
        self._limit_changed = False
        self._advanced_at = asyncio.get_running_loop().time()

        def refused() -> None:
            self._station.statistics.sessions_refused += 1
            if self.transaction is transaction:
                self.end(Ending.DEAUTHORIZED)

        self._station.reports.started(transaction, refused)
        self._change(State.CHARGING)

    async def _charge(self) -> Ending:
        loop, speed = asyncio.get_running_loop(), self._station.options.speed
        leave_at = loop.time() + self._draw(self._station.options.stay_s) / speed
        sampled_at = loop.time()
        while self._ending is None:
            sample_at = sampled_at + self._sample_s() / speed
            await self._wait((min(leave_at, sample_at) - loop.time()) * speed)
            self.catch_up()
            self._react()
            if self._ending is None and loop.time() >= leave_at:
                self._ending = self._drivers_way()
            elif self._ending is None and loop.time() >= sample_at:
                sampled_at = loop.time()
                self._sample()
        return self._ending

    def _react(self) -> None:
        if self._car is None or self._ending is not None:
            return
        state = State.CHARGING
        if self._car.full:
            state = State.SUSPENDED_EV
        elif self._limit_w() <= 0.0:
            state = State.SUSPENDED_EVSE
        if state is not self.state:
            self._change(state)
        elif self._limit_changed and self.transaction is not None:
            self._station.reports.limit_changed(self.transaction, state, self.read())
        self._limit_changed = False

    def _sample(self) -> None:
        if self.transaction is not None:
            self._station.reports.sampled(self.transaction, self.state, self.read())

    def _finish(self, ending: Ending) -> None:
        if self.transaction is None:
            return
        self.catch_up()
        self._meter.switch_off()
        reading = self._meter.read(clock.utcnow(), self._car)
        self._station.reports.ended(self.transaction, ending, reading)
        self.transaction = None
        self._station.transaction_over(self.number)

    def _change(self, state: State) -> None:
        self._show(state)
        if self.transaction is not None:
            self._station.reports.state_changed(self.transaction, state, self.read())

    def _show(self, state: State) -> None:
        self.state = state
        word = self._station.messages.status_word(state)
        if word != self._told and self._station.outbox.open:
            self._told = word
            message = self._station.messages.status(self.number, state, clock.utcnow())
            self._station.outbox.post(message)

    def _settle(self) -> None:
        self._show(State.AVAILABLE if self.operative else State.UNAVAILABLE)

    def _limit_w(self) -> float:
        begun = None if self.transaction is None else self.transaction.begin.at
        return self._station.charging.limit_w(self.number, begun)

    def _sample_s(self) -> float:
        return self._station.settings.number(settings.SAMPLE) or math.inf

    def _drivers_way(self) -> Ending:
        return Ending.DEPARTED if self._rng.random() < _DEPARTING else Ending.LOCAL

    def _draw(self, span: Range) -> float:
        return self._rng.uniform(*span)

    async def _wait(self, seconds: float | None) -> bool:
        """Wait some of the station's seconds; True when something was wished meanwhile."""
        wait_s = None if seconds is None else max(0.0, seconds) / self._station.options.speed
        try:
            async with asyncio.timeout(wait_s):
                await self._wake.wait()
        except TimeoutError:
            return False
        self._wake.clear()
        return True
