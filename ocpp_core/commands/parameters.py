"""Kinds of parameters that several commands have, and which OCPP versions have a parameter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import Field

HIGHEST_CONNECTOR = 9_999

Connector = Annotated[int, Field(ge=1, le=HIGHEST_CONNECTOR)]  # EVSE of the same number in 2.x
ConnectorOrStation = Annotated[int, Field(ge=0, le=HIGHEST_CONNECTOR)]  # 0: the whole station


class Only:
    """Marks a parameter, or some of its values, that not every OCPP version has.

    >>> evse: Annotated[Connector | None, Only("v2")]
    >>> message: Annotated[Trigger, Only("v16", values={Trigger.DIAGNOSTICS_STATUS_NOTIFICATION})]
    """

    def __init__(self, *dialects: str, values: Iterable[Any] = ()) -> None:
        self.dialects = frozenset(dialects)
        self.values = frozenset(values)  # none: the whole parameter

    def excludes(self, dialects: Sequence[str]) -> bool:
        """Tell whether a version with these dialects does without."""
        return self.dialects.isdisjoint(dialects)
