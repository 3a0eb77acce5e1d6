"""The command line: `flask <command>`, on plain threads and with a database opened for a moment.

Bad input ends a command with exit code 2 and one line.
"""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from .. import config
from ..config import Config
from ..errors import ConfigurationError
from .base import SETTINGS, Refusal
from .data import db, import_ocpp_core
from .overview import messages, settings
from .people import keys, users
from .records import charge_tags, stations
from .simulation import simulate

__all__ = ["COMMANDS", "create_app", "register"]

ROOT = Path(__file__).resolve().parent.parent.parent

COMMANDS = (
    users,
    keys,
    stations,
    charge_tags,
    db,
    import_ocpp_core,
    messages,
    simulate,
    settings,
)


def create_app() -> Flask:
    """Create an application that has the commands alone, in a third of the server's time."""
    try:
        settings_of_server = config.load()
    except ConfigurationError as error:
        raise Refusal(str(error)) from error
    app = Flask("ocpp_core", root_path=str(ROOT))
    register(app, settings_of_server)
    return app


def register(app: Flask, settings_of_server: Config) -> None:
    """Offer the commands as `flask ...`."""
    app.extensions[SETTINGS] = settings_of_server
    for command in COMMANDS:
        app.cli.add_command(command)
