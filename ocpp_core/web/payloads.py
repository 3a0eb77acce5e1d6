"""Texts of messages as pages show them: JSON set out in lines, anything else as it came."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

LONGEST_PRETTY = 100_000  # characters; longer JSON is shown as it came
MOST_GROWN, SOME_MORE = 10, 1000  # times as long as it came; nested deeply it grew a thousandfold
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Payload:
    """A text as it came, and set out where it is JSON; both can be shown on any page."""

    raw: str
    pretty: str | None
    is_cut: bool  # only the beginning is here


def readable(text: str, longest: int | None = None) -> Payload:
    """Return a text for a page; beyond `longest` characters only its beginning."""
    if longest is not None and len(text) > longest:
        return Payload(visible(text[:longest]), None, is_cut=True)
    return Payload(visible(text), _pretty(text), is_cut=False)


def visible(text: str) -> str:
    """Return a text without what no page can hold: control characters become visible ones."""
    return _UNFIT.sub(_visible, text)


def set_out(value: Any, length_before: int) -> str | None:
    """Return a value as JSON over several lines, None where that grows beyond measure.

    Who sends values decides how deeply they are nested, and each level indents all below it.
    """
    longest = MOST_GROWN * length_before + SOME_MORE
    parts, length = [], 0
    for part in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(value):
        parts.append(part)
        length += len(part)
        if length > longest:
            return None
    return "".join(parts)


def _visible(found: re.Match[str]) -> str:
    number = ord(found[0])
    return chr(0x2400 + number) if number < 0x20 else "\N{REPLACEMENT CHARACTER}"


def _pretty(text: str) -> str | None:
    """Set JSON out in lines, None for what is none; names and numbers stay as they are."""
    if len(text) > LONGEST_PRETTY or not text.lstrip().startswith(("{", "[")):
        return None
    try:
        pretty = set_out(json.loads(text), len(text))
    except (ValueError, RecursionError):
        return None
    return None if pretty is None else visible(pretty)
