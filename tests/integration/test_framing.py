"""OCPP-J on the wire: whatever a station sends, it gets its one answer and keeps its connection."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.support.fake_station import CallErrorAnswer, FakeStation, Silence
from tests.support.records import Records
from tests.support.station_messages import VERSIONS
from tests.support.waiting import until

# What goes wrong, as OCPP-J 1.6 (4.2.3) and 2.x (4.3) call it.
CODES = {
    "1.6": {
        "unreadable": "FormationViolation",
        "framing": "FormationViolation",
        "syntax": "FormationViolation",
        "missing": "ProtocolError",
        "unknown member": "FormationViolation",
        "occurrence": "OccurenceConstraintViolation",
    },
    "2.x": {
        "unreadable": "RpcFrameworkError",
        "framing": "RpcFrameworkError",
        "syntax": "FormatViolation",
        "missing": "OccurrenceConstraintViolation",
        "unknown member": "ProtocolError",
        "occurrence": "OccurrenceConstraintViolation",
    },
}
SAME_CODES = {
    "type": "TypeConstraintViolation",
    "value": "PropertyConstraintViolation",
    "unknown action": "NotImplemented",
    "unhandled action": "NotSupported",
}
LONG_CODE = "Vendor" * 100
NESTED = "[" * 100 + "]" * 100

_numbers = itertools.count(1)


def code(version: str, fault: str) -> str:
    """Return a version's code for a fault."""
    return SAME_CODES.get(fault) or CODES["1.6" if version == "1.6" else "2.x"][fault]


@pytest.fixture(scope="module", params=VERSIONS)
def line(request: pytest.FixtureRequest, records: Records) -> Iterator[FakeStation]:
    """One connection for everything: each test proves that the others have left it usable."""
    station_id = records.add_station()
    with FakeStation(records.server.websocket_url, station_id, request.param) as station:
        station.boot()
        yield station


def answers(station: FakeStation, *messages: Any) -> list[Any]:
    """Send messages and a heartbeat; return what was answered before the heartbeat was."""
    last = f"heartbeat-{next(_numbers)}"
    for message in messages:
        station.send_raw(message)
    station.send_raw(json.dumps([2, last, "Heartbeat", {}]))
    found = []
    while True:
        answer = json.loads(station.receive_raw())
        if answer[:2] == [3, last]:
            return found
        found.append(answer)


def refusal(station: FakeStation, text: str | bytes) -> tuple[str, str]:
    """Return id and code of the one CALLERROR that answers a text."""
    (answer,) = answers(station, text)
    kind, message_id, code, description, details = answer
    assert kind == 4
    assert details == {}
    assert len(description) <= 255
    assert "Traceback" not in description
    assert ".py" not in description
    return message_id, code


# ---------------------------------------------------------------- frames


@pytest.mark.parametrize(
    "message",
    [
        '[2,"m","Heartbeat",{}]',
        b'[2,"m","Heartbeat",{}]',
        ["[2,", '"m","Heart', 'beat",{}', "]"],
        [b'[2,"m"', b"", b',"Heartbeat",{}]'],
        '[2,\n  "m",\r\n\t"Heartbeat",\n  {\n  }\n]\n',
        '\ufeff[2,"m","Heartbeat",{}]',
        ' [ 2 , "m" , "Heartbeat" , { } ]\x00',
        '[2,"m","Heartbeat",null]',
        r'[2,"\u006d","\u0048eartbeat",{}]',
    ],
    ids=[
        "text",
        "binary",
        "fragments",
        "binary fragments",
        "lines",
        "bom",
        "padded",
        "null",
        "esc",
    ],
)
def test_a_message_is_read_in_every_form(line: FakeStation, message: Any) -> None:
    ((kind, message_id, payload),) = answers(line, message)
    assert (kind, message_id) == (3, "m")
    assert payload.keys() == {"currentTime"}


def test_a_fragment_may_end_within_a_character(line: FakeStation) -> None:
    raw = '[2,"ä","Heartbeat",{}]'.encode()
    ((kind, message_id, _),) = answers(line, [raw[:5], raw[5:]])
    assert (kind, message_id) == (3, "ä")


def test_a_compressed_message_is_read(records: Records, version: str) -> None:
    url = f"{records.server.websocket_url}/{records.add_station()}"
    subprotocol = Subprotocol(f"ocpp{version}")
    with connect(url, subprotocols=[subprotocol], compression="deflate") as websocket:
        assert "permessage-deflate" in websocket.response.headers["Sec-WebSocket-Extensions"]
        for number in range(3):
            websocket.send(json.dumps([2, f"z{number}", "Heartbeat", {}]))
            assert json.loads(websocket.recv(5))[:2] == [3, f"z{number}"]


def test_a_message_beyond_the_limit_over_all_fragments_is_closed_with_1009(
    open_station: Callable[..., FakeStation], records: Records
) -> None:
    stations = {parts: open_station(records.add_station()) for parts in (1, 3)}
    for parts, station in stations.items():
        with contextlib.suppress(ConnectionClosed):  # the server may be faster than the client
            station.send_raw(["x" * (1_048_576 // parts + 1)] * parts)
    assert [station.wait_closed()[0] for station in stations.values()] == [1009, 1009]


def test_a_message_of_nearly_the_limit_is_answered(line: FakeStation) -> None:
    message = json.dumps([2, "big", "DataTransfer", {"vendorId": "v", "data": "x" * 1_048_000}])
    assert answers(line, message) == [[3, "big", {"status": "Accepted"}]]


# ---------------------------------------------------------------- exactly one answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "hello",
        "{",
        "{}",
        '{"messageTypeId":2}',
        "[]",
        "null",
        "42",
        '"text"',
        "[2]",
        '[2,null,"Heartbeat",{}]',
        '[2,7,"Heartbeat",{}]',
        '[2,["m"],"Heartbeat",{}]',
        '[2,"","Heartbeat",{}]',
        '[2,"half',
        r'[2,"\ud800","Heartbeat",{}]',
        "[" * 5000,
    ],
)
def test_what_has_no_readable_id_is_answered_with_minus_one(line: FakeStation, text: str) -> None:
    assert refusal(line, text) == ("-1", code(line.version, "unreadable"))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[2,"m"]', "framing"),
        ('[2,"m",{}]', "framing"),
        ('[2,"m","Heartbeat"]', "framing"),
        ('[2,"m","Heartbeat",{},{}]', "framing"),
        ('[2,"m",7,{}]', "framing"),
        ('[2,"m","",{}]', "framing"),
        ('["2","m","Heartbeat",{}]', "framing"),
        ('[2.0,"m","Heartbeat",{}]', "framing"),
        ('[null,"m","Heartbeat",{}]', "framing"),
        ('[2,"m","Heartbeat",[]]', "syntax"),
        ('[2,"m","Heartbeat","{}"]', "syntax"),
        ('[2,"m","Heartbeat",0]', "syntax"),
        ('[2,"m","Heartbeat",{', "syntax"),
        ('[2,"m","Heartbeat",{}', "syntax"),
        ('[2,"m","DataTransfer",{"vendorId":"a","vendorId":"a"}]', "syntax"),
        ('[2,"m","DataTransfer",{"vendorId":NaN}]', "syntax"),
        ('[2,"m","DataTransfer",{"vendorId":-Infinity}]', "syntax"),
        (r'[2,"m","DataTransfer",{"vendorId":"\ud800"}]', "syntax"),
        (r'[2,"m","DataTransfer",{"\udc00":"a"}]', "syntax"),
        ("[2,\"m\",\"DataTransfer\",{'vendorId':'a'}]", "syntax"),
        ('[2,"m","DataTransfer",{"vendorId":"a"},]', "syntax"),
        ('[2,"m","DataTransfer",' + '{"a":' * 50_000, "syntax"),
        ('[2,"m","DataTransfer",{"vendorId":1e400}]', "value"),
        ('[2,"m","DataTransfer",{"vendorId":9007199254740993}]', "value"),
        ('[2,"m","DataTransfer",{"vendorId":' + "9" * 5000 + "}]", "value"),
        ('[2,"m","DataTransfer",{}]', "missing"),
        ('[2,"m","DataTransfer",null]', "missing"),
        ('[2,"m","DataTransfer",{"vendorId":"a","bogus":1}]', "unknown member"),
        ('[2,"m","DataTransfer",{"vendorId":7}]', "type"),
        ('[2,"m","DataTransfer",{"vendorId":null}]', "type"),
        ('[2,"m","DataTransfer",{"vendorId":"' + "x" * 256 + '"}]', "type"),
        ('[2,"m","DataTransfer",{"vendorId":' + NESTED + "}]", "type"),
        ('[2,"m","Nonsense",{}]', "unknown action"),
        ('[2,"m","heartbeat",{}]', "unknown action"),
        ('[2,"m","__class__",{}]', "unknown action"),
        ('[2,"m","' + "x" * 10_000 + '",{}]', "unknown action"),
        ('[2,"m","Reset",{"type":"Soft"}]', "unhandled action"),
        ('[2,"m","Reset",{"nonsense":1}]', "unhandled action"),
    ],
)
def test_a_readable_call_gets_exactly_one_refusal(line: FakeStation, text: str, fault: str) -> None:
    assert refusal(line, text) == ("m", code(line.version, fault))


@pytest.mark.parametrize("length", [36, 37, 255])
def test_an_id_beyond_36_characters_is_refused_under_this_id(
    line: FakeStation, length: int
) -> None:
    text = json.dumps([2, "i" * length, "DataTransfer", {"vendorId": "v"}])
    ((kind, message_id, *rest),) = answers(line, text)
    assert message_id == "i" * length
    assert (kind == 3) == (length == 36)
    assert kind == 3 or rest[0] == code(line.version, "framing")


def test_an_endless_id_is_not_sent_back(line: FakeStation) -> None:
    text = json.dumps([2, "i" * 10_000, "Heartbeat", {}])
    assert refusal(line, text) == ("-1", code(line.version, "framing"))


STATUS = {
    "1.6": {"connectorId": 1, "errorCode": "NoError", "status": "Available"},
    "2.x": {
        "timestamp": "2026-05-01T12:00:00Z",
        "connectorStatus": "Available",
        "evseId": 1,
        "connectorId": 1,
    },
}


@pytest.mark.parametrize(
    ("changes_16", "changes_2", "fault"),
    [
        ({"status": "Broken"}, {"connectorStatus": "Broken"}, "value"),
        ({"connectorId": "1"}, {"connectorId": "1"}, "type"),
        ({"connectorId": 1.5}, {"connectorId": 1.5}, "type"),
        ({"connectorId": True}, {"connectorId": True}, "type"),
        ({"status": None}, {"connectorStatus": None}, "type"),
        ({"vendorId": "v" * 256}, {"customData": {"vendorId": "v" * 256}}, "type"),
        ({"ConnectorId": 1}, {"EvseId": 1}, "unknown member"),
    ],
)
def test_the_code_names_what_is_wrong_with_the_payload(
    line: FakeStation, changes_16: Any, changes_2: Any, fault: str
) -> None:
    generation, changes = ("1.6", changes_16) if line.version == "1.6" else ("2.x", changes_2)
    payload = {**STATUS[generation], **changes}
    text = json.dumps([2, "m", "StatusNotification", payload])
    assert refusal(line, text) == ("m", code(line.version, fault))


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])  # the schemas of 1.6 count no items
def test_lists_of_the_wrong_length_are_an_occurrence(station: FakeStation) -> None:
    text = json.dumps([2, "m", "MeterValues", {"evseId": 1, "meterValue": []}])
    assert refusal(station, text) == ("m", code(station.version, "occurrence"))


@pytest.mark.parametrize(
    ("action", "known_to"),
    [
        ("AFRRSignal", {"2.1"}),
        ("GetVariables", {"2.0.1", "2.1"}),
        ("RemoteStartTransaction", {"1.6"}),
    ],
)
def test_an_action_of_another_version_is_unknown(
    line: FakeStation, action: str, known_to: set[str]
) -> None:
    fault = "unhandled action" if line.version in known_to else "unknown action"
    assert refusal(line, f'[2,"m","{action}",{{}}]') == ("m", code(line.version, fault))


def test_deep_nesting_is_data_where_data_may_be_anything(line: FakeStation) -> None:
    text = '[2,"m","DataTransfer",{"vendorId":"v","data":' + NESTED + "}]"
    if line.version == "1.6":  # there it is text
        assert refusal(line, text) == ("m", code("1.6", "type"))
    else:
        assert answers(line, text) == [[3, "m", {"status": "Accepted"}]]


def test_a_nul_within_text_is_harmless(line: FakeStation) -> None:
    text = r'[2,"m","DataTransfer",{"vendorId":"a\u0000b"}]'
    assert answers(line, text) == [[3, "m", {"status": "Accepted"}]]


def test_faults_are_kept_in_the_message_log(line: FakeStation, records: Records) -> None:
    assert answers(line, "no\0 JSON at all")
    assert refusal(line, '[2,"m","Nonsense",{}]')
    found = until(lambda: records.messages(line.id, "Nonsense"))
    assert found[0]["error_code"] == "NotImplemented"
    path = f"/stations/{line.id}/messages?limit=1000"
    requests = [each["request"] for each in records.ask("GET", path)["items"]]
    assert "no JSON at all" in requests


# ---------------------------------------------------------------- what is not answered


@pytest.mark.parametrize(
    "text",
    [
        '[3,"unknown",{}]',
        '[3,"unknown",null]',
        '[3,"unknown"]',
        '[3,"unknown",{},{}]',
        '[3,"unknown",{"a":1,"a":1}]',
        "[3]",
        "[3,7,{}]",
        '[4,"unknown"]',
        '[4,"unknown","InternalError","",{}]',
        '[4,"-1","FormationViolation","",{}]',
        '[4,"unknown",1,2,3]',
        "[4]",
        '["3","unknown",{}]',
        '[5,"unknown","InternalError","",{}]',
        '[5,"unknown"]',
        '[6,"unknown","Nonsense",{}]',
        '[6,"unknown","Heartbeat",{}]',
        '[6,"unknown"]',
        '[7,"unknown",{}]',
        '[0,"unknown",{}]',
        '[-1,"unknown",{}]',
        "[99]",
    ],
)
def test_what_is_no_call_is_not_answered(line: FakeStation, text: str) -> None:
    assert answers(line, text) == []


def test_a_send_takes_effect_without_an_answer_in_2_1_only(
    line: FakeStation, records: Records
) -> None:
    messages = FakeStation("ws://nowhere", "x", line.version).messages
    action, payload = messages.status(7, "Faulted", None)
    assert answers(line, json.dumps([6, "m", action, payload])) == []
    evses = [each["evse_id"] for each in records.station(line.id)["connectors"]]
    assert (7 in evses) == (line.version == "2.1")


# ---------------------------------------------------------------- answers to our calls


def reset_answered_with(
    pool: ThreadPoolExecutor, line: FakeStation, records: Records, frame: str
) -> Any:
    """Send a raw Reset and answer it with a frame, `%` being its id; the response of REST."""
    line.answers["Reset"] = Silence
    payload = {"type": "Soft" if line.version == "1.6" else "Immediate"}
    path = f"/api/v1/stations/{line.id}/calls/Reset"
    count = sum(call.action == "Reset" for call in line.received)
    pending = pool.submit(records.server.api, "POST", path, payload)
    call = line.wait_for("Reset", count=count + 1)
    assert answers(line, frame.replace("%", call.message_id)) == []
    response = pending.result(0.6)  # at once, far below the limit of two seconds
    return response.status_code, response.json(), call.message_id


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        ('[4,"%"]', {"code": "", "description": "", "details": {}}),
        ('[4,"%","NotSupported"]', {"code": "NotSupported", "description": "", "details": {}}),
        (
            f'[4,"%","{LONG_CODE}"]',
            {"code": LONG_CODE, "description": "", "details": {}},
        ),
        (
            '[4,"%","GenericError","why",{"a":[1]}]',
            {"code": "GenericError", "description": "why", "details": {"a": [1]}},
        ),
        ('[4,"%","My own",null,null]', {"code": "My own", "description": "", "details": {}}),
    ],
)
def test_a_callerror_ends_the_call_at_once(
    pool: ThreadPoolExecutor, line: FakeStation, records: Records, frame: str, error: Any
) -> None:
    status, answer, message_id = reset_answered_with(pool, line, records, frame)
    assert status == 200
    assert answer["message_id"] == message_id
    assert answer["error"] == error


@pytest.mark.parametrize(
    ("frame", "result"),
    [
        ('[3,"%",null]', {}),
        ('[3,"%",{}]', {}),
        ('[3,"%",{"status":"Accepted"}]', {"status": "Accepted"}),
        ('[3,"%",{"b":1,"a":{"d":1,"c":2}}]', {"b": 1, "a": {"d": 1, "c": 2}}),
    ],
)
def test_an_answer_comes_back_as_it_was_sent(
    pool: ThreadPoolExecutor, line: FakeStation, records: Records, frame: str, result: Any
) -> None:
    status, answer, _ = reset_answered_with(pool, line, records, frame)
    assert status == 200
    assert json.dumps(answer["result"]) == json.dumps(result)  # the order of members too


@pytest.mark.parametrize("frame", ['[3,"%"]', '[3,"%",[]]', '[3,"%",{},{}]', '[3,"%",{"a":NaN}]'])
def test_an_answer_that_is_none_ends_the_call_too(
    pool: ThreadPoolExecutor, line: FakeStation, records: Records, frame: str
) -> None:
    assert reset_answered_with(pool, line, records, frame)[0] == 502


def test_a_late_answer_is_ignored(
    pool: ThreadPoolExecutor, open_station: Callable[..., FakeStation], records: Records
) -> None:
    stations = [open_station(records.add_station(), version) for version in VERSIONS]

    def reset(station: FakeStation) -> Any:
        path = f"/api/v1/stations/{station.id}/commands/reset"
        return records.server.api("POST", path, {})

    for station in stations:
        station.answers["Reset"] = Silence
    assert [response.status_code for response in pool.map(reset, stations)] == [504] * 3
    for station in stations:
        late = station.wait_for("Reset")
        assert answers(station, f'[3,"{late.message_id}",{{"status":"Accepted"}}]') == []
        station.answers["Reset"] = {"status": "Rejected"}
        assert reset(station).json()["status"] == "Rejected"


def test_a_station_may_use_the_id_of_our_call(
    pool: ThreadPoolExecutor, line: FakeStation, records: Records
) -> None:
    line.answers["Reset"] = Silence
    path = f"/api/v1/stations/{line.id}/commands/reset"
    count = sum(call.action == "Reset" for call in line.received)
    pending = pool.submit(records.server.api, "POST", path, {})
    ours = line.wait_for("Reset", count=count + 1).message_id
    call = json.dumps([2, ours, "DataTransfer", {"vendorId": "v"}])
    assert answers(line, call) == [[3, ours, {"status": "Accepted"}]]
    assert answers(line, f'[3,"{ours}",{{"status":"Accepted"}}]') == []
    assert pending.result(1).json()["done"] is True


def test_a_callerror_to_a_command_is_its_outcome(line: FakeStation, records: Records) -> None:
    line.answers["Reset"] = CallErrorAnswer("InternalError", "no way")
    path = f"/api/v1/stations/{line.id}/commands/reset"
    response = records.server.api("POST", path, {})
    assert response.status_code == 200
    assert (response.json()["status"], response.json()["done"]) == ("InternalError", False)


# ---------------------------------------------------------------- how we write


def test_replies_are_compact_and_moments_have_milliseconds_and_z(line: FakeStation) -> None:
    line.send_raw('[2,"m","Heartbeat",{}]')
    text = str(line.receive_raw())
    assert " " not in text
    moment = json.loads(text)[2]["currentTime"]
    assert len(moment) == len("2026-05-01T12:00:00.000Z")
    assert (moment[19], moment[-1]) == (".", "Z")


def test_members_of_a_reply_stand_in_the_order_of_the_text(line: FakeStation) -> None:
    line.send_raw(json.dumps([2, "m", *line.messages.boot("Vendor", "Model")]))
    text = str(line.receive_raw())
    assert list(json.loads(text)[2]) == ["currentTime", "interval", "status"]
    positions = [text.index(f'"{name}":') for name in ("currentTime", "interval", "status")]
    assert positions == sorted(positions)


@pytest.mark.parametrize("version", ["1.6"])  # where transaction ids are handed out
def test_the_tag_stands_before_the_transaction_id(station: FakeStation, records: Records) -> None:
    request = station.messages.start(1, records.add_tag(), 0, None, None)
    station.send_raw(json.dumps([2, "m", *request]))
    text = str(station.receive_raw())
    assert text.startswith('[3,"m",{"idTagInfo":{"status":"Accepted"},"transactionId":')
