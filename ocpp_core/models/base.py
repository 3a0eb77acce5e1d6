"""What all tables share: the database they are bound to and the field of a moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, overload

import peewee

from .. import clock

database = peewee.DatabaseProxy()


@overload
def moment(value: None) -> None: ...
@overload
def moment(value: int | datetime) -> datetime: ...
def moment(value: int | datetime | None) -> datetime | None:
    """Return the aware UTC moment that a driver's value stands for."""
    if value is None:
        return None
    if isinstance(value, int):
        return clock.from_milliseconds(value)
    return value.astimezone(UTC)


class MomentField(peewee.Field):
    """An aware UTC moment: milliseconds since 1970 in SQLite, TIMESTAMPTZ in PostgreSQL."""

    field_type = "MOMENT"

    def db_value(self, value: datetime | None) -> datetime | None:
        """Hand the moment to the driver, which knows its own form."""
        return value

    def python_value(self, value: int | datetime | None) -> datetime | None:
        """Make an aware UTC moment of what the driver returned."""
        return moment(value)


class Model(peewee.Model):
    """Base of all tables."""

    if TYPE_CHECKING:  # mypy refuses the form in which the stubs declare it

        @classmethod
        def delete(cls) -> peewee.ModelDelete: ...

    class Meta:
        database = database
        legacy_table_names = False
