"""The one place of the package that knows gevent: runs blocking C work beside the green threads.

Everything here also works on plain threads, where it does the obvious.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple, cast

import gevent
from gevent import monkey
from gevent._hub_local import get_hub_if_exists  # get_hub would make a hub for a native thread
from gevent.threadpool import ThreadPool

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_LAST = -2  # lowest priority among the watchers of libev


def is_green() -> bool:
    """Tell whether the threads of this process are green."""
    return bool(monkey.is_module_patched("threading"))


def breathe() -> None:
    """Let all others run, those too whose sockets and timers are due; plain threads need no pause.

    After a sleep of zero gevent would look at sockets and timers at every fiftieth pause only.
    """
    if not is_green():
        return
    hub = gevent.get_hub()
    idle, round_is_over = hub.loop.idle(), hub.loop.check(priority=_LAST)
    idle.start(_nothing)  # the loop looks, and does not wait
    try:
        hub.wait(round_is_over)
    finally:
        idle.stop()
        idle.close()
        round_is_over.close()


def native(function: Callable[[*Ts], T], *args: *Ts) -> T:
    """Run work that holds the processor in a native thread, and wait for it.

    For C code that lets the interpreter go (argon2, scrypt): other green threads run meanwhile.
    The function must not touch green locks, queues or sockets. Its exception is raised here
    unchanged. On plain threads, and in a native thread already, it is simply called.
    """
    return _apply(_processor, function, args)


def on_disk(function: Callable[[*Ts], T], *args: *Ts) -> T:
    """Run work that waits for the disk (COMMIT, checkpoints) as `native` does.

    Its threads are its own: a commit never waits behind passwords that are being hashed.
    """
    return _apply(_disk, function, args)


def on_files(function: Callable[[*Ts], T], *args: *Ts) -> T:
    """Run work that packs a file as `native` does, one file after the other.

    It may take seconds, so its thread is its own: no password waits behind it.
    """
    return _apply(_files, function, args)


@functools.cache
def _processor() -> ThreadPool:
    return ThreadPool(max(1, (os.cpu_count() or 1) - 1))  # one is for the green threads


@functools.cache
def _disk() -> ThreadPool:
    return ThreadPool(2)  # a commit beside a checkpoint


@functools.cache
def _files() -> ThreadPool:
    return ThreadPool(1)


def _apply(pool: Callable[[], ThreadPool], function: Callable[[*Ts], T], args: tuple[*Ts]) -> T:
    hub = get_hub_if_exists() if is_green() else None
    if hub is None or not hub.main_hub:
        return function(*args)
    value, error = pool().apply(_outcome, (function, args))
    if error is not None:
        raise error
    return cast(T, value)


def _nothing() -> None:
    """Do so."""


def _outcome(
    function: Callable[[*Ts], T], args: tuple[*Ts]
) -> tuple[T | None, BaseException | None]:
    """Return value or exception: gevent prints a traceback for what a pool function raises."""
    try:
        return function(*args), None
    except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
        return None, error
