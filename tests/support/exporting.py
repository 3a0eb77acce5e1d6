"""Reports on and exports many sessions on green threads, and measures how long others wait.

    python -m gevent.monkey tests/support/exporting.py <SQLite file with all tables>

prints as JSON the longest time, in seconds of the processor, between two ticks of another thread
during each job, and what the job made.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from babel import Locale

from ocpp_core import green
from ocpp_core.models.transactions import Transaction
from ocpp_core.services import charge_report, transaction_export
from ocpp_core.storage import database, writer
from ocpp_core.storage.writer import Writer, unit_of_work
from ocpp_core.web.tables import csv, written, xlsx
from ocpp_core.web.tables.table import Column, Kind, Table

SESSIONS = 3000
SINCE = datetime(2026, 5, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=31)
FORMATS = written.formats(Locale.parse("de"), UTC)
COLUMNS = (
    Column("ID", Kind.NUMBER),
    *(Column(name) for name in ("Station", "Tag", "Stop tag")),
    *(Column(name, Kind.MOMENT) for name in ("Start", "Stop")),
    *(Column(name, Kind.ENERGY) for name in ("From", "To", "Energy")),
)


@unit_of_work
def fill() -> None:
    """Add sessions, each of a tag of its own."""
    rows = []
    for number in range(1, SESSIONS + 1):
        at = SINCE + timedelta(minutes=number)
        row = {"id": number, "uid": str(number), "station_id": f"CP{number % 50}", "active": False}
        row |= {"evse_id": 1, "connector_id": 1, "start_tag": f"T{number}", "started_at": at}
        row |= {"tag_folded": f"t{number}", "stopped_at": at, "stop_tag": f"T{number}"}
        rows.append(row | {"meter_start_wh": 0.0, "meter_last_wh": 1000.0})
    for start in range(0, SESSIONS, 500):
        Transaction.insert_many(rows[start : start + 500]).execute()


def table() -> Table:
    """Return all sessions."""
    bites = (
        [
            (
                *(line.id, line.station, line.start_tag, line.stop_tag),
                *(line.started_at, line.stopped_at),
                *(line.meter_start_wh, line.meter_stop_wh, line.energy_wh),
            )
            for line in bite
        ]
        for bite in transaction_export.charges(SINCE, UNTIL)
    )
    return Table("Transactions", COLUMNS, bites)


def make_csv() -> int:
    """Return the number of lines."""
    return b"".join(csv.written(table(), FORMATS)).count(b"\r\n")


def make_xlsx() -> int:
    """Return the number of rows."""
    with xlsx.made(table(), FORMATS) as file, zipfile.ZipFile(file) as parts:
        return parts.read("xl/worksheets/sheet1.xml").count(b"<row ")


def report() -> int:
    """Return the number of tags."""
    return len(list(charge_report.summary(SINCE, UNTIL).lines()))


def measured(job: Callable[[], int]) -> dict[str, Any]:
    """Run a job beside a thread that ticks."""
    longest, stopped = 0.0, threading.Event()

    def tick() -> None:
        nonlocal longest
        last = time.thread_time()
        while not stopped.is_set():
            time.sleep(0.001)
            now = time.thread_time()
            longest, last = max(longest, now - last), now

    thread = threading.Thread(target=tick)
    thread.start()
    time.sleep(0.01)
    made = job()
    stopped.set()
    thread.join()
    return {"made": made, "longest_s": longest}


def main(file: str) -> dict[str, Any]:
    """Fill the database and run each job."""
    assert green.is_green()
    store = database.connect(f"sqlite:///{file}")
    own_writer = Writer(store)
    writer.use(own_writer)
    fill()
    found = {job.__name__: measured(job) for job in (report, make_csv, make_xlsx)}
    own_writer.close()
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1])) + "\n")
