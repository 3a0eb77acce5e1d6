"""The OCPP versions that stations may speak."""

from __future__ import annotations

from .base import Handlers
from .v16 import Handlers16
from .v21 import Handlers21
from .v201 import Handlers201

ALL: tuple[type[Handlers], ...] = (Handlers16, Handlers201, Handlers21)
BY_SUBPROTOCOL: dict[str, type[Handlers]] = {each.subprotocol: each for each in ALL}
BY_VERSION: dict[str, type[Handlers]] = {each.version: each for each in ALL}
