"""OCPP 2.1: what 2.0.1 has, and the message types CALLRESULTERROR (5) and SEND (6)."""

from __future__ import annotations

from ocpp.v21 import call, call_result

from .v2.handlers import Handlers2


class Handlers21(Handlers2):
    """What a station of OCPP 2.1 may send."""

    version = "2.1"
    subprotocol = "ocpp2.1"
    types = frozenset({2, 3, 4, 5, 6})
    dialects = ("v21", "v2")
    call = call
    call_result = call_result
