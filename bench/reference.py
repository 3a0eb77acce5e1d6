"""The reference: a central system of the `ocpp` library, asyncio, `websockets` and aiosqlite.

Made as their documentation shows: a ChargePoint with `@on` handlers, `await charge_point.start()`
for each connection, validation left on. `python -m bench.reference PORT DATABASE`. Unlike the
examples it does not log each message, and it takes as many connections at once as this server.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action, AuthorizationStatus, RegistrationStatus
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from .reference_store import Sample, Store, milliseconds

COMMANDS = "/commands/unlock-connector/"
HEARTBEAT_S = 300
BACKLOG = 4096


def now() -> str:
    """Return the present moment as it goes on the wire."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


class CentralSystem(ChargePoint):  # type: ignore[misc]  # the library is untyped
    """One station's connection at the reference."""

    def __init__(self, station_id: str, connection: Any, store: Store) -> None:
        super().__init__(station_id, connection)
        self._store = store

    @on(Action.boot_notification)
    async def on_boot_notification(self, **said: Any) -> Any:
        await self._store.boot(self.id, said)
        return call_result.BootNotification(
            current_time=now(), interval=HEARTBEAT_S, status=RegistrationStatus.accepted
        )

    @on(Action.heartbeat)
    async def on_heartbeat(self) -> Any:
        return call_result.Heartbeat(current_time=now())

    @on(Action.status_notification)
    async def on_status_notification(
        self,
        connector_id: int,
        error_code: str,
        status: str,
        timestamp: str | None = None,
        **_: Any,
    ) -> Any:
        at = milliseconds(timestamp or now())
        await self._store.status(self.id, connector_id, status, error_code, at)
        return call_result.StatusNotification()

    @on(Action.meter_values)
    async def on_meter_values(
        self, connector_id: int, meter_value: list[Any], transaction_id: int | None = None
    ) -> Any:
        samples = [
            Sample(
                milliseconds(entry["timestamp"]),
                sampled.get("measurand", "Energy.Active.Import.Register"),
                sampled.get("phase", ""),
                sampled.get("unit", "Wh"),
                float(sampled["value"]),
            )
            for entry in meter_value
            for sampled in entry["sampled_value"]
        ]
        await self._store.meter(self.id, connector_id, transaction_id, samples)
        return call_result.MeterValues()

    @on(Action.start_transaction)
    async def on_start_transaction(
        self, connector_id: int, id_tag: str, meter_start: int, timestamp: str, **_: Any
    ) -> Any:
        at = milliseconds(timestamp)
        number = await self._store.start(self.id, connector_id, id_tag, meter_start, at)
        return call_result.StartTransaction(
            transaction_id=number, id_tag_info={"status": AuthorizationStatus.accepted}
        )

    @on(Action.stop_transaction)
    async def on_stop_transaction(
        self,
        transaction_id: int,
        meter_stop: int,
        timestamp: str,
        id_tag: str | None = None,
        reason: str | None = None,
        **_: Any,
    ) -> Any:
        at = milliseconds(timestamp)
        await self._store.stop(transaction_id, id_tag, meter_stop, at, reason)
        return call_result.StopTransaction(id_tag_info={"status": AuthorizationStatus.accepted})


class Server:
    """All connections of the reference, and its commands by HTTP on the same port."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stations: dict[str, CentralSystem] = {}

    async def on_connect(self, connection: ServerConnection) -> None:
        """Run one connection to its end."""
        path = connection.request.path if connection.request else ""
        station_id = path.rpartition("/")[2]
        station = CentralSystem(station_id, connection, self._store)
        self._stations[station_id] = station
        with suppress(ConnectionClosed):
            await station.start()

    async def on_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Send a command for a plain HTTP request; all others become WebSockets."""
        if not request.path.startswith(COMMANDS):
            return None
        station = self._stations[request.path.removeprefix(COMMANDS)]
        answer = await station.call(call.UnlockConnector(connector_id=1))
        return connection.respond(HTTPStatus.OK, json.dumps({"status": answer.status}))


async def main(port: int, database: str) -> None:
    """Serve until SIGTERM."""
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    store = await Store.open(database)
    server = Server(store)
    async with serve(
        server.on_connect,
        "127.0.0.1",
        port,
        subprotocols=[Subprotocol("ocpp1.6")],
        process_request=server.on_request,
        backlog=BACKLOG,
    ):
        await ending.wait()
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
