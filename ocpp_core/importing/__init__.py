"""Taking over the records of OCPP.Core: `flask import-ocpp-core`."""

from .takeover import take_over

__all__ = ["take_over"]
