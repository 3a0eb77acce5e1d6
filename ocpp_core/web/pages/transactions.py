"""Transactions: their list, all about one, its meter values, its receipt, closing it by hand."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from ... import clock
from ...domain.roles import Role
from ...services import (
    message_search,
    station_lists,
    tag_offers,
    transaction_list,
    transaction_records,
    transactions,
)
from ...services.paging import Page
from ...services.transaction_list import TransactionLine
from ...services.transaction_records import ACTIVE, TransactionView
from .. import auth
from .area import Area, done
from .message_forms import OUTCOMES
from .transaction_forms import ClosingForm, TransactionFilters
from .transaction_words import ended_by, flag_words

area = Area("transactions")
log = logging.getLogger(__name__)

PER_PAGE, SAMPLES_PER_PAGE, MESSAGES_SHOWN = 50, 200, 10
MOST_OFFERED = 300  # stations and tags to choose from; others are typed
AROUND = timedelta(minutes=2)  # messages of a transaction come before its start and after its end


@area.context_processor
def words() -> dict[str, Any]:
    """Give the templates what is said of transactions."""
    return {"flag_words": flag_words, "ended_by": ended_by, "as_json": _as_json}


@area.shows("/transactions", Role.VIEWER)
def listing() -> Any:
    """List transactions."""
    form = TransactionFilters()
    page: Page[TransactionLine] = Page((), None)
    if form.usable:
        cursor = request.args.get("cursor")
        page = transaction_list.page(
            PER_PAGE, cursor, oldest_first=form.oldest_first, **form.filters()
        )
    stations = station_lists.page(MOST_OFFERED, sort="name").items
    tags = tag_offers.offered(clock.utcnow(), MOST_OFFERED)
    return render_template(
        "transactions/list.html", form=form, page=page, stations=stations, tags=tags
    )


@area.shows("/transactions/<int:transaction_id>", Role.VIEWER)
def show(transaction_id: int) -> Any:
    """Show all about a transaction, with the messages of its time."""
    line = transaction_list.find(transaction_id)
    since, until = _period(line.transaction)
    wanted = message_search.Filters(
        station_id=line.transaction.station_id, since=since, until=until
    )
    return render_template(
        "transactions/show.html",
        messages=message_search.page(wanted, MESSAGES_SHOWN).items,
        outcomes=OUTCOMES,
        period={"from": clock.wire(since), "to": clock.wire(until) if until else None},
        **_about(line),
    )


@area.shows("/transactions/<int:transaction_id>/facts", Role.VIEWER)
def facts(transaction_id: int) -> Any:
    """Show what changes while it is active, as a piece of its page."""
    return render_template(
        "transactions/facts.html", **_about(transaction_list.find(transaction_id))
    )


@area.shows("/transactions/<int:transaction_id>/samples", Role.VIEWER)
def samples(transaction_id: int) -> Any:
    """List the meter values of a transaction."""
    cursor = request.args.get("cursor")
    page = transaction_records.meter_values(transaction_id, SAMPLES_PER_PAGE, cursor)
    return render_template(
        "transactions/samples.html", page=page, **_about(transaction_list.find(transaction_id))
    )


@area.shows("/transactions/<int:transaction_id>/receipt", Role.VIEWER)
def receipt(transaction_id: int) -> Any:
    """Show what a driver may want on paper."""
    return render_template(
        "transactions/receipt.html", **_about(transaction_list.find(transaction_id))
    )


@area.shows("/transactions/<int:transaction_id>/close", Role.ADMINISTRATOR)
def close(transaction_id: int) -> Any:
    """Ask why a transaction shall be closed, and say what will happen."""
    line = transaction_list.find(transaction_id)
    return render_template("transactions/close.html", form=ClosingForm(), **_about(line))


@area.does("/transactions/<int:transaction_id>/close", Role.ADMINISTRATOR)
def close_now(transaction_id: int) -> Any:
    """Close a transaction whose station will not; one that has ended stays as it is."""
    form, line = ClosingForm(), transaction_list.find(transaction_id)
    target = url_for("transactions.show", transaction_id=transaction_id)
    if line.transaction.state != ACTIVE:
        return redirect(target, 303)
    if not form.accepts(
        lambda: transactions.close(transaction_id, form.reason.data, clock.utcnow())
    ):
        return render_template("transactions/close.html", form=form, **_about(line)), 422
    log.info(
        "transaction closed by hand", extra={"transaction": transaction_id, "user": auth.caller()}
    )
    return done(_("Transaction %(id)s was closed.", id=transaction_id), target)


def _about(line: TransactionLine) -> dict[str, Any]:
    """Return what templates need of one transaction."""
    one = line.transaction
    return {
        "line": line,
        "one": one,
        "active": one.state == ACTIVE,
        "lasted": (one.stopped_at or clock.utcnow()) - one.started_at,
    }


def _period(one: TransactionView) -> tuple[datetime, datetime | None]:
    """Return the time in which messages may speak of a transaction."""
    return one.started_at - AROUND, one.stopped_at + AROUND if one.stopped_at else None


def _as_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
