"""OCPP 2.0.1."""

from __future__ import annotations

from ocpp.v201 import call, call_result

from .v2.handlers import Handlers2


class Handlers201(Handlers2):
    """What a station of OCPP 2.0.1 may send."""

    version = "2.0.1"
    subprotocol = "ocpp2.0.1"
    types = frozenset({2, 3, 4})
    dialects = ("v201", "v2")
    call = call
    call_result = call_result
