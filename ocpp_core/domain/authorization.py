"""Whether a token may charge, and who may stop what."""

from __future__ import annotations

import enum
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo


class Verdict(enum.Enum):
    """The statuses that OCPP 1.6 and 2.x have in common, as they are spelled on the wire."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    CONCURRENT = "ConcurrentTx"


@dataclass(frozen=True, slots=True)
class TagFacts:
    """What the records say of a charge tag."""

    id: str
    group: str | None = None
    type: str | None = None
    expires_at: datetime | None = None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Authorization:
    """The answer to a presented token; `token` is what counts from now on (cleaned)."""

    verdict: Verdict
    token: str
    group: str | None = None
    expires_at: datetime | None = None

    @property
    def accepted(self) -> bool:
        """Whether charging is allowed."""
        return self.verdict is Verdict.ACCEPTED


def fold(token: str) -> str:
    """Return the form in which tokens are compared: OCPP knows no case in them."""
    return unicodedata.normalize("NFC", token.strip()).casefold()


def clean(token: str) -> str:
    """Cut a token at its first underscore: KEBA masters append `_<serial>` to the RFID number."""
    return token.split("_", 1)[0] or token


def judge(token: str, tag: TagFacts | None, now: datetime) -> Authorization:
    """Decide on a token by the record found for it."""
    if tag is None:
        return Authorization(Verdict.INVALID, token)
    return Authorization(_verdict(tag, now), tag.id, tag.group, tag.expires_at)


def _verdict(tag: TagFacts, now: datetime) -> Verdict:
    if tag.blocked:
        return Verdict.BLOCKED
    if tag.expires_at is not None and now >= tag.expires_at:
        return Verdict.EXPIRED
    return Verdict.ACCEPTED


def same_token(one: str | None, other: str | None) -> bool:
    """Tell whether two tokens are one; a missing token equals none."""
    return one is not None and other is not None and fold(one) == fold(other)


def same_group(one: str | None, other: str | None) -> bool:
    """Tell whether two groups are one; no group never equals no group."""
    return bool(one) and bool(other) and same_token(one, other)


def may_stop(start_tag: str | None, start_group: str | None, stopper: Authorization) -> Verdict:
    """Return what to answer to a token that stopped the transaction of `start_tag`.

    The starter may always stop, whatever became of his tag since; others of his group when they
    may charge themselves. Where nobody is known to have started, any valid token may.
    """
    if same_token(start_tag, stopper.token):
        return Verdict.ACCEPTED
    if not stopper.accepted:
        return stopper.verdict
    if start_tag is None or same_group(start_group, stopper.group):
        return Verdict.ACCEPTED
    return Verdict.INVALID


def end_of_day(day: date, zone: tzinfo = UTC) -> datetime:
    """Return the moment from which a tag that is valid through `day` has expired."""
    midnight = datetime.combine(date.fromordinal(day.toordinal() + 1), time(), zone)
    return midnight.astimezone(UTC)


def last_day(expires_at: datetime, zone: tzinfo) -> date:
    """Return the last day of a tag; what ends at midnight in UTC was told as a day by a program."""
    is_midnight = expires_at.astimezone(UTC).time() == time()
    last = expires_at - timedelta(milliseconds=1)
    return last.astimezone(UTC if is_midnight else zone).date()
