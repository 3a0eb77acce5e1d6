"""The command line: `flask <command>`, on plain threads and with a database opened for a moment.

Bad input ends a command with exit code 2 and one line.
"""

from __future__ import annotations

from flask import Flask

from ..config import Config
from .base import SETTINGS, Refusal
from .data import db, import_ocpp_core
from .overview import messages, settings
from .people import keys, users
from .records import charge_tags, stations
from .simulation import simulate

__all__ = ["COMMANDS", "Refusal", "register"]

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


def register(app: Flask, config: Config) -> None:
    """Offer the commands as `flask ...`."""
    app.extensions[SETTINGS] = config
    for command in COMMANDS:
        app.cli.add_command(command)
