"""What an import took, what was there already, and what it left for which reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


class Unusable(Exception):
    """A row that cannot be taken; its text is the reason."""


@dataclass
class Tally:
    """The count for one kind of record."""

    kind: str
    taken: int = 0
    present: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def leave(self, name: object, reason: object) -> None:
        """Note a row that is not taken."""
        self.left.append((shown(name), str(reason)))

    def lines(self) -> Iterable[str]:
        """Yield the count, then each row left with its reason, then the notes."""
        yield (
            f"{self.kind + ':':<13} {self.taken} taken, {self.present} already there,"
            f" {len(self.left)} left"
        )
        for name, reason in self.left:
            yield f"  left {name}: {reason}"
        for note in self.notes:
            yield f"  note: {note}"


@dataclass
class Summary:
    """All counts of an import."""

    tallies: list[Tally] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(line for tally in self.tallies for line in tally.lines())


def shown(name: object) -> str:
    """Return an id as it can be printed in one line."""
    text = str(name)
    return text if text.isprintable() and text else repr(text)
