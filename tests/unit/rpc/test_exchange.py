"""The state of one connection: answers find their calls, and nothing else does."""

import json
import uuid

import pytest

from ocpp_core.errors import CallRefused, Kind, PayloadInvalid, UnusableAnswer
from ocpp_core.rpc import frames
from ocpp_core.rpc.exchange import Answered, Exchange, Ignored, digest
from ocpp_core.rpc.frames import Call, Malformed, Send


@pytest.fixture
def exchange():
    return Exchange(frozenset({2, 3, 4, 5, 6}))


def test_a_call_has_a_fresh_id_of_36_characters(exchange):
    message_id, text = exchange.call("Reset", {"type": "Soft"})
    assert json.loads(text) == [2, message_id, "Reset", {"type": "Soft"}]
    assert len(message_id) == 36
    assert uuid.UUID(message_id).version == 4
    assert exchange.call("Reset", {})[0] != message_id


def test_an_answer_ends_its_call_once(exchange):
    message_id, _ = exchange.call("Reset", {})
    answer = frames.result(message_id, {"status": "Accepted"})
    assert exchange.receive(answer) == Answered(message_id, "Reset", {"status": "Accepted"})
    assert isinstance(exchange.receive(answer), Ignored)


def test_a_refusal_ends_its_call_with_the_station_s_words(exchange):
    message_id, _ = exchange.call("Reset", {})
    answered = exchange.receive(frames.error(message_id, "NotSupported", "no", {"a": 1}))
    assert isinstance(answered, Answered)
    assert isinstance(answered.error, CallRefused)
    assert (answered.error.code, answered.error.description) == ("NotSupported", "no")
    assert answered.error.details == {"a": 1}


def test_the_shortest_refusal_ends_its_call(exchange):
    message_id, _ = exchange.call("Reset", {})
    answered = exchange.receive(f'[4,"{message_id}"]')
    assert isinstance(answered.error, CallRefused)
    assert answered.error.details == {}


@pytest.mark.parametrize(
    "rest", ["", ",{},{}", ",[]", ",7", ',{"a":1,"a":2}', ',{"a":1e400}', ',{"a":', ",{'a'"]
)
@pytest.mark.parametrize("message_type", ["3", '"3"', "3.0"])
def test_a_broken_answer_ends_its_call_as_unusable(exchange, message_type, rest):
    message_id, _ = exchange.call("Reset", {})
    answered = exchange.receive(f'[{message_type},"{message_id}"{rest}]')
    assert isinstance(answered, Answered)
    assert (answered.message_id, answered.action) == (message_id, "Reset")
    assert isinstance(answered.error, UnusableAnswer)


def test_answers_find_their_calls_in_any_order(exchange):
    first, _ = exchange.call("Reset", {})
    second, _ = exchange.call("ClearCache", {})
    assert exchange.receive(frames.result(second, {})).action == "ClearCache"
    assert exchange.receive(frames.result(first, {})).action == "Reset"


def test_answers_to_nothing_are_ignored(exchange):
    for text in ['[3,"x",{}]', '[4,"x"]', '[3,"x"]', "[3]", '[3,"x",{"a":']:
        assert isinstance(exchange.receive(text), Ignored)


def test_a_late_answer_to_a_call_given_up_is_ignored(exchange):
    message_id, _ = exchange.call("Reset", {})
    exchange.forget(message_id)
    exchange.forget(message_id)
    assert isinstance(exchange.receive(frames.result(message_id, {})), Ignored)


def test_a_station_may_use_our_id_for_a_call_of_its_own(exchange):
    message_id, _ = exchange.call("Reset", {})
    assert exchange.receive(frames.call(message_id, "Heartbeat", {})) == Call(
        message_id, "Heartbeat", {}
    )
    assert isinstance(exchange.receive(f'[2,"{message_id}","Heartbeat"]'), Malformed)
    assert isinstance(exchange.receive(f'[6,"{message_id}","X"]'), Ignored)
    assert isinstance(exchange.receive(f'[5,"{message_id}","X","",{{}}]'), Ignored)
    assert exchange.receive(frames.result(message_id, {})).action == "Reset"


def test_messages_of_the_station_are_handed_on(exchange):
    assert exchange.receive('[2,"x","Heartbeat",{}]') == Call("x", "Heartbeat", {})
    assert exchange.receive('[6,"x","Notify",{}]') == Send("x", "Notify", {})
    malformed = exchange.receive("nonsense")
    assert (malformed.message_id, malformed.kind) == ("-1", Kind.UNREADABLE)


def test_a_complaint_about_our_answer_is_ignored_with_its_code(exchange):
    ignored = exchange.receive('[5,"x","FormatViolation","text",{}]')
    assert isinstance(ignored, Ignored)
    assert (ignored.message_id, ignored.code) == ("x", "FormatViolation")


def test_unknown_message_types_are_ignored():
    assert isinstance(Exchange(frozenset({2, 3, 4})).receive('[6,"x","Notify",{}]'), Ignored)


def test_a_payload_that_cannot_be_written_waits_for_nothing(exchange):
    with pytest.raises(PayloadInvalid):
        exchange.call("DataTransfer", {"data": "\ud800"})


def test_the_digest_looks_at_content_only():
    assert digest({"a": 1, "b": {"c": 2, "d": 3}}) == digest({"b": {"d": 3, "c": 2}, "a": 1})
    assert digest({"a": 1}) != digest({"a": "1"})
    assert digest({"a": 1}) != digest({"a": 1.0})
