"""The order in which the records of an OCPP.Core database are taken over."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from . import connectors, source, stations, tags, transactions
from .summary import Summary


def take_over(file: Path, now: datetime) -> Summary:
    """Take over what is not there yet from OCPP.Core's SQLite file, which is only read.

    Each thousand rows are one unit of work; interrupted, it is finished by running it again.
    Raises InvalidInput for a file that is no such database.
    """
    summary = Summary()
    with source.opened(file) as opened:
        summary.tallies += [
            stations.take(opened, now),
            connectors.take(opened),
            tags.take(opened, now),
            transactions.take(opened, now),
        ]
    return summary
