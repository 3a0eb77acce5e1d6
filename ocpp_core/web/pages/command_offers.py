"""What a station has to choose from in forms of commands: connectors, active transactions, tags."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ...commands.base import Command
from ...protocol.versions import ALL, BY_VERSION
from ...services import labels, station_records, tag_names, tag_offers, transaction_records
from ...services.station_records import StationView
from ...services.transaction_records import ACTIVE, TransactionView
from ..localization import written
from .command_forms import Choices, Offers

MOST_ACTIVE = 100


def dialects_of(station: StationView) -> tuple[str, ...]:
    """Return the dialects of a station's version; of one that never connected, all of them."""
    handlers = BY_VERSION.get(station.ocpp_version or "")
    if handlers is None:
        return tuple(dialect for each in ALL for dialect in each.dialects)
    return handlers.dialects


def offers_for(command: type[Command], station_id: str, now: datetime) -> Offers:
    """Return what is offered for the parameters that the command has."""
    names = command.model_fields.keys()
    return Offers(
        connectors=_connectors(station_id) if names & {"connector", "evse"} else (),
        transactions=_transactions(station_id) if "transaction" in names else (),
        tags=_tags(now) if "tag" in names else (),
    )


def _connectors(station_id: str) -> Choices:
    """Return the EVSEs by number (OCPP 1.6: the connectors), with the names of their connectors."""
    names: dict[int, list[str]] = {}
    for connector in station_records.connectors(station_id):
        if connector.evse_id:
            names.setdefault(connector.evse_id, []).append(connector.name)
    return [(str(number), _joined([str(number), *found])) for number, found in names.items()]


def _transactions(station_id: str) -> Choices:
    page = transaction_records.page(MOST_ACTIVE, station_id=station_id, state=ACTIVE)
    places = labels.labels(
        (each.station_id, each.evse_id, each.connector_id) for each in page.items
    )
    drivers = tag_names.of_tokens(each.start_tag for each in page.items)
    return [(str(each.id), _about(each, places, drivers)) for each in page.items]


def _about(
    transaction: TransactionView, places: dict[labels.Key, str], drivers: dict[str, str]
) -> str:
    key = (transaction.station_id, transaction.evse_id, transaction.connector_id)
    tag = transaction.start_tag or ""
    return _joined([places[key], drivers.get(tag, tag), written(transaction.started_at)])


def _tags(now: datetime) -> Choices:
    return [(offer.id, offer.name or offer.id) for offer in tag_offers.offered(now)]


def _joined(parts: Iterable[str]) -> str:
    return " · ".join(part for part in parts if part)
