"""What people and programs may do: three roles, each including the ones below."""

from __future__ import annotations

import enum


class Role(enum.StrEnum):
    """A role by its public name."""

    VIEWER = "viewer"  # sees
    OPERATOR = "operator"  # commands stations
    ADMINISTRATOR = "administrator"  # changes records and settings

    def includes(self, other: Role) -> bool:
        """Tell whether who has this role may do what `other` may."""
        return _ORDER.index(self) >= _ORDER.index(other)


_ORDER = tuple(Role)
