"""Runs all tests in two processes side by side: `python -m tools.run_tests [pytest's options]`.

Most tests wait for servers, browsers and databases; one after the other they would take over ten
minutes. The first share is shown as it runs, the second when both have ended; so the last line is
pytest's own. Ends with 1 when a test of either failed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("tests/browser", "tests/integration/pages")


def main(options: list[str]) -> int:
    """Run both shares; returns the exit status."""
    rest = [f"--ignore={folder}" for folder in PAGES]
    with tempfile.TemporaryFile() as told:
        pages = _start([*PAGES, "-o", "cache_dir=.pytest_cache/pages", *options], told)
        try:
            failed = _start([*rest, *options], None).wait()
            failed = pages.wait() or failed
        except KeyboardInterrupt:
            pages.terminate()
            pages.wait()
            return 130
        told.seek(0)
        sys.stdout.write(told.read().decode(errors="replace"))
        sys.stdout.flush()
    return 1 if failed else 0


def _start(arguments: list[str], output: IO[bytes] | None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
