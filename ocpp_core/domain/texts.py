"""Text from people and programs: what may be stored, and what is wrong with the rest."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from ..errors import InvalidInput
from ..wording import Wording

SHORT, LONG = 255, 10_000
_LINES = "\n\r\t"


def problem(text: str, longest: int = SHORT, *, lines: bool = False) -> str | None:
    """Say what is wrong with a text, None where nothing is; `lines` allows several lines."""
    if len(text) > longest:
        return Wording("must not have more than %(longest)s characters", longest=longest)
    for character in text:
        category = unicodedata.category(character)
        if category == "Cs" or (category == "Cc" and not (lines and character in _LINES)):
            return Wording("must not contain control characters")
    return None


def id_problem(text: str) -> str | None:
    """Say what is wrong with an id or a name that others are told apart by."""
    if not text.strip():
        return Wording("must not be empty")
    if text != text.strip():
        return Wording("must not begin or end with a blank")
    return problem(text)


def refuse(problems: Mapping[str, str | None]) -> None:
    """Raise InvalidInput when a field has a problem."""
    fields = {name: text for name, text in problems.items() if text}
    if fields:
        raise InvalidInput("; ".join(f"{name} {text}" for name, text in fields.items()), fields)
