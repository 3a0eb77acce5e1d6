"""Exports: what the pages of transactions and of the charge report show, as CSV and XLSX."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import get_locale

from ... import clock
from ...domain.roles import Role
from ...errors import InvalidInput
from ...services import charge_report, labels
from ...services.transaction_search import Filters
from ...wording import Wording
from .. import downloads, localization
from ..forms import FilterForm
from ..tables import written
from ..tables.csv import ENCODINGS
from ..tables.table import Table
from . import export_tables
from .area import Area
from .report_ranges import RangeForm
from .transaction_forms import TransactionFilters

area = Area("exports")


@area.shows("/transactions/export.<any(csv,xlsx):kind>", Role.VIEWER)
def transactions(kind: str) -> Any:
    """Send the list of transactions, all of it, with the filters of its page."""
    form = TransactionFilters()
    _demand(form)
    filters = form.filters()
    table = export_tables.transactions(oldest_first=form.oldest_first, **filters)
    return _file(table, kind, "_".join(("Transactions", *_place(filters))))


@area.shows("/report/summary.<any(csv,xlsx):kind>", Role.VIEWER)
def summary(kind: str) -> Any:
    """Send what each tag charged."""
    form = RangeForm()
    _demand(form)
    report = charge_report.summary(form.since, form.until)
    return _file(export_tables.summary(report), kind, f"ChargeReport_{_now()}")


@area.shows("/report/details.<any(csv,xlsx):kind>", Role.VIEWER)
def details(kind: str) -> Any:
    """Send the sessions that the report adds up."""
    form = RangeForm()
    _demand(form)
    table = export_tables.details(form.since, form.until)
    return _file(table, kind, f"AllTransactions_{_now()}")


def _demand(form: FilterForm) -> None:
    """Refuse filters that the page would show as wrong."""
    if not form.usable:
        wrong = {name: " ".join(map(str, texts)) for name, texts in form.errors.items()}
        raise InvalidInput("these filters cannot be used", fields=wrong)


def _file(table: Table, kind: str, name: str) -> Any:
    encoding = request.args.get("encoding") or "utf-8"
    if encoding not in ENCODINGS:
        problem = Wording("must be one of %(known)s", known=", ".join(ENCODINGS))
        raise InvalidInput("unknown encoding", fields={"encoding": problem})
    formats = written.formats(get_locale(), localization.zone())
    if kind == "csv":
        return downloads.csv_file(table, formats, name, ENCODINGS[encoding])
    return downloads.xlsx_file(table, formats, name)


def _place(filters: Filters) -> list[str]:
    """Return what the connector or station is called that the list is narrowed to."""
    station_id = filters.get("station_id")
    if not station_id:
        return []
    return [labels.label(station_id, filters.get("evse_id"), filters.get("connector_id"))]


def _now() -> str:
    return clock.utcnow().astimezone(localization.zone()).strftime("%Y%m%d%H%M%S")
