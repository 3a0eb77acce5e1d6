"""Changes to a record: dataclasses whose fields are `UNSET` where nothing shall change."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any, Final


class Unset(enum.Enum):
    """The type of `UNSET`."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


def given(changes: Any) -> dict[str, Any]:
    """Return the fields of a dataclass that are set, by name."""
    values = {field.name: getattr(changes, field.name) for field in dataclasses.fields(changes)}
    return {name: value for name, value in values.items() if value is not UNSET}
