"""Entry of gunicorn and of `flask`: makes the threads green, then creates the application."""

from __future__ import annotations

import os
from collections.abc import Mapping

from gevent import monkey

# gunicorn's gevent worker has patched the process before it loads this module; no other has.
IN_GEVENT_WORKER = monkey.is_module_patched("threading")

if os.environ.get("FLASK_RUN_FROM_CLI") != "true":  # commands of `flask` run on plain threads
    monkey.patch_all()

# Below: what must see the threads that the patch leaves behind.
from flask import Flask  # noqa: E402


def create_app() -> Flask:
    """Create the application for `flask <command>`: the commands alone, which start quickly."""
    from ocpp_core import cli  # noqa: PLC0415 - a server does not need it

    return cli.create_app()


def paste_app_factory(_global_conf: Mapping[str, str], **settings: str) -> Flask:
    """Create the application from [app:main] of the ini file; gunicorn calls this in its worker."""
    from ocpp_core import deploy, factory  # noqa: PLC0415 - a command does not need them
    from ocpp_core.errors import ConfigurationError, StorageUnavailable  # noqa: PLC0415

    deploy.check_worker(green=IN_GEVENT_WORKER)
    try:
        return factory.create_app(settings, serving=True)
    except (ConfigurationError, StorageUnavailable) as error:
        deploy.refuse(str(error))
