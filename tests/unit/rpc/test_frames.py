"""Text to frames: what is tolerated, what is answered, and with which id."""

import json

import pytest

from ocpp_core.errors import Kind
from ocpp_core.rpc import frames
from ocpp_core.rpc.frames import Call, Error, Malformed, Result, ResultError, Send, Unknown

OLD = frozenset({2, 3, 4})
NEW = frozenset({2, 3, 4, 5, 6})


def read(text):
    return frames.read(text, NEW)


def call_with(payload_text):
    return read(f'[2,"id","Heartbeat",{payload_text}]')


def short(text):
    return ascii(text)[:24]


@pytest.mark.parametrize(
    "text",
    [
        '[2,"id","Heartbeat",{"a":"b c"}]',
        '[2, "id", "Heartbeat", {"a": "b c"}]',
        ' [ 2 ,\r\n\t"id" ,\n"Heartbeat", {\n"a" :\n"b c" } ]\r\n',
        '\ufeff[2,"id","Heartbeat",{"a":"b c"}]',
        '[2,"id","Heartbeat",{"a":"b c"}]\x00',
        '[2,"id","Heart\\u0062eat",{"a":"b\\u0020c"}]',
    ],
    ids=short,
)
def test_calls_are_read_in_every_spelling(text):
    assert read(text) == Call("id", "Heartbeat", {"a": "b c"})


def test_null_stands_for_an_empty_payload():
    assert call_with("null") == Call("id", "Heartbeat", {})
    assert read('[3,"id",null]') == Result("id", {})
    assert read('[6,"id","NotifyPeriodicEventStream",null]').payload == {}


def test_answers_are_read():
    assert read('[3,"id",{"a":1}]') == Result("id", {"a": 1})
    assert read('[4,"id","GenericError","text",{"a":1}]') == Error(
        "id", "GenericError", "text", {"a": 1}
    )


@pytest.mark.parametrize(
    ("text", "code", "description"),
    [
        ('[4,"id"]', "", ""),
        ('[4,"id","GenericError"]', "GenericError", ""),
        ('[4,"id","GenericError","text"]', "GenericError", "text"),
        ('[4,"id",null,null,null]', "", ""),
        ('[4,"id",7,["x"],"details"]', "", ""),
        ('[4,"id","GenericError","text",{},"more"]', "GenericError", "text"),
        ('[4,"id","GenericError","text",{"a":1,"a":2}]', "GenericError", "text"),
    ],
)
def test_a_refusal_counts_however_little_it_says(text, code, description):
    assert read(text) == Error("id", code, description, {})


def test_types_5_and_6_are_read_where_the_version_knows_them():
    assert read('[5,"id","FormatViolation","text",{}]') == ResultError(
        "id", "FormatViolation", "text", {}
    )
    assert read('[6,"id","NotifyPeriodicEventStream",{"id":1}]') == Send(
        "id", "NotifyPeriodicEventStream", {"id": 1}
    )
    assert frames.read('[5,"id","FormatViolation","",{}]', OLD) == Unknown(5)
    assert frames.read('[6,"id","NotifyPeriodicEventStream",{}]', OLD) == Unknown(6)


@pytest.mark.parametrize("text", ['[7,"id"]', "[0]", "[-3,{}]", '[7,"id",NaN]'])
def test_unknown_types_are_named(text):
    assert read(text) == Unknown(json.loads(text)[0])


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "hello",
        "{}",
        "[]",
        "null",
        "7",
        '"[2]"',
        "[" * 100_000,
        '{"a":NaN}',
        "\x00",
        "[[[",
        '[2,"never ends',
        "[2",
        "[2,",
        "[2,}",
        "[NaN",
        '{"2":"id"}',
        "\ud800",
        "[" + "9" * 5000,
    ],
    ids=short,
)
def test_what_is_no_array_with_an_id_is_answered_with_minus_one(text):
    frame = read(text)
    assert (frame.message_id, frame.kind, frame.call) == ("-1", Kind.UNREADABLE, True)


@pytest.mark.parametrize(
    "text",
    [
        "[2]",
        '[2,7,"Heartbeat",{}]',
        '[2,null,"Heartbeat",{}]',
        '[2,["id"],"Heartbeat",{}]',
        '[2,"","Heartbeat",{}]',
        '[2,"\\ud800","Heartbeat",{}]',
        '[2,"\\u0000","Heartbeat",{}]',
    ],
    ids=short,
)
def test_ids_that_cannot_be_sent_back_become_minus_one(text):
    frame = read(text)
    assert (frame.message_id, frame.kind, frame.call) == ("-1", Kind.UNREADABLE, True)


@pytest.mark.parametrize(
    ("length", "echoed"), [(36, None), (37, True), (255, True), (256, False), (100_000, False)]
)
def test_ids_over_36_characters_are_sent_back_up_to_255(length, echoed):
    message_id = "ü" * length
    frame = read(json.dumps([2, message_id, "Heartbeat", {}]))
    if echoed is None:
        assert frame == Call(message_id, "Heartbeat", {})
    else:
        assert (frame.kind, frame.call) == (Kind.FRAMING, True)
        assert frame.message_id == (message_id if echoed else "-1")


@pytest.mark.parametrize(
    "text",
    [
        '[2,"id"]',
        '[2,"id","Heartbeat"]',
        '[2,"id","Heartbeat",{},{}]',
        '[2,"id",{}]',
        '[2,"id","",{}]',
        '[2,"id",7,{}]',
        '[2,"id",null,{}]',
        '[2,"id",["Heartbeat"],{}]',
    ],
    ids=short,
)
def test_arrays_that_are_no_call_are_answered_with_their_id(text):
    frame = read(text)
    assert (frame.message_id, frame.kind, frame.call) == ("id", Kind.FRAMING, True)


@pytest.mark.parametrize("start", ['"2"', "2.0", "true", "null", "[2]", '"x"', str(2**64)])
def test_a_message_type_that_is_no_integer_is_answered(start):
    frame = read(f'[{start},"id","Heartbeat",{{}}]')
    assert (frame.message_id, frame.kind, frame.call) == ("id", Kind.FRAMING, True)


@pytest.mark.parametrize(("start", "kind"), [('"3"', 3), ("3.0", 3), ('"4"', 4), ("4.0", 4)])
def test_what_looks_like_an_answer_is_owed_none(start, kind):
    frame = read(f'[{start},"id",{{}}]')
    assert (frame.call, frame.message_type, frame.message_id) == (False, kind, "id")


@pytest.mark.parametrize(
    "payload",
    [
        "[]",
        "[{}]",
        '"text"',
        "7",
        "true",
        '{"a":1,"a":1}',
        '{"a":{"b":[{"c":1,"c":2}]}}',
        '{"a":NaN}',
        '{"a":-Infinity}',
        '{"a":"\\ud800"}',
        "{",
        '{"a"',
        '{"a":1}}',
        "{'a':1}",
        '{"a":01}',
        '{"a":"\t"}',
        '{"a":1,}',
        '{"a":tru',
        "[" * 300 + "]" * 300,
        '{"a":' + "[" * 300 + "]" * 300 + "}",
        '{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"a":' + "[" * 1000 + '"\\u0000"' + "]" * 1000 + "}",
    ],
    ids=short,
)
def test_payloads_that_are_no_json_object_are_answered_with_the_call_s_id(payload):
    frame = call_with(payload)
    assert (frame.message_id, frame.kind, frame.call) == ("id", Kind.SYNTAX, True)


@pytest.mark.parametrize(
    "number",
    [
        "1e400",
        "-1e400",
        str(2**53),
        str(-(2**53)),
        str(2**64),
        "1" + "0" * 20,
        "9" * 5000,
        "-" + "9" * 400,
    ],
    ids=short,
)
def test_numbers_beyond_the_limits_are_a_violation_of_values(number):
    frame = call_with('{"a":[{"b":' + number + "}]}")
    assert (frame.message_id, frame.kind, frame.call) == ("id", Kind.VALUE, True)


@pytest.mark.parametrize("number", [2**53 - 1, 1 - 2**53, 1e300, 1.5, -0.0, 1e-300])
def test_numbers_within_the_limits_are_kept(number):
    assert call_with(json.dumps({"a": number})).payload == {"a": number}
    assert call_with('{"a":1.50,"b":-0}').payload == {"a": 1.5, "b": 0}


def test_a_hundred_levels_are_read():
    nested = "[" * 100 + "]" * 100
    assert call_with('{"a":' + nested + "}").payload == {"a": json.loads(nested)}


def test_the_character_nul_is_removed_everywhere():
    frame = read('[2,"i\\u0000d","Heart\\u0000beat",{"a\\u0000":["b\\u0000c",{"d":"\\\\u0000"}]}]')
    assert frame == Call("id", "Heartbeat", {"a": ["bc", {"d": "\\u0000"}]})


def test_blanks_inside_text_do_not_hide_a_member_sent_twice():
    assert call_with('{"a b":"c d", "a b":"c d"}').kind is Kind.SYNTAX
    assert call_with('{"a b":"c d", "ab":"c d"}').payload == {"a b": "c d", "ab": "c d"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('[3,"id"]', Kind.FRAMING),
        ('[3,"id",{},{}]', Kind.FRAMING),
        ('[3,"id",[]]', Kind.SYNTAX),
        ('[3,"id","text"]', Kind.SYNTAX),
        ('[3,"id",{"a":1,"a":2}]', Kind.SYNTAX),
        ('[3,"id",{"a":', Kind.SYNTAX),
        ('[3,"id",{"a":1e400}]', Kind.VALUE),
        ('[4,"id","GenericError', Kind.SYNTAX),
        ('[6,"id","NotifyPeriodicEventStream"]', Kind.FRAMING),
        ('[6,"id","NotifyPeriodicEventStream",[]]', Kind.SYNTAX),
    ],
)
def test_broken_answers_are_owed_nothing_but_keep_their_id(text, kind):
    frame = read(text)
    assert isinstance(frame, Malformed)
    assert (frame.message_id, frame.kind, frame.call) == ("id", kind, False)
    assert frame.message_type == int(text[1])


@pytest.mark.parametrize("text", ["[3]", "[4]", '[5,""]', "[6]", "[3,7,{}]", '[4,["id"]]'])
def test_answers_without_an_id_are_owed_nothing(text):
    frame = read(text)
    assert (frame.message_id, frame.kind, frame.call) == ("-1", Kind.UNREADABLE, False)


def test_descriptions_repeat_nothing_of_the_message():
    for text in ['[2,"id","Secret"]', '[2,"id","A",{"Secret":1,"Secret":2}]', '[2,"id","A",Secret']:
        assert "Secret" not in read(text).description
