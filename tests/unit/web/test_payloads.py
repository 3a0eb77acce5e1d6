"""Texts of messages as pages show them, those that were made to fill pages among them."""

from __future__ import annotations

import json
import time

import pytest

from ocpp_core.web.payloads import readable


def nested(depth, count):
    return "[" * depth + "1," * count + "1" + "]" * depth


def test_json_is_set_out_in_lines():
    text = '{"a":[1,{"b":"ä"}],"a":2}'
    assert readable('{"a":[1,{"b":"ä"}]}').pretty == json.dumps(
        {"a": [1, {"b": "ä"}]}, indent=2, ensure_ascii=False
    )
    assert readable(text).raw == text


@pytest.mark.parametrize("depth", [1, 3, 12])
def test_what_stations_send_is_set_out_however_deep_it_is(depth):
    assert readable(nested(depth, 3)).pretty is not None


@pytest.mark.parametrize(("depth", "count"), [(100, 49_000), (900, 49_000), (900, 1_500)])
def test_nesting_does_not_fill_the_page(depth, count):
    text = nested(depth, count)
    started = time.thread_time()
    shown = readable(text)
    assert time.thread_time() - started < 1  # it took five seconds
    assert shown.raw == text
    assert len(shown.pretty or "") < 11 * len(text)
