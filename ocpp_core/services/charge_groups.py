"""Sums of charging sessions by tag, put into the groups they have now, in order."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from .. import green
from ..domain import authorization
from ..storage.statements import Statement
from ..storage.writer import reading

TAGS_AT_ONCE = 200  # in one query
PAUSE_EVERY = 500  # tags

T = TypeVar("T")

_TAGS = Statement(
    "SELECT folded, id, name, group_id FROM tags"  # noqa: S608 - question marks only
    f" WHERE folded IN ({', '.join('?' * TAGS_AT_ONCE)})"
)


@dataclass(frozen=True, slots=True)
class Sum:
    """Some sessions; the energy of those that are not `metered` is not known."""

    sessions: int = 0
    metered: int = 0
    energy_wh: float = 0.0

    def __add__(self, other: Sum) -> Sum:
        return Sum(
            self.sessions + other.sessions,
            self.metered + other.metered,
            self.energy_wh + other.energy_wh,
        )

    @property
    def unmetered(self) -> int:
        """How many sessions have no known energy."""
        return self.sessions - self.metered


@dataclass(frozen=True, slots=True)
class KnownTag:
    """What the records say of a tag now."""

    id: str
    name: str
    group: str


@dataclass(frozen=True, slots=True)
class TagLine:
    """What one tag charged; without id and label the sessions that nobody's tag began."""

    tag_id: str
    label: str  # its name, else its id; with the id behind where two of a group have one name
    sum: Sum


@dataclass(frozen=True, slots=True)
class Group:
    """The tags of a group; without a name those that have none, and those without a record."""

    name: str
    lines: tuple[TagLine, ...]
    sum: Sum


@reading
def known_tags(folded: Iterable[str | None]) -> dict[str, KnownTag]:
    """Return what the records say of each tag that they know, by its folded id."""
    wanted = iter({tag for tag in folded if tag})
    found: dict[str, KnownTag] = {}
    while some := list(islice(wanted, TAGS_AT_ONCE)):
        some += some[:1] * (TAGS_AT_ONCE - len(some))  # so that the query's text stays the same
        for key, tag_id, name, group in _TAGS.run(*some).fetchall():
            found[key] = KnownTag(tag_id, name.strip(), (group or "").strip())
        green.breathe()
    return found


def total(sums: Iterable[Sum]) -> Sum:
    """Return all together."""
    return sum(sums, Sum())


def of(sums: Mapping[str | None, tuple[str, Sum]]) -> tuple[Group, ...]:
    """Return the groups of tags; `sums` has the id as presented and the sum by the folded id.

    Groups that differ in case only are one, as they are where somebody else's charge is stopped.
    """
    known = known_tags(sums)
    members: dict[str, list[tuple[KnownTag, Sum]]] = {}
    for folded, (presented, one) in _paced(sums.items()):
        tag = known.get(folded or "") or KnownTag(presented, "", "")
        members.setdefault(authorization.fold(tag.group), []).append((tag, one))
    groups = [_group(each) for each in members.values()]
    return tuple(sorted(groups, key=lambda group: alphabetical(group.name)))


def _paced(items: Iterable[T]) -> Iterator[T]:
    """Let others run now and then: a large operator has thousands of tags."""
    for number, item in enumerate(items):
        if number % PAUSE_EVERY == 0:
            green.breathe()
        yield item


def alphabetical(text: str) -> tuple[str, str]:
    """Return what texts are sorted by: case and accents count only where nothing else differs."""
    plain = text.casefold()
    if not plain.isascii():
        letters = unicodedata.normalize("NFKD", plain)
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return plain, text


def _group(members: list[tuple[KnownTag, Sum]]) -> Group:
    name = min({tag.group for tag, _ in members}, key=alphabetical)
    lines = sorted(_lines(members), key=lambda line: (alphabetical(line.label), line.tag_id))
    return Group(name, tuple(lines), total(line.sum for line in lines))


def _lines(members: list[tuple[KnownTag, Sum]]) -> Iterator[TagLine]:
    names = Counter(tag.name or tag.id for tag, _ in members)
    for tag, one in _paced(members):
        label = tag.name or tag.id
        is_shared = names[label] > 1 and label != tag.id
        yield TagLine(tag.id, f"{label} ({tag.id})" if is_shared else label, one)
