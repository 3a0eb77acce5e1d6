"""The stream of a page: what there is, then what happens, until the log-in ends."""

import time

import pytest

from ocpp_core.errors import StorageUnavailable
from ocpp_core.web import feeds
from ocpp_core.web.feeds import BEAT, Feed
from ocpp_core.web.live_events import HEARTBEAT


class Happening:
    """Stands for the events: notes when it is closed."""

    def __init__(self, *texts):
        self._texts = iter((b"hello", *texts))
        self.closed = False

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._texts)

    def close(self):
        self.closed = True


def always():
    return True


def test_first_comes_hello_then_what_there_is_then_what_happens():
    assert list(Feed(Happening(b"x", b"y"), [b"1", b"2"], always)) == [
        b"hello", b"1", b"2", b"x", b"y",
    ]  # fmt: skip


def test_a_heartbeat_is_something_that_scripts_can_see():
    assert list(Feed(Happening(HEARTBEAT), [], always))[1:] == [BEAT]


def test_it_ends_when_the_log_in_has_ended(monkeypatch):
    monkeypatch.setattr(feeds, "CHECK_EVERY_S", 0.0)
    answers = iter([True, False])
    assert list(Feed(Happening(b"x", b"y", b"z"), [], lambda: next(answers))) == [b"hello", b"x"]


def test_the_log_in_is_looked_up_now_and_then_only():
    asked = []
    list(Feed(Happening(b"x", b"y"), [], lambda: not asked.append(1)))
    assert asked == []


def test_what_happens_at_once_goes_out_together():
    started = time.monotonic()
    list(Feed(Happening(b"x", b"y", b"z"), [], always))
    assert time.monotonic() - started >= 2 * feeds.PAUSE_S


def test_closing_it_ends_the_listening():
    happening = Happening()
    Feed(happening, [], always).close()
    assert happening.closed


def test_without_the_database_the_browser_shall_come_back():
    def first():
        yield b"1"
        raise StorageUnavailable("gone")

    assert list(Feed(Happening(b"x"), first(), always)) == [b"hello", b"1"]


@pytest.mark.parametrize(("value", "text"), [("a\nb", b'"a\\nb"'), ({"x": None}, b'{"x":null}')])
def test_an_event_is_one_line(value, text):
    assert feeds.frame("tiles", value) == b"event: tiles\ndata: " + text + b"\n\n"
