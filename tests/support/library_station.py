"""A station made of the `ocpp` library: an independent peer, in a process of its own.

    python tests/support/library_station.py --url ws://127.0.0.1:8081/OCPP --id CP1 --version 2.0.1

It plays a session, then answers commands as `--mode` says until it is killed, standard input ends,
or a line `end` comes. A line `mode reject` changes the mode. In mode accept it also does what the
server asked: it starts and stops transactions.

What it does and gets goes to standard output, one JSON object a line, with the member `event`:
connected (subprotocol), answered (action, answer), refused (action, code, description), ready,
command (action, payload, mode), mode (mode), closed (code). Status 1: it failed, see standard
error.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import logging
import os
import threading
from typing import Any
from urllib.parse import quote

from library_habits import MODES, STATIONS, tell  # beside this script
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol


class Orders:
    """What standard input says: the mode, and when to end."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.station: Any = None
        self.ended = asyncio.Event()

    def obey(self, line: str) -> None:
        """Follow one line; what is no order is ignored."""
        word, _, mode = line.partition(" ")
        if word == "end":
            self.ended.set()
        elif word == "mode" and mode in MODES:
            self.mode = mode
            if self.station is not None:
                self.station.mode = mode
            tell("mode", mode=mode)


async def main(options: argparse.Namespace) -> None:
    """Connect, play the session and obey until the end, with --again after a disconnect too."""
    orders = Orders(options.mode)
    listen_to_input(orders)
    first = True
    while first or (options.again and not orders.ended.is_set()):
        await live(options, orders, plays=first)
        first = False


async def live(options: argparse.Namespace, orders: Orders, *, plays: bool) -> None:
    """Live as long as one connection."""
    async with open_connection(options) as socket:
        tell("connected", subprotocol=socket.subprotocol)
        station = STATIONS[options.version](options.id, socket, response_timeout=10)
        try:
            async with asyncio.TaskGroup() as group:
                reading = group.create_task(read(station))
                if plays and options.session != "none":
                    await station.session(options.tag, whole=options.session == "full")
                else:
                    await station.ask("Heartbeat")  # now the server knows this connection
                orders.station, station.mode = station, orders.mode
                tell("ready")
                ending = asyncio.ensure_future(orders.ended.wait())
                await asyncio.wait({reading, ending}, return_when=asyncio.FIRST_COMPLETED)
                reading.cancel()
                ending.cancel()
        finally:
            await socket.close()
    tell("closed", code=socket.close_code)


def open_connection(options: argparse.Namespace) -> connect:
    """Return the connection to enter."""
    headers = {}
    if options.password is not None:
        pair = f"{options.username or options.id}:{options.password}".encode()
        headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
    return connect(
        f"{options.url.rstrip('/')}/{quote(options.id, safe='')}",
        subprotocols=[Subprotocol("ocpp" + options.version)],
        additional_headers=headers,
        proxy=None,
    )


async def read(station: Any) -> None:
    """Read until the connection is lost."""
    try:
        await station.start()
    except ConnectionClosed as error:
        logging.getLogger(__name__).debug("connection closed: %s", error)


def listen_to_input(orders: Orders) -> None:
    """Hand over the lines of standard input; its end is the order to end."""
    loop = asyncio.get_running_loop()

    def listen() -> None:
        buffer = b""
        while data := os.read(0, 1024):
            *lines, buffer = (buffer + data).split(b"\n")
            for line in lines:
                loop.call_soon_threadsafe(orders.obey, line.decode().strip())
        loop.call_soon_threadsafe(orders.ended.set)

    threading.Thread(target=listen, daemon=True).start()


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--url", required=True)
    parser.add_argument("--id", required=True)
    parser.add_argument("--version", required=True, choices=STATIONS)
    parser.add_argument("--username")
    parser.add_argument("--password")
    parser.add_argument("--tag", default="TAG1")
    parser.add_argument("--mode", default="accept", choices=MODES)
    parser.add_argument(
        "--session", default="full", choices=("full", "open", "none"), help="open: not stopped"
    )
    parser.add_argument(
        "--again", action="store_true", help="connect again after a disconnect, without a session"
    )
    return parser.parse_args()


if __name__ == "__main__":
    logging.getLogger("ocpp").setLevel(logging.CRITICAL)  # what it logs, the lines tell
    asyncio.run(main(read_options()))
