"""Processes that the benchmark starts: what they use, and that they end (Linux: /proc)."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, TypeVar

PR_SET_PDEATHSIG = 1  # prctl(2)
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
STOP_S = 15.0

T = TypeVar("T")

_libc = ctypes.CDLL(None)


def spawn(
    command: Sequence[str],
    *,
    cwd: Path,
    log: IO[bytes],
    environment: Mapping[str, str] | None = None,
    pipes: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a process that is told to end when the benchmark dies, however that happens."""
    pipe = subprocess.PIPE if pipes else None
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=environment,
        stdin=pipe or subprocess.DEVNULL,
        stdout=pipe or log,
        stderr=log,
        preexec_fn=_end_with_parent,  # noqa: PLW1509 - one call of C, no lock is taken
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children: gracefully, else by force. Repeating it does nothing."""
    if process.poll() is not None:
        return
    family = tree(process.pid)
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        for pid in family:
            _kill(pid)
        process.wait()


def tree(pid: int) -> list[int]:
    """Return a process and all below it."""
    found = [pid]
    for each in found:
        for task in _listed(Path(f"/proc/{each}/task")):
            found += [int(child) for child in _text(task / "children").split()]
    return found


def cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process and its children, living and ended: user and system."""
    ticks = 0
    for each in tree(pid):
        fields = _text(Path(f"/proc/{each}/stat")).rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime
    return ticks / TICKS_PER_S


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process and its children."""
    pages = (_text(Path(f"/proc/{each}/statm")).split() for each in tree(pid))
    return sum(int(fields[1]) * PAGE for fields in pages if fields)


def _listed(folder: Path) -> list[Path]:
    return _or_gone(lambda: list(folder.iterdir()), [])


def _text(file: Path) -> str:
    return _or_gone(file.read_text, "")


def _or_gone(read: Callable[[], T], otherwise: T) -> T:
    try:
        return read()
    except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
        return otherwise


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _end_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
