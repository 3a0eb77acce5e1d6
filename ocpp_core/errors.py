"""Every error raised on purpose.

OcppCoreError
├── ConfigurationError            the start is refused with one clear line
├── InvalidInput                  bad parameters; `fields` names them
│   └── PayloadInvalid            a payload against its schema
├── NotFound                      no such station, tag, transaction, command
├── AlreadyExists                 the id is taken
├── StationOffline                nobody holds the station
├── NothingToStop                 no active transaction at that connector
├── NotSupportedByVersion         the station's OCPP version has no such message
├── Unauthorized, Forbidden       who asks is unknown; may not
├── Busy                          too much of this at once: come again later
├── StorageUnavailable            the database cannot be reached
├── CallFailed                    a CALL to a station came to nothing
│   ├── Disconnected              the connection was lost while waiting
│   ├── CallTimeout               no answer in time
│   ├── UnusableAnswer            the answer breaks its schema
│   └── CallRefused               the station answered with a CALLERROR
└── Violation                     what a station sent breaks a rule: becomes a CALLERROR
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any


class OcppCoreError(Exception):
    """Root of all errors of this package."""


class ConfigurationError(OcppCoreError):
    """A setting, file or service without which the server does not start."""


class InvalidInput(OcppCoreError):
    """What a person or program gave cannot be used.

    `fields` maps the name of each bad field to what is wrong with it.
    """

    def __init__(self, detail: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.fields = dict(fields or {})


class PayloadInvalid(InvalidInput):
    """A payload given by a caller breaks the schema of its message."""


class NotFound(OcppCoreError):
    """The thing named does not exist."""


class AlreadyExists(OcppCoreError):
    """A thing with this id exists."""


class StationOffline(OcppCoreError):
    """The station is not connected."""


class NothingToStop(OcppCoreError):
    """No transaction is active where one should be stopped."""


class NotSupportedByVersion(OcppCoreError):
    """The OCPP version of the station's connection has no such message."""


class Unauthorized(OcppCoreError):
    """The caller did not say who he is, or is not believed."""


class Forbidden(OcppCoreError):
    """The caller's role does not allow this."""


class Busy(OcppCoreError):
    """The limit of attempts is reached; `retry_after_s` says when to come again."""

    def __init__(self, detail: str, retry_after_s: float) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class StorageUnavailable(OcppCoreError):
    """The database cannot be reached, or refused to commit."""


class CallFailed(OcppCoreError):
    """A CALL to a station brought no usable answer."""


class Disconnected(CallFailed):
    """The connection ended while the caller waited."""


class CallTimeout(CallFailed):
    """The station did not answer in time."""


class UnusableAnswer(CallFailed):
    """The station's answer breaks the schema of its message."""


class CallRefused(CallFailed):
    """The station answered with a CALLERROR: its code, description and details."""

    def __init__(self, code: str, description: str = "", details: Any = None) -> None:
        super().__init__(f"{code}: {description}" if description else code)
        self.code = code
        self.description = description
        self.details = {} if details is None else details

    def as_sent(self) -> dict[str, Any]:
        """Return the CALLERROR as the station sent it."""
        return {"code": self.code, "description": self.description, "details": self.details}


class Kind(enum.Enum):
    """What a message of a station may break; each OCPP version has its code for each."""

    UNREADABLE = "unreadable"  # no JSON array, or no message id
    FRAMING = "framing"  # the id is readable, the array is not a message
    SYNTAX = "syntax"  # the payload is no object, or JSON that JSON forbids
    MISSING = "missing"  # a required member is absent
    UNKNOWN_MEMBER = "unknown member"
    TYPE = "type"
    LENGTH = "length"
    VALUE = "value"
    OCCURRENCE = "occurrence"
    UNKNOWN_ACTION = "unknown action"
    UNHANDLED_ACTION = "unhandled action"
    SECURITY = "security"
    INTERNAL = "internal"


class Violation(OcppCoreError):
    """A station broke a rule; the description goes out with the CALLERROR."""

    def __init__(self, kind: Kind, description: str) -> None:
        super().__init__(description)
        self.kind = kind
        self.description = description
