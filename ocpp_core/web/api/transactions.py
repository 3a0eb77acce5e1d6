"""Charging sessions and their meter values."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from ... import clock
from ...domain.roles import Role
from ...errors import NotFound
from ...services import transaction_records, transactions
from ...services.paging import Page
from .endpoints import Listing, Routes
from .reading import Input, Line, Paging
from .values import Moment

routes = Routes("Transactions")
State = Literal["active", "ended"]


class Transaction(BaseModel):
    """A charging session."""

    id: int = Field(description="transactionId of OCPP 1.6")
    uid: str | None = Field(description="the id on the wire; in OCPP 2.x chosen by the station")
    station_id: str
    evse_id: int | None
    connector_id: int | None
    start_tag: str | None
    started_at: Moment
    meter_start_wh: float | None
    stop_tag: str | None
    stopped_at: Moment | None = Field(description="null while it is active")
    meter_stop_wh: float | None
    energy_wh: float | None = Field(description="running while it is active")
    stop_reason: str | None = Field(description="in OCPP's spelling")
    state: State
    flags: list[str] = Field(description="what is odd about it, for example superseded")
    charging_state: str | None = Field(description="in OCPP's spelling, of stations of OCPP 2.x")
    note: str = Field(description="the reason of who closed it by hand")


class Transactions(Listing[Transaction]):
    """A page of transactions, the newest first."""


class TransactionQuery(Paging):
    """Which transactions."""

    station_id: Line | None = Field(default=None, description="only those of this station")
    evse_id: int | None = Field(
        default=None, ge=0, le=2**31 - 1, description="only at this EVSE; needs station_id"
    )
    tag: Line | None = Field(default=None, description="only those this tag started")
    state: State | None = Field(default=None, description="only those in this state")
    since: Moment | None = Field(
        default=None, alias="from", description="only those that began then or later"
    )
    until: Moment | None = Field(
        default=None, alias="to", description="only those that began before"
    )


class Sample(BaseModel):
    """One sampled value in base units; of signed ones the value as it came."""

    at: Moment
    measurand: str
    phase: str
    location: str
    context: str
    unit: str
    value: float | None
    signed: dict[str, Any] | None


class Samples(Listing[Sample]):
    """A page of meter values, the oldest first."""


class Closing(Input):
    """Why a transaction is closed."""

    reason: Line = Field(min_length=1, description="kept with the transaction as its note")


@routes.get("/transactions", Role.VIEWER, query=TransactionQuery, answer=Transactions)
def list_transactions(query: TransactionQuery) -> Page[Any]:
    """List transactions, the newest first."""
    return transaction_records.page(**dict(query))


@routes.get("/transactions/{transaction_id}", Role.VIEWER, answer=Transaction, fails=(NotFound,))
def get_transaction(transaction_id: int) -> object:
    """Show a transaction."""
    return transaction_records.find(transaction_id)


@routes.get(
    "/transactions/{transaction_id}/meter-values",
    Role.VIEWER,
    query=Paging,
    answer=Samples,
    fails=(NotFound,),
)
def list_meter_values(transaction_id: int, query: Paging) -> Page[Any]:
    """List the meter values of a transaction, the oldest first."""
    return transaction_records.meter_values(transaction_id, **dict(query))


@routes.post(
    "/transactions/{transaction_id}/close",
    Role.ADMINISTRATOR,
    body=Closing,
    answer=Transaction,
    fails=(NotFound,),
)
def close_transaction(transaction_id: int, body: Closing) -> object:
    """End a transaction whose station will not.

    One that has ended stays as it is.
    """
    transactions.close(transaction_id, body.reason, clock.utcnow())
    return transaction_records.find(transaction_id)
