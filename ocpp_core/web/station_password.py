"""HTTP Basic of stations (OCPP-J 1.6 security extension, 2.x profile 1 and 2)."""

from __future__ import annotations

import math

from .. import green
from ..domain import credentials
from ..domain.admission import Admission
from ..errors import Busy
from ..live.throttle import Gatekeeper
from .handshake import Environ, refuse
from .security_log import SecurityLog

CHALLENGE = {"WWW-Authenticate": 'Basic realm="OCPP.Core"'}


class PasswordCheck:
    """Lets a station through that presents its password, or that has none."""

    def __init__(
        self, gatekeeper: Gatekeeper | None = None, security_log: SecurityLog | None = None
    ) -> None:
        self._gatekeeper = gatekeeper or Gatekeeper(verify)
        self._security_log = security_log or SecurityLog()

    def __call__(self, admission: Admission, environ: Environ) -> None:
        """Refuse with 401 what is missing, malformed or wrong; with 429 too much of it."""
        address = environ.get("REMOTE_ADDR", "")
        if admission.password_hash is None:
            self._security_log.warn_daily("station has no credentials", admission.id, address)
            return
        header = environ.get("HTTP_AUTHORIZATION")
        presented = credentials.parse_basic(header, admission.expected_username)
        try:
            if presented is not None and self._gatekeeper.authenticate(
                admission.id, address, admission.password_hash, presented
            ):
                return
        except Busy as busy:
            self._security_log.warn("too many failed log-ins", admission.id, address)
            refuse(429, {"Retry-After": str(math.ceil(busy.retry_after_s))})
        self._security_log.warn("failed log-in", admission.id, address)
        refuse(401, CHALLENGE)


def verify(stored_hash: str, presented: bytes) -> bool:
    """Verify a password; slow hashes do not hold up other threads."""
    if credentials.is_slow(stored_hash):
        return green.native(credentials.verify, stored_hash, presented)
    return credentials.verify(stored_hash, presented)
