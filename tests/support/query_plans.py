"""How the databases find what a function asks for: the plans of its queries."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest

from ocpp_core.storage.database import SqliteStore, Store


@pytest.fixture
def plans(store: Store, caplog: pytest.LogCaptureFixture) -> Callable[..., list[str]]:
    """Return the plans of the queries that a function makes."""
    caplog.set_level(logging.DEBUG, logger="peewee")

    def of(function: Callable[[], Any]) -> list[str]:
        caplog.clear()
        function()
        return [explain(store, *r.msg) for r in caplog.records if is_select(r)]

    return of


def is_select(log_record: Any) -> bool:
    """Tell whether an entry of peewee's log is a query."""
    return isinstance(log_record.msg, tuple) and log_record.msg[0].startswith("SELECT")


def explain(store: Store, sql: str, parameters: Any) -> str:
    """Return the plan of one query."""
    with store.connection_context():
        if isinstance(store, SqliteStore):
            rows = store.execute_sql(f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall()
        else:
            # On empty tables everything is cheap: let it show that an index gives the order.
            for kind in ("seqscan", "bitmapscan", "sort"):
                store.execute_sql(f"SET enable_{kind} = off")
            rows = store.execute_sql(f"EXPLAIN {sql}", parameters).fetchall()
        return "\n".join(row[-1] for row in rows)


def check(plan: str) -> None:
    """Assert that a plan reads along an index and sorts nothing."""
    assert "Seq Scan" not in plan, plan
    lines = plan.replace("Incremental Sort", "").splitlines()
    assert not any("Sort  (" in line or "FOR ORDER BY" in line for line in lines), plan
    scans = [line for line in lines if line.strip().startswith("SCAN")]
    assert not [line for line in scans if not re.search("USING (COVERING )?INDEX", line)], plan
