"""permessage-deflate (RFC 7692) without memory between messages.

OCPP 2.x wants it supported. Kept contexts would cost 100 KiB for each connection, so both
sides go without; we inflate what comes and send uncompressed, which the extension allows.
"""

from __future__ import annotations

import contextlib

from websockets.exceptions import InvalidHeader, NegotiationError
from websockets.extensions.permessage_deflate import (
    PerMessageDeflate,
    ServerPerMessageDeflateFactory,
)
from websockets.frames import Frame
from websockets.headers import build_extension, parse_extension

_WINDOW_BITS = 15
_FACTORY = ServerPerMessageDeflateFactory(
    server_no_context_takeover=True, client_no_context_takeover=True
)


def agree(offers: str) -> str | None:
    """Return the answer to `Sec-WebSocket-Extensions`, None where nothing usable is offered."""
    try:
        extensions = parse_extension(offers)
    except InvalidHeader:
        return None
    for name, parameters in extensions:
        if name != _FACTORY.name:
            continue
        with contextlib.suppress(NegotiationError):
            answer, _ = _FACTORY.process_request_params(parameters, [])
            return build_extension([(name, answer)])
    return None


class Inflate(PerMessageDeflate):
    """Decompress each message by itself, up to the size limit; compress nothing."""

    def __init__(self) -> None:
        super().__init__(
            remote_no_context_takeover=True,
            local_no_context_takeover=True,
            remote_max_window_bits=_WINDOW_BITS,
            local_max_window_bits=_WINDOW_BITS,
        )

    def encode(self, frame: Frame) -> Frame:
        """Leave frames of ours as they are."""
        return frame
