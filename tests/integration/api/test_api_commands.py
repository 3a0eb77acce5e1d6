"""Commands and raw CALLs over REST: what is sent, what comes back, how it fails."""

from __future__ import annotations

import json

import pytest

from ocpp_core.commands.base import Outcome, all_commands, find
from ocpp_core.errors import (
    Busy,
    CallFailed,
    CallRefused,
    CallTimeout,
    Disconnected,
    InvalidInput,
    NotFound,
    NothingToStop,
    NotSupportedByVersion,
    PayloadInvalid,
    StationOffline,
    StorageUnavailable,
    UnusableAnswer,
)
from ocpp_core.live.dispatch import CallOutcome
from ocpp_core.models.stations import Station
from ocpp_core.services import command_log
from ocpp_core.storage.writer import unit_of_work
from tests.integration.api.support import NOW

FAILURES = [
    (InvalidInput("bad", {"connector": "is odd"}), 400, "invalid-input"),
    (PayloadInvalid("breaks the schema"), 400, "payload-invalid"),
    (NotFound("no station CP1"), 404, "not-found"),
    (StationOffline("CP1 is offline"), 409, "station-offline"),
    (Busy("too much", 3.2), 429, "busy"),
    (NotSupportedByVersion("OCPP 1.6 has no such message"), 501, "not-supported"),
    (Disconnected("lost"), 502, "disconnected"),
    (UnusableAnswer("breaks the schema"), 502, "unusable-answer"),
    (CallRefused("InternalError", "why", {"a": 1}), 502, "call-refused"),
    (CallFailed("odd"), 502, "call-failed"),
    (StorageUnavailable("gone"), 503, "storage-unavailable"),
    (CallTimeout("no answer in 60 s"), 504, "timeout"),
]
failing = pytest.mark.parametrize(
    ("error", "status", "slug"), FAILURES, ids=[slug for _, _, slug in FAILURES]
)


def test_the_station_s_own_answer_comes_back(operator, dispatcher):
    dispatcher.answer = Outcome("Scheduled", done=True, data={"status_info": {"reason": None}})
    response = operator.post("/stations/CP1/commands/reset", {"kind": "hard"})
    assert response.status_code == 200
    assert response.get_json() == {
        "status": "Scheduled",
        "done": True,
        "data": {"status_info": {"reason": None}},
    }
    (station_id, command, user) = dispatcher.sent[0]
    assert (station_id, type(command), user) == ("CP1", find("reset"), "operations")
    assert command.kind == "hard"


def test_a_command_without_body_has_no_parameters(operator, dispatcher):
    assert operator.post("/stations/CP1/commands/reset").status_code == 200
    assert operator.post("/stations/CP1/commands/reset", {}).status_code == 200
    first, second = (command for _, command, _ in dispatcher.sent)
    assert first == second == find("reset")()


def test_the_key_of_the_settings_is_named_in_the_history(rest, dispatcher):
    rest.post("/stations/CP1/commands/reset")
    assert dispatcher.sent[0][2] == "OCPP_API_KEY"


@pytest.mark.parametrize("command", all_commands(), ids=lambda each: each.name)
def test_each_command_is_described_by_its_own_declaration(rest, command):
    path = f"/api/v1/stations/{{station_id}}/commands/{command.name}"
    operation = rest.document["paths"][path]["post"]
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = rest.document["components"]["schemas"][reference.rpartition("/")[2]]
    assert schema["properties"].keys() == command.model_json_schema()["properties"].keys()
    assert schema["additionalProperties"] is False
    assert operation["summary"] == command.title
    assert {"400", "404", "409", "501", "502", "504"} <= operation["responses"].keys()
    assert ("424" in operation["responses"]) == (NothingToStop in command.fails)


def test_the_commands_of_the_contract_are_there():
    assert {command.name for command in all_commands()} >= {
        "reset",
        "unlock-connector",
        "set-charging-limit",
        "clear-charging-limit",
        "start-transaction",
        "stop-transaction",
        "change-availability",
        "trigger-message",
    }


@failing
def test_a_failed_command_says_how_it_failed(operator, dispatcher, error, status, slug):
    dispatcher.answer = error
    failed = operator.post("/stations/CP1/commands/reset")
    assert failed.status_code == status
    assert failed.get_json()["type"] == f"urn:ocpp-core:problem:{slug}"
    assert failed.get_json()["detail"] == str(error)


@failing
def test_a_failed_call_says_how_it_failed(rest, dispatcher, error, status, slug):
    dispatcher.answer = error
    failed = rest.post("/stations/CP1/calls/Reset", {"type": "Soft"})
    assert failed.status_code == status
    assert failed.get_json()["type"] == f"urn:ocpp-core:problem:{slug}"


def test_nothing_to_stop_is_a_failed_dependency(operator, dispatcher):
    dispatcher.answer = NothingToStop("no transaction is active at connector 1")
    failed = operator.post("/stations/CP1/commands/stop-transaction", {"connector": 1})
    assert failed.status_code == 424


def test_a_refusal_is_told_with_the_station_s_words(operator, dispatcher):
    dispatcher.answer = CallRefused("InternalError", "why", {"a": 1})
    failed = operator.post("/stations/CP1/commands/reset")
    assert failed.get_json()["station_error"] == {
        "code": "InternalError",
        "description": "why",
        "details": {"a": 1},
    }


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("unlock-connector", {}, "connector"),
        ("unlock-connector", {"connector": "1"}, "connector"),
        ("unlock-connector", {"connector": -1}, "connector"),
        ("unlock-connector", {"connector": 1.5}, "connector"),
        ("unlock-connector", {"connector": 2**62}, "connector"),
        ("unlock-connector", {"connector": 1, "force": True}, "force"),
        ("reset", {"kind": "Hard"}, "kind"),
        ("reset", {"kind": None}, "kind"),
        ("start-transaction", {"connector": 1, "tag": ""}, "tag"),
        ("start-transaction", {"connector": 1, "tag": "a\x00"}, "tag"),
    ],
)
def test_bad_parameters_are_named_and_nothing_is_sent(operator, dispatcher, name, body, field):
    refused = operator.post(f"/stations/CP1/commands/{name}", body)
    assert refused.status_code == 400
    assert list(refused.get_json()["errors"]) == [field]
    assert dispatcher.sent == []


def test_an_unknown_command_is_not_found(operator, anonymous):
    assert operator.post("/stations/CP1/commands/explode").status_code == 404
    assert operator.get("/stations/CP1/commands/reset").status_code == 405
    assert anonymous.post("/stations/CP1/commands/explode").status_code == 401


def test_a_command_that_is_no_json_is_refused(operator, dispatcher):
    path = "/stations/CP1/commands/reset"
    assert operator.post(path, data=b"kind=hard").status_code == 415
    assert operator.post(path, data=b"{", content_type="application/json").status_code == 400
    assert operator.post(path, [1]).status_code == 400
    assert dispatcher.sent == []


def test_a_call_keeps_the_order_of_members_and_what_they_hold(rest, dispatcher):
    dispatcher.answer = CallOutcome("m-1", result={"z": None, "a": [1.0, {"y": 2, "b": 3}]})
    sent = '{"zeta":{"b":1.0,"a":null},"alpha":[1,"x"],"mid":18446744073709551615}'
    path = "/stations/CP1/calls/DataTransfer"
    response = rest.post(path, data=sent, content_type="application/json")
    assert response.text == '{"message_id":"m-1","result":{"z":null,"a":[1.0,{"y":2,"b":3}]}}'
    (station_id, action, payload, _) = dispatcher.sent[0]
    assert (station_id, action) == ("CP1", "DataTransfer")
    assert json.dumps(payload, separators=(",", ":")) == sent


def test_an_error_of_a_call_comes_back_exactly(rest, dispatcher):
    error = {"code": "OwnCode", "description": "", "details": {"b": None, "a": []}}
    dispatcher.answer = CallOutcome("m-2", error=error)
    response = rest.post("/stations/CP1/calls/Reset", {"type": "Soft"})
    assert response.status_code == 200
    assert response.get_json() == {"message_id": "m-2", "error": error}


def test_an_empty_result_is_a_result(rest, dispatcher):
    dispatcher.answer = CallOutcome("m-3", result={})
    response = rest.post("/stations/CP1/calls/ClearCache")
    assert response.get_json() == {"message_id": "m-3", "result": {}}
    assert dispatcher.sent[0][2] == {}


def test_a_payload_is_an_object_of_readable_json(rest, dispatcher):
    path = "/stations/CP1/calls/DataTransfer"
    deep = b'{"data":' + b"[" * 400 + b"]" * 400 + b"}"
    for data in (b"[]", b"3", b'{"a":NaN}', b"{", deep):
        refused = rest.post(path, data=data, content_type="application/json")
        assert refused.status_code == 400
    assert dispatcher.sent == []


def test_raw_calls_are_for_administrators(operator, dispatcher):
    assert operator.post("/stations/CP1/calls/Reset", {"type": "Soft"}).status_code == 403
    assert dispatcher.sent == []


@unit_of_work
def make_station():
    Station.create(id="CP1", created_at=NOW)


def test_the_history_is_listed_newest_first(rest, viewer):
    make_station()
    for kind in ("soft", "hard"):
        handle = command_log.begin("CP1", "reset", {"kind": kind}, "operations", NOW)
    command_log.finish(handle, "Accepted", True, "", NOW)
    first = viewer.get("/stations/CP1/commands?limit=1").get_json()
    last = viewer.get(f"/stations/CP1/commands?limit=1&cursor={first['next']}").get_json()
    (newest,), (oldest,) = first["items"], last["items"]
    assert newest == {
        "id": newest["id"],
        "name": "reset",
        "parameters": {"kind": "hard"},
        "user": "operations",
        "at": "2026-01-01T12:00:00.000Z",
        "finished_at": "2026-01-01T12:00:00.000Z",
        "status": "Accepted",
        "done": True,
        "detail": "",
    }
    assert (oldest["parameters"], oldest["status"], oldest["done"]) == (
        {"kind": "soft"},
        None,
        None,
    )
    assert rest.get("/stations/CP1/commands?cursor=x").status_code == 400
