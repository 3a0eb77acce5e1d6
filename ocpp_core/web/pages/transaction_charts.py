"""What the chart of a transaction is drawn from, and what tells it to move."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from flask import Response, request

from ... import clock, events
from ...domain.charts import Series
from ...domain.roles import Role
from ...errors import InvalidInput
from ...services import charts, transaction_records
from ..feeds import feed
from .transactions import area as transactions_area

HEARD = (events.MeterRead, events.TransactionStarted, events.TransactionEnded)
_LATEST_MS = clock.to_milliseconds(datetime.max.replace(tzinfo=clock.EPOCH.tzinfo))


@transactions_area.shows("/transactions/<int:transaction_id>/chart.json", Role.VIEWER)
def chart(transaction_id: int) -> Response:
    """Return the curves of a transaction; `since`, in milliseconds, asks for what came later."""
    found = charts.chart(transaction_id, _moment(request.args.get("since")))
    values = {"series": [_plain(each) for each in found.series], "complete": found.complete}
    return Response(orjson.dumps(values), mimetype="application/json")


@transactions_area.shows("/live/transactions/<int:transaction_id>", Role.VIEWER)
def live(transaction_id: int) -> Response:
    """Tell when a transaction is measured, and when it ends, as server-sent events."""
    transaction_records.find(transaction_id)

    def wanted(event: events.Event) -> bool:
        return isinstance(event, HEARD) and event.transaction_id == transaction_id

    return feed(wanted)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _LATEST_MS:
        return clock.from_milliseconds(int(text))
    raise InvalidInput("since", fields={"since": "must be milliseconds since 1970"})


def _plain(series: Series) -> dict[str, Any]:
    return {
        "measure": series.measure,
        "phase": series.phase,
        "derived": series.derived,
        "times": series.times,
        "values": series.values,
    }
