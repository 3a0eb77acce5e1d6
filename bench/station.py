"""One measured station: connects, says one thing at a time, answers commands."""

from __future__ import annotations

import json
import socket
import time

from . import messages, wire

_ANSWERS = {"UnlockConnector": '{"status":"Unlocked"}'}


class Refused(Exception):
    """The server did something that makes the measurement worthless."""


class Station:
    """A station of OCPP 1.6 on a socket that never blocks; its owner waits for the socket."""

    __slots__ = (
        *("_rest", "_upgraded", "asked", "count", "id", "offset", "sent_at", "socket"),
        "transaction",
    )

    def __init__(self, station_id: str, offset: int = 0) -> None:
        self.id = station_id
        self.offset = offset  # where in the mix it begins: not all say the same at a time
        self.count = 0  # messages said
        self.transaction = 0
        self.asked = ""  # the action that was not answered yet
        self.sent_at = 0.0
        self.socket = socket.socket()
        self._rest = b""
        self._upgraded = False

    def connect(self, port: int) -> None:
        """Connect and ask for the upgrade; the boot follows by itself."""
        self.socket.close()
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self._rest, self._upgraded = b"", False
        self.asked, self.sent_at = "Upgrade", time.perf_counter()
        self.socket.send(wire.upgrade(f"/OCPP/{self.id}"))

    def say(self, action: str) -> None:
        """Send a CALL; the next one has to wait for its answer."""
        self.count += 1
        text = f'[2,"{self.id}-{self.count}","{action}",{self._payload(action)}]'
        self.asked, self.sent_at = action, time.perf_counter()
        self.socket.send(wire.frame(text.encode()))

    def say_next(self) -> None:
        """Send the next CALL of the mix."""
        self.say(messages.MIX[(self.count + self.offset) % len(messages.MIX)])

    def hear(self) -> str:
        """Read what came; returns the action that was answered now, or nothing.

        Raises Refused when the server refuses, breaks off or answers with an error.
        """
        data = self.socket.recv(65536)
        if not data:
            raise Refused(f"{self.id}: the server closed the connection")
        self._rest += data
        if not self._upgraded:
            return self._finish_upgrade()
        frames, self._rest = wire.split(self._rest)
        answered = ""
        for opcode, payload in frames:
            answered = self._take(opcode, payload) or answered
        return answered

    def _finish_upgrade(self) -> str:
        head, end, rest = self._rest.partition(b"\r\n\r\n")
        if end and not head.startswith(b"HTTP/1.1 101"):
            raise Refused(f"{self.id}: {head[:200].decode(errors='replace')}")
        if end:
            self._upgraded, self._rest = True, rest
            self.say("BootNotification")
        return ""

    def _take(self, opcode: int, payload: bytes) -> str:
        if opcode == wire.TEXT and payload.startswith(b"[3,"):
            return self._take_answer(payload)
        if opcode == wire.TEXT and payload.startswith(b"[2,"):
            self._obey(payload)
        elif opcode == wire.PING:
            self.socket.send(wire.frame(payload, wire.PONG))
        elif opcode != wire.PONG:
            raise Refused(f"{self.id}: got {payload[:200]!r} for {self.asked}")
        return ""

    def _take_answer(self, payload: bytes) -> str:
        answered, self.asked = self.asked, ""
        if answered == "StartTransaction":
            self.transaction = json.loads(payload)[2]["transactionId"]
        return answered

    def _obey(self, payload: bytes) -> None:
        _, message_id, action, _ = json.loads(payload)
        answer = _ANSWERS.get(action)
        if answer is None:
            text = f'[4,"{message_id}","NotSupported","",{{}}]'
        else:
            text = f'[3,"{message_id}",{answer}]'
        self.socket.send(wire.frame(text.encode()))

    def _payload(self, action: str) -> str:
        if action == "MeterValues":
            return messages.meter_values(self.transaction, self.count)
        if action == "StatusNotification":
            return messages.status(self.count)
        if action == "BootNotification":
            return messages.boot(self.id)
        if action == "StartTransaction":
            return messages.start()
        if action == "StopTransaction":
            return messages.stop(self.transaction, self.count)
        return "{}"
