"""The smallest application that deploy.py can serve: its tests need no stations and no database."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ocpp_core import deploy, green

held: list[tuple[socket.socket, threading.Event]] = []


def make(_global_conf: dict[str, str], **_settings: str) -> Callable[..., Iterable[bytes]]:
    """Create the application and register its functions of the stop."""
    deploy.check_worker(green=True)
    for function in (fail, say_goodbye, flush):
        deploy.on_stop(function)
    return application


def make_unchecked(
    _global_conf: dict[str, str], **_settings: str
) -> Callable[..., Iterable[bytes]]:
    """Create the application in any process, for --print-config."""
    return application


def fail() -> None:
    """Break the stop, which must go on all the same."""
    raise RuntimeError("this function of the stop fails")


def say_goodbye() -> None:
    """Tell every held connection, as stations are told with 1001."""
    for sock, gone in held:
        sock.sendall(b"goodbye")
        gone.set()


def flush() -> None:
    """Leave a trace that is there only when the process waited for this function."""
    time.sleep(0.5)
    Path("flushed").touch()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one of the paths below."""
    answer = PATHS[environ["PATH_INFO"]](environ)
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]


def hold(environ: dict[str, Any]) -> bytes:
    """Keep the connection until the stop, as a station's WebSocket does."""
    gone = threading.Event()
    held.append((environ["gunicorn.socket"], gone))
    environ["gunicorn.socket"].sendall(b"held")
    gone.wait()
    return b""


def slow(_environ: dict[str, Any]) -> bytes:
    """Take longer than the worker needs to notice its stop."""
    time.sleep(1.5)
    return b"finished"


def native(_environ: dict[str, Any]) -> bytes:
    """Work in a native thread that fails, and count how often a green thread ran meanwhile."""
    beats: list[None] = []
    over = threading.Event()
    threading.Thread(target=beat, args=(beats, over), daemon=True).start()
    try:
        green.native(block_and_fail)
    except KeyError as error:
        nested = green.native(lambda: green.native(pow, 2, 5))
        return f"{error.args[0]}, {nested}, {len(beats) > 3}".encode()
    finally:
        over.set()
    return b"not raised"


def beat(beats: list[None], over: threading.Event) -> None:
    """Count until it is over."""
    while not over.wait(0.01):
        beats.append(None)


def block_and_fail() -> None:
    """Hold this native thread in C code that lets the interpreter go, then fail."""
    hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 1_000_000)
    raise KeyError("unchanged")


PATHS = {"/": lambda _environ: b"hello", "/hold": hold, "/slow": slow, "/native": native}
