"""Log lines: one per entry, with fields and context."""

from __future__ import annotations

import io
import logging
import re
import threading

import pytest

from ocpp_core import context
from ocpp_core.observability import logs

log = logging.getLogger("ocpp_core.test")


@pytest.fixture
def stream():
    root = logging.getLogger()
    before = root.level, [*root.handlers]
    stream = io.StringIO()
    tokens = [(each, each.set("")) for each in (context.station, context.request)]
    logs.set_up(stream)
    yield stream
    root.level, root.handlers[:] = before
    for variable, token in tokens:
        variable.reset(token)


def test_an_entry_is_one_line_with_its_fields(stream):
    log.info("connection ended", extra={"station": "CP1", "code": 1006, "reason": "no more"})
    line = stream.getvalue()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO    ocpp_core\.test connection ended "
        r'station=CP1 code=1006 reason="no more"\n',
        line,
    )


@pytest.mark.parametrize(
    "text",
    ["two\nlines", "return\rhere", 'quote"d', "tab\there", "\x1b[31mred", "a=b", "", "\u2028"],
)
def test_what_others_send_cannot_forge_lines_or_fields(stream, text):
    log.warning("unknown station", extra={"id": text})
    log.warning("odd message %s", text)
    lines = stream.getvalue().split("\n")
    assert len(lines) == 3
    assert "\x1b" not in stream.getvalue()
    assert "\r" not in stream.getvalue()
    assert re.search(r'id="(?:[^"\\]|\\.)*"$', lines[0])


def test_station_and_request_come_from_the_thread(stream):
    def work():
        context.station.set("CP7")
        context.request.set("r-1")
        log.info("inside")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    log.info("outside")
    inside, outside = stream.getvalue().splitlines()
    assert inside.endswith("inside station=CP7 request=r-1")
    assert outside.endswith("outside")


def test_a_field_of_the_entry_wins_over_the_context(stream):
    def work():
        context.station.set("CP7")
        log.info("named", extra={"station": "CP8"})

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert "station=CP8" in stream.getvalue()
    assert "CP7" not in stream.getvalue()


def test_a_traceback_follows_its_entry(stream):
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("handler failed", extra={"action": "Heartbeat"})
    first, *rest = stream.getvalue().splitlines()
    assert first.endswith("handler failed action=Heartbeat")
    assert rest[0].startswith("Traceback")
    assert rest[-1] == "ValueError: broken"


def test_setting_up_again_writes_each_entry_once(stream):
    logs.set_up(stream)
    log.info("once")
    assert stream.getvalue().count("once") == 1


def test_what_is_noisy_is_quiet(stream):
    logging.getLogger("werkzeug").info("GET /")
    logging.getLogger("websockets.server").info("connection open")
    log.debug("detail")
    assert stream.getvalue() == ""
