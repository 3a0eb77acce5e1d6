"""Statements of the hot path: SQL text made once, which the drivers then keep prepared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from . import writer
from .database import translated


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
