"""Deciding on tokens by the records of tags; never from memory, so that a block holds at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ..domain import authorization as rules
from ..domain.authorization import Authorization, TagFacts, Verdict
from ..domain.transactions import Flag
from ..models.tags import Tag
from ..models.transactions import Transaction
from ..storage import writer
from ..storage.statements import Lookup
from ..storage.writer import reading

_BY_FOLDED = Lookup(Tag, "folded = ?")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a transaction starts, and the row it has already if it has one."""

    station_id: str
    evse_id: int | None = None
    transaction_id: int | None = None


@reading
def authorize(token: str, now: datetime, *, cleans: bool) -> Authorization:
    """Decide whether a presented token may charge (OCPP 1.6, 4.1; 2.x, C01).

    `cleans` cuts the token at its first underscore unless the whole is a known tag.
    """
    return rules.judge(*_look_up(token, cleans), now)


def authorize_start(
    token: str, now: datetime, *, cleans: bool, single: bool, place: Place
) -> Authorization:
    """Decide on a token that starts a transaction, inside the unit of work that records it.

    With `single` a tag may have one active transaction over all stations. What is active at
    `place` does not count: this start ends it, should its own end be lost.
    """
    answer = authorize(token, now, cleans=cleans)
    if not single or not answer.accepted:
        return answer
    folded = rules.fold(answer.token)
    writer.current().store.lock(f"tag {folded}")
    if not _charges_elsewhere(folded, place):
        return answer
    return Authorization(Verdict.CONCURRENT, answer.token, answer.group, answer.expires_at)


def find_starter(token: str | None) -> tuple[bool, str | None]:
    """Tell whether the tag that started a session is still recorded, and its group."""
    tag = _BY_FOLDED.find(rules.fold(token)) if token is not None else None
    return tag is not None, tag.group if tag else None


def _look_up(token: str, cleans: bool) -> tuple[str, TagFacts | None]:
    tag = _BY_FOLDED.find(rules.fold(token))
    if tag is None and cleans and "_" in token:
        token = rules.clean(token)
        tag = _BY_FOLDED.find(rules.fold(token))
    if tag is None:
        return token, None
    return token, TagFacts(tag.id, tag.group, tag.type, tag.expires_at, tag.blocked)


def _charges_elsewhere(folded: str, place: Place) -> bool:
    active = Transaction.select(Transaction.id).where(
        Transaction.active,
        Transaction.tag_folded == folded,
        ~Transaction.flags.contains(Flag.REFUSED),
    )
    if place.evse_id is not None:
        here = (Transaction.station_id == place.station_id) & (Transaction.evse_id == place.evse_id)
        active = active.where(~here)
    if place.transaction_id is not None:
        active = active.where(Transaction.id != place.transaction_id)
    return bool(active.exists())
