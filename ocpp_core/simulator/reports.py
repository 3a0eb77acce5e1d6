"""What a station tells of its transactions, and what the server answers to it."""

from __future__ import annotations

from collections.abc import Callable

from ocpp_core import clock
from ocpp_core.simulator.journal import Journal
from ocpp_core.simulator.messages import Messages
from ocpp_core.simulator.outbox import Message, Outbox, Payload
from ocpp_core.simulator.sessions import Ending, State, Transaction
from ocpp_core.simulator.summary import Statistics
from ocpp_core.simulator.vehicle import Reading

ACCEPTED = "Accepted"
_MAX_BACKLOG = 1000  # beyond it meter values are dropped, as OCPP allows


class Reports:
    """Queues the transaction messages of one station, in the order of what happened."""

    def __init__(
        self,
        station_id: str,
        messages: Messages,
        outbox: Outbox,
        statistics: Statistics,
        journal: Journal,
    ) -> None:
        self._station_id = station_id
        self._messages = messages
        self._outbox = outbox
        self._statistics = statistics
        self._journal = journal

    def started(self, transaction: Transaction, on_refused: Callable[[], None]) -> None:
        """Report a start; `on_refused` is called when the server does not accept the tag."""

        def answered(answer: Payload) -> None:
            self._messages.note_started(transaction, answer)
            self._statistics.starts_answered += 1
            verdict = self._messages.verdict(answer)
            self._note("start", transaction, transaction.begin, verdict)
            if verdict != ACCEPTED:
                on_refused()

        self._statistics.sessions_started += 1
        self._statistics.charging += 1
        message = self._messages.started(transaction, offline=self._offline)
        self._outbox.post(message, answered, durable=True)

    def state_changed(self, transaction: Transaction, state: State, reading: Reading) -> None:
        """Report another charging state."""
        self._post(self._messages.state_changed(transaction, state, reading, offline=self._offline))

    def limit_changed(self, transaction: Transaction, state: State, reading: Reading) -> None:
        """Report that a limit changed the charging rate."""
        self._post(self._messages.limit_changed(transaction, state, reading, offline=self._offline))

    def sampled(self, transaction: Transaction, state: State, reading: Reading) -> None:
        """Report a meter value; it is dropped when too much waits already."""
        if self._outbox.backlog >= _MAX_BACKLOG:
            self._statistics.samples_dropped += 1
            return
        self._post(self._messages.sampled(transaction, state, reading, offline=self._offline))

    def ended(self, transaction: Transaction, ending: Ending, reading: Reading) -> None:
        """Report the end."""

        def answered(answer: Payload) -> None:
            self._statistics.stops_answered += 1
            self._note("stop", transaction, reading, self._messages.verdict(answer))

        self._statistics.sessions_finished += 1
        self._statistics.charging -= 1
        message = self._messages.ended(transaction, ending, reading, offline=self._offline)
        self._outbox.post(message, answered, durable=True)

    @property
    def _offline(self) -> bool:
        return not self._outbox.open

    def _post(self, message: Message | None) -> None:
        if message is not None:
            self._outbox.post(message, durable=True)

    def _note(self, kind: str, transaction: Transaction, reading: Reading, verdict: str) -> None:
        self._journal.write(
            station_id=self._station_id,
            kind=kind,
            transaction_id=self._messages.transaction_id(transaction),
            connector=transaction.connector,
            meter_wh=reading.energy_wh,
            timestamp=clock.wire(reading.at),
            tag=transaction.token.text,
            status=verdict,
        )
