"""Kinds of parameters that several commands have."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

HIGHEST_CONNECTOR = 9_999

Connector = Annotated[int, Field(ge=1, le=HIGHEST_CONNECTOR)]  # EVSE of the same number in 2.x
ConnectorOrStation = Annotated[int, Field(ge=0, le=HIGHEST_CONNECTOR)]  # 0: the whole station
