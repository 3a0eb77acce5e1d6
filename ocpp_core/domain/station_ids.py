"""The id of a station: one function for what a station calls, one for what a person registers.

Both end in the same canonical text (Unicode NFC), so the id that is authenticated is the id
that is registered. Upper and lower case differ, as they do in OCPP.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote_to_bytes

from ..errors import InvalidInput, NotFound
from ..wording import Wording

PREFIX = "ocpp"
MAX_LENGTH = 255

_ABSOLUTE_FORM = re.compile(r"[a-z][a-z0-9+.-]*://[^/]*", re.IGNORECASE)  # RFC 9112, 3.2.2
_FORBIDDEN_CATEGORIES = ("Cc", "Cs")  # control characters, lone surrogates


def from_path(raw_uri: str) -> str:
    """Return the id that a raw request target names: the last segment after `/OCPP`.

    `raw_uri` is the target as it came, one character per byte. Empty segments are ignored, dot
    segments are ordinary ones, and an encoded slash stays part of the id. Raises NotFound when
    the target cannot name a station.
    """
    path = re.split(r"[?#]", raw_uri, maxsplit=1)[0]
    absolute = _ABSOLUTE_FORM.match(path)
    if absolute:
        path = path[absolute.end() :]
    if not path.startswith("/"):
        raise NotFound("not a path")
    prefix, *segments = [segment for segment in path.split("/") if segment] or [""]
    if _decoded(prefix).lower() != PREFIX or not segments:
        raise NotFound("the path names no station")
    station_id = _decoded(segments[-1])
    if len(station_id) > MAX_LENGTH or _has_forbidden(station_id):
        raise NotFound("no station can have this id")
    return station_id


def check(text: str) -> str:
    """Return the canonical form of an id that is to be registered.

    Raises InvalidInput for an id that no station could present.
    """
    station_id = unicodedata.normalize("NFC", text)
    problem = _problem(station_id)
    if problem:
        raise InvalidInput(f"station id {problem}", fields={"id": problem})
    return station_id


def _problem(station_id: str) -> str | None:
    if not 1 <= len(station_id) <= MAX_LENGTH:
        return Wording("must have 1 to %(highest)s characters", highest=MAX_LENGTH)
    if station_id != station_id.strip():
        return Wording("must not begin or end with a blank")
    if "/" in station_id or station_id in (".", ".."):
        return Wording("must not contain a slash or be a dot segment")
    if _has_forbidden(station_id):
        return Wording("must not contain control characters")
    return None


def _decoded(segment: str) -> str:
    """Undo percent-encoding once; canonical text."""
    try:
        text = unquote_to_bytes(segment.encode("latin-1")).decode()
    except UnicodeError as error:
        raise NotFound("the path is not UTF-8") from error
    return unicodedata.normalize("NFC", text)


def _has_forbidden(text: str) -> bool:
    return any(unicodedata.category(character) in _FORBIDDEN_CATEGORIES for character in text)
