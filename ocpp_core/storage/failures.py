"""What databases raise, seen the same way whichever it is."""

from __future__ import annotations

import peewee
from playhouse.pool import MaxConnectionsExceeded

TROUBLE = (peewee.PeeweeException, MaxConnectionsExceeded)
translated = peewee.__exception_wrapper__  # type: ignore[attr-defined] # drivers' errors, as peewee's


def first_line(error: Exception) -> str:
    """Return what an error says, in one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
