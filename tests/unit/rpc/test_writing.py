"""Frames on their way out."""

import enum
import json
from decimal import Decimal
from types import MappingProxyType

import pytest

from ocpp_core.errors import PayloadInvalid
from ocpp_core.rpc import frames


class Status(str, enum.Enum):  # noqa: UP042  # as the library's enums are made
    ACCEPTED = "Accepted"


def test_frames_are_compact_and_keep_the_order_of_members():
    payload = {"b": 1, "a": {"d": None, "c": [1, 2]}}
    written = '{"b":1,"a":{"d":null,"c":[1,2]}}'
    assert frames.call("id", "Reset", payload) == f'[2,"id","Reset",{written}]'
    assert frames.result("id", payload) == f'[3,"id",{written}]'
    assert frames.send("id", "Notify", payload) == f'[6,"id","Notify",{written}]'


def test_errors_have_five_elements_whatever_is_given():
    assert frames.error("id", "GenericError") == '[4,"id","GenericError","",{}]'
    assert frames.error("-1", "X", "text", {"a": 1}) == '[4,"-1","X","text",{"a":1}]'
    assert frames.result_error("id", "X", "text") == '[5,"id","X","text",{}]'


def test_descriptions_are_cut_to_255_characters():
    assert len(json.loads(frames.error("id", "X", "ü" * 300))[3]) == 255
    assert len(json.loads(frames.result_error("id", "X", "ü" * 300))[3]) == 255


def test_enums_and_decimals_are_written_as_json_has_them():
    payload = {"status": Status.ACCEPTED, "limit": Decimal("16.5"), "whole": Decimal("16.0")}
    expected = '[3,"id",{"status":"Accepted","limit":16.5,"whole":16}]'
    assert frames.result("id", payload) == expected


def test_any_mapping_is_a_payload():
    assert frames.result("id", MappingProxyType({"a": 1})) == '[3,"id",{"a":1}]'


def test_text_is_written_as_it_is():
    assert frames.result("id", {"a": 'ü😀"\n'}) == '[3,"id",{"a":"ü😀\\"\\n"}]'


@pytest.mark.parametrize("value", ["\ud800", 2**70, object(), Decimal("Infinity")])
def test_what_json_cannot_hold_is_refused(value):
    with pytest.raises(PayloadInvalid):
        frames.call("id", "DataTransfer", {"data": value})
