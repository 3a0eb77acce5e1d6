"""JSON as stations really write it: parsed fast, looked at closely only where something is odd.

orjson reads the text once and writes it again: when both agree, apart from white space, nothing
is hidden in it. Duplicate keys, numbers that were bent, and text that orjson refuses are left to
the standard library, whose hooks see what the fast parser drops.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NamedTuple, NoReturn

import orjson

from ocpp_core.errors import Kind

LARGEST_INTEGER = 2**53 - 1  # beyond it JSON readers disagree (RFC 8259, 6)

_PADDING = "\ufeff\x00 \t\r\n\v\f\xa0"  # byte order mark, a C string's end, blanks
_BLANKS = b" \t\r\n"
_SKIP = re.compile(r"[ \t\r\n]*")
_NUL = "\x00"
_NUL_ESCAPE = "\\u0000"
_HEAD = 3  # message type, message id, action


class Flaw(NamedTuple):
    """What is wrong with a text although its beginning may be readable."""

    kind: Kind
    text: str


class Parsed(NamedTuple):
    """The value of a text; with a flaw only the leading elements of its array."""

    text: str
    value: Any
    flaw: Flaw | None


_NOT_JSON = Flaw(Kind.SYNTAX, "the message is not JSON")
_TOO_DEEP = Flaw(Kind.SYNTAX, "the message is nested too deeply")


class _Found(Exception):
    """Carries a flaw out of the hooks of the standard parser."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.text)
        self.flaw = flaw


def parse(text: str) -> Parsed:
    """Read a text; one that is no JSON yields what can be read of its first elements."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return _recover(text)
    if _NUL_ESCAPE in text:
        return _cleaned(text, value)
    return Parsed(text, value, None)


def find_flaw(text: str, value: Any) -> Flaw | None:
    """Tell what parsing hid: duplicate keys, numbers beyond limits, nesting beyond 254 levels."""
    try:
        canonical = orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
    except orjson.JSONEncodeError:
        return _look_closely(text) or _TOO_DEEP
    raw = text.encode()
    if canonical == raw:
        return None
    if canonical.translate(None, _BLANKS) == raw.translate(None, _BLANKS):
        return None
    return _look_closely(text)


def _recover(text: str) -> Parsed:
    trimmed = text.strip(_PADDING)
    if len(trimmed) != len(text):
        return parse(trimmed)
    head = [_usable(element) for element in _leading_scalars(text)]
    return Parsed(text, head, _look_closely(text) or _NOT_JSON)


def _leading_scalars(text: str) -> list[Any]:
    """Read the first elements of an array whose rest cannot be read."""
    found: list[Any] = []
    position, separator = 0, "["
    decode = json.JSONDecoder().raw_decode
    while len(found) < _HEAD and text[position : position + 1] == separator:
        start = _end_of_blanks(text, position + 1)
        if text[start : start + 1] in ("[", "{"):
            break
        try:
            element, end = decode(text, start)
        except ValueError:
            break
        found.append(element)
        position, separator = _end_of_blanks(text, end), ","
    return found


def _end_of_blanks(text: str, position: int) -> int:
    match = _SKIP.match(text, position)
    return match.end() if match else position


def _usable(element: Any) -> Any:
    """Drop text that cannot be sent back; the rest stays."""
    if not isinstance(element, str):
        return element
    try:
        element.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return None
    return element.replace(_NUL, "")


def _cleaned(text: str, value: Any) -> Parsed:
    try:
        return Parsed(text, _without_nul(value), None)
    except RecursionError:
        return Parsed(text, [_usable(element) for element in _leading_scalars(text)], _TOO_DEEP)


def _without_nul(value: Any) -> Any:
    """Remove U+0000, which PostgreSQL cannot hold, from all names and values."""
    if isinstance(value, str):
        return value.replace(_NUL, "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {name.replace(_NUL, ""): _without_nul(item) for name, item in value.items()}
    return value


def _look_closely(text: str) -> Flaw | None:
    try:
        json.loads(
            text,
            object_pairs_hook=_see_members,
            parse_int=_see_integer,
            parse_float=_see_float,
            parse_constant=_see_constant,
        )
    except _Found as found:
        return found.flaw
    except RecursionError:
        return _TOO_DEEP
    except ValueError:
        return _NOT_JSON
    return None


def _see_members(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) != len(pairs):
        raise _Found(Flaw(Kind.SYNTAX, "an object has the same member twice"))


def _see_integer(digits: str) -> int:
    if len(digits) > len(str(LARGEST_INTEGER)) + 1 or abs(int(digits)) > LARGEST_INTEGER:
        raise _Found(Flaw(Kind.VALUE, "a number is beyond the limits of JSON"))
    return 0


def _see_float(digits: str) -> float:
    if math.isinf(float(digits)):
        raise _Found(Flaw(Kind.VALUE, "a number is beyond the limits of JSON"))
    return 0.0


def _see_constant(_name: str) -> NoReturn:
    raise _Found(Flaw(Kind.SYNTAX, "NaN and Infinity are not JSON"))
