"""What OCPP 2.0.1 and 2.1 have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ...domain.transactions import Phase
from ...errors import Kind
from ...rpc.payloads import Tolerance
from ..base import NO_MOMENT, Payload
from .provisioning import Provisioning
from .reporting import Reporting
from .smart_charging import SmartCharging
from .transactions import Transactions

# OCPP-J 2.0.1, 4.3: RPC framework and CALLERROR codes
CODES: Mapping[Kind, str] = {
    Kind.UNREADABLE: "RpcFrameworkError",
    Kind.FRAMING: "RpcFrameworkError",
    Kind.SYNTAX: "FormatViolation",
    Kind.MISSING: "OccurrenceConstraintViolation",
    Kind.UNKNOWN_MEMBER: "ProtocolError",  # "not conform the PDU structure"
    Kind.TYPE: "TypeConstraintViolation",
    Kind.LENGTH: "TypeConstraintViolation",  # identifierString[36] and its like are types
    Kind.VALUE: "PropertyConstraintViolation",
    Kind.OCCURRENCE: "OccurrenceConstraintViolation",
    Kind.UNKNOWN_ACTION: "NotImplemented",
    Kind.UNHANDLED_ACTION: "NotSupported",
    Kind.SECURITY: "SecurityError",
    Kind.INTERNAL: "InternalError",
}


class Handlers2(Provisioning, Transactions, SmartCharging, Reporting):
    """What a station of OCPP 2.x may send."""

    codes = CODES
    guards_pending = True
    assumed: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "TransactionEvent": {
            "triggerReason": "AbnormalCondition",
            "seqNo": 0,
            "timestamp": NO_MOMENT,
        }
    }

    def _tolerance(self, action: str, payload: Payload) -> Tolerance:
        """Save what can be saved of an event, above all of one that ends a transaction."""
        tolerance = super()._tolerance(action, payload)
        if tolerance is not Tolerance.STRICT or action != "TransactionEvent":
            return tolerance
        return Tolerance.OPTIONAL if _is_end(payload) else Tolerance.SAMPLES

    def _assumed(self, action: str, payload: Payload) -> Mapping[str, Any]:
        return super()._assumed(action, payload) if _is_end(payload) else {}


def _is_end(payload: Payload) -> bool:
    return bool(payload.get("eventType") == Phase.ENDED.value)
