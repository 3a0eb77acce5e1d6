"""The one place of the package that knows gevent: runs blocking C work beside the green threads.

Everything here also works on plain threads, where it does the obvious.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple, cast

import gevent
from gevent import monkey
from gevent._hub_local import get_hub_if_exists  # get_hub would make a hub for a native thread

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


def is_green() -> bool:
    """Tell whether the threads of this process are green."""
    return bool(monkey.is_module_patched("threading"))


def breathe() -> None:
    """Let other green threads run; plain threads need no such pause."""
    if is_green():
        gevent.sleep(0)


def native(function: Callable[[*Ts], T], *args: *Ts) -> T:
    """Run work that holds the processor or the disk in a native thread, and wait for it.

    For C code that lets the interpreter go (argon2, scrypt, fsync, COMMIT): other green threads
    run meanwhile. The function must not touch green locks, queues or sockets. Its exception is
    raised here unchanged. On plain threads, and in a native thread already, it is simply called.
    """
    hub = get_hub_if_exists() if is_green() else None
    if hub is None or not hub.main_hub:
        return function(*args)
    value, error = hub.threadpool.apply(_outcome, (function, args))
    if error is not None:
        raise error
    return cast(T, value)


def _outcome(
    function: Callable[[*Ts], T], args: tuple[*Ts]
) -> tuple[T | None, BaseException | None]:
    """Return value or exception: gevent prints a traceback for what a pool function raises."""
    try:
        return function(*args), None
    except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
        return None, error
