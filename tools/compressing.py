"""Compresses static files once, so that the server does not for each visitor.

`app.css.gz` belongs to `app.css` when both have the same time of change, to the second. The server
looks at that too: a file that was changed since is sent as it is.
"""

from __future__ import annotations

import gzip
import os
from pathlib import Path

KINDS = {".css", ".js", ".svg", ".json"}
SMALLEST = 1024  # bytes; below it the headers weigh more than what is saved


def compress(folder: Path) -> None:
    """Bring the .gz files in a folder and below up to date, and remove those without a source."""
    for file in sorted(folder.rglob("*")):
        if file.suffix == ".gz":
            if not file.with_suffix("").is_file():
                file.unlink()
        elif file.suffix in KINDS and file.stat().st_size >= SMALLEST:
            _compress(file)


def _compress(file: Path) -> None:
    compressed = file.with_name(file.name + ".gz")
    changed_at = int(file.stat().st_mtime)
    if compressed.is_file() and int(compressed.stat().st_mtime) == changed_at:
        return
    partial = file.with_name(file.name + ".gz.partial")
    partial.write_bytes(gzip.compress(file.read_bytes(), compresslevel=9, mtime=0))
    os.utime(partial, (changed_at, changed_at))
    partial.replace(compressed)
