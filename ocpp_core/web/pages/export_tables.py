"""The exported tables: OCPP.Core's columns in its order, with its words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Unpack

from flask_babel import pgettext

from ...services import transaction_export
from ...services.charge_report import Summary
from ...services.transaction_export import ChargeLine
from ...services.transaction_list import TransactionLine
from ...services.transaction_search import Filters
from ..tables.table import Column, Kind, Row, Table, begun

BITE = 1000  # rows of the summary


def transactions(*, oldest_first: bool, **filters: Unpack[Filters]) -> Table:
    """Return the list of transactions. Raises InvalidInput."""
    bites = transaction_export.transactions(oldest_first=oldest_first, **filters)
    return Table(
        pgettext("export", "Transactions"),
        (
            Column(pgettext("export", "Connector")),
            Column(pgettext("export", "Start"), Kind.MOMENT),
            Column(pgettext("export", "Start-Tag")),
            Column(pgettext("export", "Start-Meter"), Kind.ENERGY),
            Column(pgettext("export", "Stop"), Kind.MOMENT),
            Column(pgettext("export", "Stop-Tag")),
            Column(pgettext("export", "Stop-Meter"), Kind.ENERGY),
            Column(pgettext("export", "Charged"), Kind.ENERGY),
        ),
        begun([_listed(line) for line in bite] for bite in bites),
    )


def summary(report: Summary) -> Table:
    """Return what each tag charged."""
    rows = [(group.name, line.label, line.sum.energy_wh) for group, line in report.lines()]
    return Table(
        pgettext("export", "ChargeReport"),
        (
            Column(pgettext("export", "Group")),
            Column(pgettext("export", "Charge-Tag")),
            Column(pgettext("export", "Energy"), Kind.ENERGY),
        ),
        [rows[start : start + BITE] for start in range(0, len(rows), BITE)],
    )


def details(since: datetime, until: datetime) -> Table:
    """Return the sessions that the report adds up."""
    return Table(
        pgettext("export", "Transactions"),
        (
            Column(pgettext("export", "Transaction ID"), Kind.NUMBER),
            Column(pgettext("export", "Charging station")),
            Column(pgettext("export", "Connector")),
            Column(pgettext("export", "Start-Tag ID")),
            Column(pgettext("export", "Start-Tag")),
            Column(pgettext("export", "Group")),
            Column(pgettext("export", "Start"), Kind.MOMENT),
            Column(pgettext("export", "Start-Meter"), Kind.ENERGY),
            Column(pgettext("export", "Stop-Tag ID")),
            Column(pgettext("export", "Stop-Tag")),
            Column(pgettext("export", "Stop"), Kind.MOMENT),
            Column(pgettext("export", "Stop-Meter"), Kind.ENERGY),
            Column(pgettext("export", "Energy (kWh)"), Kind.ENERGY),
        ),
        begun(_charges(since, until)),
    )


def _charges(since: datetime, until: datetime) -> Iterator[list[Row]]:
    for bite in transaction_export.charges(since, until):
        yield [_charged(line) for line in bite]


def _listed(line: TransactionLine) -> Row:
    one = line.transaction
    return (
        line.label,
        one.started_at,
        line.start_name or one.start_tag,
        one.meter_start_wh,
        one.stopped_at,
        line.stop_name or one.stop_tag,
        one.meter_stop_wh,
        one.energy_wh,
    )


def _charged(line: ChargeLine) -> Row:
    return (
        line.id,
        line.station,
        line.connector,
        line.start_tag,
        line.start_name,
        line.group,
        line.started_at,
        line.meter_start_wh,
        line.stop_tag,
        line.stop_name,
        line.stopped_at,
        line.meter_stop_wh,
        line.energy_wh,
    )
