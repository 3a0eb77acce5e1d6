"""The records of a running server as programs see them: over REST, as an administrator."""

from __future__ import annotations

import itertools
from typing import Any
from urllib.parse import quote

from tests.support.server import RunningServer

Record = dict[str, Any]


class Records:
    """What tests make and look up; a status that is no success fails the test."""

    _numbers = itertools.count(1)  # shared: so are servers

    def __init__(self, server: RunningServer) -> None:
        self.server = server

    def ask(self, method: str, path: str, json: Any = None) -> Any:
        """Call a path below /api/v1 and return what it answers."""
        response = self.server.api(method, f"/api/v1{path}", json)
        assert response.ok, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def new_id(self, prefix: str = "CP") -> str:
        """Return an id that nobody has on this server."""
        return f"{prefix}{next(self._numbers)}"

    # --- stations -----------------------------------------------------------------------------

    def add_station(self, station_id: str | None = None, **fields: Any) -> str:
        """Add a station and return its id."""
        station_id = station_id or self.new_id()
        self.ask("POST", "/stations", {"id": station_id, **fields})
        return station_id

    def edit_station(self, station_id: str, **fields: Any) -> Record:
        """Change a station's record."""
        return dict(self.ask("PATCH", _path(station_id), fields))

    def remove_station(self, station_id: str) -> None:
        """Remove a station's record."""
        self.ask("DELETE", _path(station_id))

    def station(self, station_id: str) -> Record:
        """Return a station."""
        return dict(self.ask("GET", _path(station_id)))

    def connector(self, station_id: str, evse_id: int, connector_id: int | None = None) -> Record:
        """Return a connector of a station; by default the first of its EVSE."""
        wanted = (evse_id, (1 if evse_id else 0) if connector_id is None else connector_id)
        found = {
            (each["evse_id"], each["connector_id"]): each
            for each in self.ask("GET", _path(station_id) + "/connectors")["items"]
        }
        assert wanted in found, f"{wanted} is not among {sorted(found)}"
        return dict(found[wanted])

    def messages(self, station_id: str, action: str) -> list[Record]:
        """Return the exchanges of one action in the message log, the newest first."""
        path = f"{_path(station_id)}/messages?action={action}"
        return list(self.ask("GET", path)["items"])

    # --- tags and transactions ----------------------------------------------------------------

    def add_tag(self, tag: str | None = None, **fields: Any) -> str:
        """Add a charge tag and return its id."""
        tag = tag or self.new_id("TAG")
        self.ask("POST", "/tags", {"id": tag, **fields})
        return tag

    def edit_tag(self, tag: str, **fields: Any) -> Record:
        """Change a charge tag."""
        return dict(self.ask("PATCH", f"/tags/{quote(tag, safe='')}", fields))

    def transactions(self, station_id: str) -> list[Record]:
        """Return the transactions of a station, the newest first."""
        query = f"station_id={quote(station_id, safe='')}"
        return list(self.ask("GET", f"/transactions?{query}")["items"])

    def only_transaction(self, station_id: str) -> Record:
        """Return a station's transaction; there must be exactly one."""
        (transaction,) = self.transactions(station_id)
        return transaction

    def samples(self, transaction_id: int) -> list[Record]:
        """Return all meter values of a transaction."""
        path = f"/transactions/{transaction_id}/meter-values?limit=1000"
        return list(self.ask("GET", path)["items"])


def _path(station_id: str) -> str:
    return f"/stations/{quote(station_id, safe='')}"
