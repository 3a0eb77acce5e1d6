"""Log lines: a constant message and its fields as `key=value`, one line per entry.

`station` and `request` come from the context variables that each thread sets at its start.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from typing import TextIO

from .. import context

NOISY = ("werkzeug", "websockets")  # a line for each request, a line for each frame

_CONTEXT = {"station": context.station, "request": context.request}
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PLAIN = re.compile(r"[^\s\"=\\\x00-\x1f\x7f]+")


def set_up(stream: TextIO | None = None) -> None:
    """Send all entries from INFO up to standard error; again replaces the first time."""
    root = logging.getLogger()
    for handler in [*root.handlers]:
        if isinstance(handler.formatter, Formatter):
            root.removeHandler(handler)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Formatter())
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


class Formatter(logging.Formatter):
    """Writes moment, level, logger, message and fields; whatever they hold, it stays one line.

    Only the traceback of an exception has lines of its own, below.
    """

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__(datefmt="%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of one entry."""
        moment = f"{self.formatTime(record, self.datefmt)}.{int(record.msecs):03}Z"
        parts = [moment, f"{record.levelname:7}", record.name, _one_line(record.getMessage())]
        parts += (f"{name}={_value(value)}" for name, value in _fields(record).items())
        text = " ".join(parts)
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def _fields(record: logging.LogRecord) -> dict[str, object]:
    given = {name: value for name, value in vars(record).items() if name not in _STANDARD}
    bound = {name: variable.get() for name, variable in _CONTEXT.items()}
    return {name: value for name, value in bound.items() if value} | given


def _value(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _one_line(message: str) -> str:
    return message if message.isprintable() else json.dumps(message, ensure_ascii=False)[1:-1]
