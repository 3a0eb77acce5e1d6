"""What gunicorn is told: [server:main] of the ini file, our hooks, and when not to start.

gunicorn ignores [server:main] of the file given by --paste, and comes up with one sync worker on
port 8000. `gunicorn.conf.py` therefore publishes `settings()`; the command line and
GUNICORN_CMD_ARGS still win. This module is imported in gunicorn's master, whose threads are plain
and stay so: nothing here imports gevent, or more of the package than errors and the stop.
"""

from __future__ import annotations

import configparser
import gc
import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from gunicorn.arbiter import Arbiter
from gunicorn.config import Config as GunicornConfig
from paste.deploy import loadwsgi

from . import stopping
from .errors import ConfigurationError
from .stopping import on_stop

__all__ = ["check_worker", "on_stop", "refuse", "settings"]

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "tools" / "assets.json"
VENDOR = ROOT / "static" / "vendor"
SPRITE = "icons.svg"  # made by tools/sprite.py
TRANSLATION = ROOT / "ocpp_core" / "translations" / "de" / "LC_MESSAGES" / "messages.mo"


@dataclass
class _Master:
    """What a worker inherits from the master it is forked from."""

    checked: bool = False
    proxies: tuple[str, ...] = ()  # addresses and networks whose headers are believed


_master = _Master()


def refuse(message: str) -> NoReturn:
    """End the start with one line; in a worker too it ends all of gunicorn, without a new try."""
    _write_refusal(message)
    raise SystemExit(Arbiter.WORKER_BOOT_ERROR)


def _write_refusal(message: str) -> None:
    sys.stderr.write(f"Refused to start: {' '.join(message.split())}\n")
    sys.stderr.flush()


def settings() -> dict[str, Any]:
    """Return gunicorn's settings by name: those of [server:main], and the hooks below."""
    hooks = (on_starting, post_worker_init, pre_request, post_request, worker_int, worker_exit)
    return {**_server_section(_ini_file()), **{hook.__name__: hook for hook in hooks}}


def check_worker(*, green: bool) -> None:
    """Refuse a process that was not checked by `on_starting`, or whose threads were not green.

    The hooks are missing when gunicorn is started in another folder; with preload_app or
    --check-config the application is loaded in the master, which must keep its plain threads.
    """
    if not (green and _master.checked):
        refuse(
            "gunicorn must be started in the folder of gunicorn.conf.py,"
            " without preload_app or --check-config"
        )


def trusted_proxies() -> tuple[str, ...]:
    """Return gunicorn's `forwarded_allow_ips`."""
    return _master.proxies


# gunicorn's hooks, in the order in which they are called


def on_starting(server: Any) -> None:
    """Check in the master, before anything is bound or forked, what the start needs."""
    try:
        _check_server(server.cfg)
        _check_assets()
    except ConfigurationError as error:
        refuse(str(error))
    _in_child(_check_settings)
    _master.proxies = tuple(server.cfg.forwarded_allow_ips)
    _master.checked = True


def post_worker_init(worker: Any) -> None:
    """Prepare the worker's graceful stop; its threads are green and its application is loaded."""
    worker.stop = stopping.attach(worker)
    keep_what_is_loaded()


def keep_what_is_loaded() -> None:
    """Let the garbage collector pass over what stays for ever.

    A full collection looks at everything: with 150,000 objects 75 ms, in which nobody else runs.
    """
    gc.collect()
    gc.freeze()


def pre_request(worker: Any, request: Any) -> None:
    """Count the connection as busy: a stop lets its request finish."""
    worker.stop.busy(request.unreader.sock)


def post_request(worker: Any, _request: Any, environ: dict[str, Any], _response: Any) -> None:
    """Count the connection as idle again; environ is empty when no request came to be."""
    if "gunicorn.socket" in environ:
        worker.stop.idle(environ["gunicorn.socket"])


def worker_int(worker: Any) -> None:
    """Stop gracefully on Ctrl-C and SIGQUIT as well, in little time."""
    worker.stop.finish(stopping.QUICK_S)


def worker_exit(_server: Any, worker: Any) -> None:
    """Let the stop finish before the process ends; a worker that never started has none."""
    if worker.pid == os.getpid() and hasattr(worker, "stop"):
        worker.stop.finish(stopping.AT_EXIT_S)


def _ini_file() -> str | None:
    """Return the path of the file given by --paste."""
    path = GunicornConfig().parser().parse_args().paste
    return os.path.abspath(path.split("#")[0]) if path else None


def _server_section(ini: str | None) -> dict[str, str]:
    if ini is None or not os.path.exists(ini):  # gunicorn itself says that it is missing
        return {}
    try:
        section = loadwsgi.loadcontext(loadwsgi.SERVER, f"config:{ini}", name="main").local_conf
    except (LookupError, configparser.Error) as error:
        refuse(f"{ini}: {error}")
    for unknown in sorted(section.keys() - GunicornConfig().settings.keys()):
        refuse(f"unknown setting {unknown} in [server:main] of {ini}")
    return dict(section)


def _app_section(ini: str) -> dict[str, str]:
    """Return [app:main] without loading the application, as PasteDeploy's own way would."""
    parser = loadwsgi.ConfigLoader(ini).parser
    if not parser.has_section("app:main"):
        raise ConfigurationError(f"{ini} has no section [app:main]")
    try:
        return {name: parser.get("app:main", name) for name in parser.options("app:main")}
    except configparser.Error as error:
        raise ConfigurationError(str(error)) from error


def _check_server(config: Any) -> None:
    if config.worker_class_str != "gevent":
        raise ConfigurationError(f"worker_class must be gevent, not {config.worker_class_str}")
    if config.workers != 1:
        raise ConfigurationError(
            f"workers must be 1, not {config.workers}: a station is known to one worker only"
        )


def _check_assets() -> None:
    listed = [file["to"] for file in json.loads(ASSETS.read_text())["files"]]
    for file in [*(VENDOR / name for name in [*listed, SPRITE]), TRANSLATION]:
        if not file.exists():
            raise ConfigurationError(f"{file.relative_to(ROOT)} is missing: run `make assets`")


def _check_settings() -> None:
    from . import config  # noqa: PLC0415 - only in the child, see _in_child

    ini = _ini_file()
    config.load(_app_section(ini) if ini else None)


def _in_child(check: Callable[[], None]) -> None:
    """Run a check in a process of its own, and end the start when it fails.

    Workers are forked from the master: a module imported there before the threads are green
    (pydantic-settings brings asyncio) would keep plain threads in every worker.
    """
    child = os.fork()
    if not child:
        _exit_after(check)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        raise SystemExit(status)


def _exit_after(check: Callable[[], None]) -> NoReturn:
    status = 1
    try:
        check()
        status = 0
    except ConfigurationError as error:
        _write_refusal(str(error))
        status = Arbiter.WORKER_BOOT_ERROR
    except Exception:  # noqa: BLE001 - the child ends here, whatever it is
        traceback.print_exc()
    finally:
        os._exit(status)  # never up into the master's code, which the child has too
