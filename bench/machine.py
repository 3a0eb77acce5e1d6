"""The machine while the benchmark ran: facts without a name, and what else it was busy with."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from . import processes
from .figures import percentile

LIBRARIES = (
    *("flask", "flask-sock", "gevent", "gunicorn", "peewee", "orjson", "jsonschema-rs"),
    *("ocpp", "websockets", "aiosqlite", "jsonschema"),
)
DISTURBED = 0.15  # from this share of the processors on, latencies say more about the others
FSYNCS = 50


class Watch:
    """What other processes use of the machine, from the moment that it is made."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._used_s = self._others_s()

    def others_share(self) -> float:
        """Return the share of all processors that others used so far, 0 to 1."""
        spent_s = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        return max(0.0, (self._others_s() - self._used_s) / spent_s)

    @staticmethod
    def _others_s() -> float:
        fields = [int(each) for each in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        idle, waiting = fields[3:5]
        busy_s = (sum(fields) - idle - waiting) / processes.TICKS_PER_S
        return busy_s - processes.cpu_s(os.getpid())


def facts() -> dict[str, Any]:
    """Return what of the machine matters to the figures."""
    return {
        "cpus": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "fsync_ms": fsync_ms(),
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
    }


def fsync_ms() -> dict[str, float]:
    """Return how long the disk of the databases takes to keep a page: p50 and p99."""
    spent_s = []
    with TemporaryFile() as file:
        for _ in range(FSYNCS):
            file.write(b"\0" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fsync(file.fileno())
            spent_s.append(time.perf_counter() - began)
    spent_s.sort()
    return {
        name: round(1000 * percentile(spent_s, q), 3) for name, q in (("p50", 0.5), ("p99", 0.99))
    }
