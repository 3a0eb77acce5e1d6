"""The connection of one station: its green thread reads, answers, and hands answers over."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from .. import clock, context
from ..errors import Kind, NotFound, StorageUnavailable, Violation
from ..protocol.base import BOOT, Handlers
from ..rpc import frames
from ..rpc.exchange import Answered, Exchange, Ignored, Retries, digest
from ..rpc.frames import Call, Malformed, Send
from ..services import stations
from ..services.message_log import MessageLog
from .calls import Answer, Calls
from .journal import Journal, Reply
from .transport import ConnectionClosed, WebSocket

log = logging.getLogger(__name__)

GOING_AWAY, POLICY_VIOLATION, INTERNAL_ERROR = 1001, 1008, 1011  # RFC 6455, 7.4.1
TRY_AGAIN_LATER = 1013  # registered with IANA after RFC 6455
SILENT_HEARTBEATS = 3  # nothing said for so many intervals: offline, though pings are answered
LOST_PINGS = 2.5  # intervals of silence in which two pings were missed


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a connection is watched (seconds)."""

    ping_interval_s: float = 60
    heartbeat_interval_s: float = 300

    @property
    def tick_s(self) -> float:
        """How long to wait for a message before looking after the connection."""
        return min(self.ping_interval_s or self.heartbeat_interval_s, self.heartbeat_interval_s)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a connection needs of the process around it."""

    message_log: MessageLog
    seen: Callable[[str], None]  # a message of the station arrived
    fell_silent: Callable[[str], None]
    spoke_again: Callable[[str], None]
    pulse: Pulse = Pulse()


class Connection:
    """One WebSocket of one station. `run` is the only reader; any thread may `call` or `close`."""

    def __init__(
        self,
        websocket: WebSocket,
        handlers: Handlers,
        retries: Retries,
        around: Surroundings,
        arrival: int = 0,
    ) -> None:
        self.station_id = handlers.station_id
        self.handlers = handlers
        self.arrival = arrival  # its number at the door
        self._websocket = websocket
        self._exchange = Exchange(handlers.types)
        self._retries = retries
        self._around = around
        self._journal = Journal(self.station_id, handlers.version, around.message_log)
        self._calls = Calls(websocket, self._exchange, self._journal)
        self._in_hand = threading.Lock()  # held while a message is handled
        self._leaving = False  # nothing more is taken in hand
        self._closing = False
        self._silent = False
        self._stale = False
        self._last_message = time.monotonic()
        self._last_ping = time.monotonic()
        self.since = clock.utcnow()

    @property
    def version(self) -> str:
        """The OCPP version that is spoken."""
        return self.handlers.version

    # --- reading ------------------------------------------------------------------------------

    def run(self) -> str:
        """Read and answer until the connection ends; returns why it did."""
        context.station.set(self.station_id)
        try:
            while not self._closing:
                text = self._websocket.receive(self._around.pulse.tick_s)
                if text is None:
                    self._look_after()
                else:
                    self._take(text)
        except ConnectionClosed as end:
            return f"closed {end}"
        except Exception:
            log.exception("connection failed")
            self._websocket.close(INTERNAL_ERROR)
            return "internal error"
        finally:
            self._end_waiting()
        return "closed by us"

    def _take(self, text: str) -> None:
        with self._in_hand:
            if self._leaving:
                return  # not answered: the station sends it again to whom it finds next
            self._last_message = time.monotonic()
            self._around.seen(self.station_id)
            self._catch_up()
            received = self._exchange.receive(text)
            if isinstance(received, Call):
                self._answer(received)
            elif isinstance(received, Answered):
                self._calls.hand_over(received)
            elif isinstance(received, Malformed):
                self._refuse(received, text)
            elif isinstance(received, Send):
                self._take_unconfirmed(received)
            else:
                self._note_ignored(received)
        self._do_later()

    def _catch_up(self) -> None:
        """Note what changed since the last message: the record, or that there was none for long."""
        if self._silent:
            self._silent = False
            self._around.spoke_again(self.station_id)
        if self._stale:
            self._read_profile()

    def _read_profile(self) -> None:
        self._stale = False  # before: what is edited meanwhile is read with the next message
        try:
            self.handlers.profile = stations.profile(self.station_id)
        except NotFound:
            self._end(POLICY_VIOLATION, "removed")
        except StorageUnavailable as error:  # the next message tries again
            self._stale = True
            log.warning("record not read again", extra={"reason": str(error)})

    def refresh(self) -> None:
        """Read the station's record again before the next message."""
        self._stale = True

    def _answer(self, call: Call) -> None:
        started, at = time.perf_counter(), clock.utcnow()
        known = self._recall(call)
        if known is not None:
            log.info("repeated message answered as before", extra={"action": call.action})
            self._websocket.send(known)
            return
        reply = self._reply(call)
        self._websocket.send(reply.text)
        self._journal.asked(call, reply, at, time.perf_counter() - started)

    def _recall(self, call: Call) -> str | None:
        if call.action in self.handlers.repeatable or call.message_id not in self._retries:
            return None
        fingerprint = digest(call.payload)
        return self._retries.recall(call.message_id, call.action, fingerprint, time.monotonic())

    def _reply(self, call: Call) -> Reply:
        """Handle a CALL and return what answers it."""
        if call.action == BOOT:
            self._begin_anew()
        try:
            payload = self.handlers.answer(call.action, call.payload)
        except Violation as violation:
            return self._error(call.message_id, violation.kind, violation.description)
        except NotFound:  # the record was removed since it was read
            self._end(POLICY_VIOLATION, "removed")
        except Exception as error:
            if isinstance(error, StorageUnavailable) and call.action in self.handlers.keeps:
                log.warning("message not stored", extra={"reason": str(error)})
                self._end(TRY_AGAIN_LATER, "try again later")
            log.exception("handler failed", extra={"action": call.action})
            return self._error(call.message_id, Kind.INTERNAL, "internal error")
        text = frames.result(call.message_id, payload)
        if call.action not in self.handlers.repeatable:
            fingerprint = digest(call.payload)
            now = time.monotonic()
            self._retries.remember(call.message_id, call.action, fingerprint, text, now)
        return Reply(text, payload)

    def _begin_anew(self) -> None:
        """Forget what a restart of the station makes void: ids begin again, the record may differ.

        Other processes change records too, without an event that would be heard here.
        """
        self._retries.forget()
        self._read_profile()

    def _refuse(self, malformed: Malformed, text: str) -> None:
        reply = self._error(malformed.message_id, malformed.kind, malformed.description)
        log.warning("message not readable", extra={"reason": malformed.description})
        self._websocket.send(reply.text)
        self._journal.unreadable(malformed.message_id, text, reply, clock.utcnow())

    def _error(self, message_id: str, kind: Kind, description: str) -> Reply:
        code = self.handlers.code(kind)
        return Reply(frames.error(message_id, code, description), [description, {}], code)

    def _take_unconfirmed(self, message: Send) -> None:
        """Handle a SEND of OCPP 2.1, which nothing answers."""
        started, at = time.perf_counter(), clock.utcnow()
        call = Call(message.message_id, message.action, message.payload)
        self._journal.asked(call, self._reply(call), at, time.perf_counter() - started)

    def _note_ignored(self, ignored: Ignored) -> None:
        log.warning(
            "message ignored",
            extra={
                "reason": ignored.reason,
                "message_id": ignored.message_id,
                "code": ignored.code,
            },
        )

    def _do_later(self) -> None:
        for function in self.handlers.take_later():
            threading.Thread(
                target=self._in_context, args=(function,), name="later", daemon=True
            ).start()

    def _in_context(self, function: Callable[[], None]) -> None:
        context.station.set(self.station_id)
        try:
            function()
        except Exception:
            log.exception("work after a reply failed")

    def _look_after(self) -> None:
        """Ping; end a dead connection; note a station that answers pings but says nothing."""
        pulse, now = self._around.pulse, time.monotonic()
        silence = now - self._websocket.last_heard
        if pulse.ping_interval_s:
            if silence >= LOST_PINGS * pulse.ping_interval_s:
                self._websocket.close(POLICY_VIOLATION, "no answer to pings")
                raise ConnectionClosed(1006, "no answer to pings")
            if now - self._last_ping >= 0.9 * pulse.ping_interval_s:
                self._last_ping = now
                self._websocket.ping()
        quiet = now - self._last_message
        if quiet >= SILENT_HEARTBEATS * pulse.heartbeat_interval_s and not self._silent:
            self._silent = True
            self._around.fell_silent(self.station_id)

    # --- calling ------------------------------------------------------------------------------

    def call(self, action: str, payload: dict[str, Any], deadline: float) -> Answer:
        """Send a CALL and wait for its answer until `deadline`: see `Calls.call`."""
        return self._calls.call(action, payload, deadline)

    # --- ending -------------------------------------------------------------------------------

    def _end(self, code: int, reason: str) -> NoReturn:
        """Close instead of answering the message in hand, which the station may send again."""
        self._websocket.close(code, reason)
        raise ConnectionClosed(code, reason)

    def _end_waiting(self) -> None:
        """Let all who wait for this station know at once that it is gone."""
        self._leaving = self._closing = True
        self._calls.end()

    def replace(self) -> None:
        """Make room for a newer connection of the same station."""
        self._end_waiting()
        self._websocket.close(POLICY_VIOLATION, "replaced by a newer connection")

    def close(self, code: int, reason: str, patience_s: float = 1.5) -> None:
        """Close after the message in hand is answered; who waits for the station is told."""
        self._leaving = True
        finished = self._in_hand.acquire(timeout=patience_s)
        try:
            self._end_waiting()
            self._websocket.close(code, reason)
        finally:
            if finished:
                self._in_hand.release()
