"""Makes .venv and installs the pinned packages: `python3 tools/set_up.py FILE...`.

What is done already is not done again, offline and at once. A set-up that was interrupted, or
belongs to another version of Python, starts anew. Runs on the system's Python: standard library
only.
"""

from __future__ import annotations

import fcntl
import filecmp
import os
import platform
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STATE = VENV / "set-up"  # copies of what is installed
READY = STATE / "python"  # the version of Python; absent while the environment is being made
UNDER_WAY = STATE / "installing"  # present while packages are being installed
PYTHON = ".".join(platform.python_version_tuple()[:2])


def main(files: list[str]) -> int:
    """Bring .venv up to the given files; returns the exit status."""
    lock = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)  # a second `make` waits
    try:
        if not _usable():
            _make()
        for file in files:
            if not _installed(file):
                _install(file)
    except subprocess.CalledProcessError as error:
        if error.returncode > 0:  # pip gave up by itself, nearly always before it changed anything
            UNDER_WAY.unlink(missing_ok=True)
        sys.stderr.write(f"set-up failed: {' '.join(error.cmd)}\n")
        return 1
    return 0


def _usable() -> bool:
    if UNDER_WAY.exists() or not READY.exists() or READY.read_text() != PYTHON:
        return False
    return subprocess.run([VENV / "bin" / "python", "-c", ""], check=False).returncode == 0


def _make() -> None:
    _say(f"Making .venv with Python {platform.python_version()}")
    venv.create(VENV, clear=True, with_pip=True)
    STATE.mkdir()
    READY.write_text(PYTHON)


def _installed(file: str) -> bool:
    copy = _copy(file)
    return copy.exists() and filecmp.cmp(ROOT / file, copy, shallow=False)


def _copy(file: str) -> Path:
    return STATE / file.replace("/", "-")


def _install(file: str) -> None:
    _say(f"Installing {file}")
    UNDER_WAY.touch()
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "-qq", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "install", "--no-input", "--require-hashes", "-r", file], cwd=ROOT, check=True
    )
    shutil.copyfile(ROOT / file, _copy(file))
    UNDER_WAY.unlink()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
