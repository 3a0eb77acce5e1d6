"""The URL that a station is to be given, as text and as QR code."""

from __future__ import annotations

import functools
import io
from urllib.parse import quote

import segno
from flask import request

LONGEST = 2_900  # characters; no QR code has room for more
_COSTLY = 300  # characters, beyond which looking for the best mask takes too long
_MASK = 3


def websocket_url(station_id: str) -> str:
    """Return the URL under which the visitor's server is found by the station with this id."""
    return f"{endpoint_url()}/{quote(station_id, safe='')}"


def endpoint_url() -> str:
    """Return what the URLs of all stations begin with; some add their id by themselves."""
    scheme = "wss" if request.is_secure else "ws"
    return f"{scheme}://{request.host}{request.script_root}/OCPP"


@functools.lru_cache(maxsize=256)
def qr_code(text: str) -> bytes:
    """Return a QR code as SVG, black on white whatever the theme of the page."""
    code = segno.make_qr(text, mask=_MASK if len(text) > _COSTLY else None)
    svg = io.BytesIO()
    code.save(svg, kind="svg", border=4, scale=4, dark="#000", light="#fff", xmldecl=False)
    return svg.getvalue()
