"""Deciding on tokens by the records of tags; never from memory, so that a block holds at once."""

from __future__ import annotations

from datetime import datetime

from ..domain import authorization as rules
from ..domain.authorization import Authorization, TagFacts, Verdict
from ..models.tags import Tag
from ..models.transactions import Transaction
from ..storage import writer
from ..storage.statements import Lookup
from ..storage.writer import reading

_BY_FOLDED = Lookup(Tag, "folded = ?")


@reading
def authorize(token: str, now: datetime, *, cleans: bool) -> Authorization:
    """Decide whether a presented token may charge (OCPP 1.6, 4.1; 2.x, C01).

    `cleans` cuts the token at its first underscore unless the whole is a known tag.
    """
    return rules.judge(*_look_up(token, cleans), now)


def authorize_start(
    token: str, now: datetime, *, cleans: bool, single: bool, besides: int | None = None
) -> Authorization:
    """Decide on a token that starts a transaction, inside the unit of work that records it.

    With `single` a tag may have one active transaction over all stations; `besides` is the
    transaction at hand, which does not count.
    """
    answer = authorize(token, now, cleans=cleans)
    if not single or not answer.accepted:
        return answer
    folded = rules.fold(answer.token)
    writer.current().store.lock(f"tag {folded}")
    if not _charges_elsewhere(folded, besides):
        return answer
    return Authorization(Verdict.CONCURRENT, answer.token, answer.group, answer.expires_at)


def group_of(token: str | None) -> str | None:
    """Return the group of a tag as recorded now, None without tag or group."""
    if token is None:
        return None
    tag = _BY_FOLDED.find(rules.fold(token))
    return tag.group if tag else None


def _look_up(token: str, cleans: bool) -> tuple[str, TagFacts | None]:
    tag = _BY_FOLDED.find(rules.fold(token))
    if tag is None and cleans and "_" in token:
        token = rules.clean(token)
        tag = _BY_FOLDED.find(rules.fold(token))
    if tag is None:
        return token, None
    return token, TagFacts(tag.id, tag.group, tag.type, tag.expires_at, tag.blocked)


def _charges_elsewhere(folded: str, besides: int | None) -> bool:
    active = Transaction.select(Transaction.id).where(
        Transaction.active,
        Transaction.tag_folded == folded,
        ~Transaction.flags.contains("refused"),
    )
    if besides is not None:
        active = active.where(Transaction.id != besides)
    return bool(active.exists())
