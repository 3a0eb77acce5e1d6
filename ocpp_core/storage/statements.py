"""Statements of the hot path: SQL text made once, which the drivers then keep prepared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

import peewee

from . import writer
from .failures import translated

M = TypeVar("M", bound=peewee.Model)


class Statement:
    """One SQL statement with `?` for its parameters, for both databases."""

    __slots__ = ("_texts",)

    def __init__(self, sql: str) -> None:
        self._texts = {"?": sql, "%s": sql.replace("?", "%s")}

    def run(self, *parameters: Any) -> Any:
        """Run it inside the unit of work or query at hand; returns the cursor."""
        store = writer.current().store
        return store.execute_sql(self._texts[store.placeholder], parameters)

    def row(self, *parameters: Any) -> tuple[Any, ...] | None:
        """Run it and return the first row, None where there is none."""
        row: tuple[Any, ...] | None = self.run(*parameters).fetchone()
        return row

    def run_many(self, rows: Iterable[Sequence[Any]]) -> None:
        """Run it once for each row of parameters, in one call of the driver."""
        store = writer.current().store
        with translated:  # as in execute_sql: the writer must know what passes
            store.cursor().executemany(self._texts[store.placeholder], list(rows))


class Lookup(Generic[M]):
    """Finds one row of a table by a fixed condition; the ORM would make the SQL anew each time."""

    def __init__(self, model: type[M], condition: str) -> None:
        self._model = model
        self._condition = condition

    def find(self, *parameters: Any) -> M | None:
        """Return the row as an instance of its model, None where there is none."""
        row = self._statement.row(*parameters)
        if row is None:
            return None
        found = self._model(__no_default__=True)
        found.__data__.update(
            (name, read(value)) for (name, read), value in zip(self._columns, row, strict=True)
        )
        return found

    @cached_property
    def _columns(self) -> list[tuple[str, Any]]:
        fields = self._model._meta.sorted_fields
        return [(field.name, field.python_value) for field in fields]

    @cached_property
    def _statement(self) -> Statement:
        meta = self._model._meta
        columns = ", ".join(field.column_name for field in meta.sorted_fields)
        text = f"SELECT {columns} FROM {meta.table_name} WHERE {self._condition}"  # noqa: S608 - ours
        return Statement(text)
