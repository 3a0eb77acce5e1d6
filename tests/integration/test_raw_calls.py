"""Raw CALLs: the payload goes out as a program wrote it, the answer comes back as it came."""

from __future__ import annotations

import json
import re

import orjson
import pytest

from tests.support.fake_station import CallErrorAnswer, FakeStation, Silence
from tests.support.records import Records
from tests.support.server import RunningServer
from tests.support.waiting import until

# Members in an order that is neither the schema's nor the alphabet's; free-form content inside.
TRANSFERS = {
    "1.6": {"messageId": "m", "vendorId": "v", "data": '{"b": [1.50, 2]}'},
    "2.x": {
        "vendorId": "v",
        "customData": {"z": 1.5, "vendorId": "w", "a": [None, True, {"y": "é", "x": "\n"}]},
        "data": {"zz": 1e-7, "aa": "\u20ac", "mm": {}},
    },
}

# One secret each: as a value, as another's neighbour, in an address.
SECRET = "tr0ub4dor"
SECRETS = {
    "1.6": [
        ("ChangeConfiguration", {"key": "AuthorizationKey", "value": SECRET}),
        ("GetDiagnostics", {"location": f"ftp://user:{SECRET}@files.example/up"}),
        (
            "UpdateFirmware",
            {"location": f"https://u:{SECRET}@f.example/f", "retrieveDate": "2026-01-01T00:00:00Z"},
        ),
    ],
    "2.x": [
        (
            "SetVariables",
            {
                "setVariableData": [
                    {
                        "attributeValue": SECRET,
                        "component": {"name": "SecurityCtrlr"},
                        "variable": {"name": "BasicAuthPassword"},
                    }
                ]
            },
        ),
        (
            "SetNetworkProfile",
            {
                "configurationSlot": 1,
                "connectionData": {
                    "ocppVersion": "OCPP20",
                    "ocppTransport": "JSON",
                    "ocppCsmsUrl": f"wss://u:{SECRET}@csms.example/ocpp",
                    "messageTimeout": 30,
                    "securityProfile": 1,
                    "ocppInterface": "Wired0",
                    "apn": {
                        "apn": "a",
                        "apnUserName": "u",
                        "apnPassword": SECRET,
                        "apnAuthentication": "PAP",
                    },
                    "vpn": {
                        "server": "s",
                        "user": "u",
                        "password": SECRET,
                        "key": SECRET,
                        "type": "IPSec",
                    },
                },
            },
        ),
        (
            "GetLog",
            {
                "logType": "DiagnosticsLog",
                "requestId": 1,
                "log": {"remoteLocation": f"sftp://u:{SECRET}@f.example/"},
            },
        ),
    ],
}


class Witness(FakeStation):
    """Keeps the text of each CALL, and answers with text where it is told to."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.texts = []

    def _take(self, connection, waiting, text):
        if text.startswith("[2,"):
            self.texts.append(text)
        return super()._take(connection, waiting, text)

    def _reply(self, connection, message_id, answer):
        if isinstance(answer, str):
            connection.send(answer.replace("ID", message_id))
        else:
            super()._reply(connection, message_id, answer)


@pytest.fixture
def station(server: RunningServer, records: Records, version: str):
    with Witness(server.websocket_url, records.add_station(), version) as witness:
        witness.boot()
        yield witness


@pytest.fixture
def call(server, station):
    """Send a raw CALL: a payload, or the text of the body."""

    def send(action, payload):
        path = f"/api/v1/stations/{station.id}/calls/{action}"
        if not isinstance(payload, str):
            return server.api("POST", path, payload)
        headers = {"Content-Type": "application/json"}
        return server.api("POST", path, data=payload.encode(), headers=headers)

    return send


def of_version(table, station):
    return table["1.6" if station.version == "1.6" else "2.x"]


def slug(response):
    return response.json()["type"].rpartition(":")[2]


def test_the_payload_goes_out_compact_with_its_members_in_their_order(station, call):
    payload = of_version(TRANSFERS, station)
    station.answers["DataTransfer"] = {"status": "Accepted"}
    response = call("DataTransfer", json.dumps(payload, indent=2))
    assert response.status_code == 200
    message_id = response.json()["message_id"]
    compact = orjson.dumps(payload).decode()
    assert station.texts == [f'[2,"{message_id}","DataTransfer",{compact}]']
    assert re.fullmatch(r"[0-9a-f-]{36}", message_id)


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])  # 1.6 has no free-form content
def test_numbers_go_out_as_they_were_written(station, call):
    numbers = "[0.1,100,-0.0,1e-7,1.5,9007199254740991,123456.789]"
    station.answers["DataTransfer"] = {"status": "Accepted"}
    call("DataTransfer", f'{{"vendorId":"v","data":{numbers}}}')
    assert json.loads(station.texts[0])[3]["data"] == json.loads(numbers)
    assert "100," in station.texts[0]
    assert "100.0" not in station.texts[0]


def test_the_result_comes_back_exactly_even_when_it_breaks_its_schema(station, call):
    for result in (
        '{"status":"Accepted"}',
        '{"zz":1,"status":"Perhaps","aa":[1.5,null,{"y":"\u00e9","x":{}}],"data":17}',
        "{}",
        '{"status":null}',
    ):
        station.answers["Reset"] = f'[3,"ID",{result}]'
        response = call("Reset", {"type": "Soft" if station.version == "1.6" else "OnIdle"})
        assert response.status_code == 200
        assert response.text.replace(" ", "").endswith(f'"result":{result}}}')
        assert response.json().keys() == {"message_id", "result"}


def test_the_error_comes_back_as_the_station_sent_it(station, call):
    details = {"zz": [1, 2.5], "aa": {"deep": None}}
    station.answers["Reset"] = CallErrorAnswer("VendorSpecific", "d" * 300, details)
    response = call("Reset", {"type": "Hard" if station.version == "1.6" else "Immediate"})
    assert response.status_code == 200
    body = response.json()
    assert body.keys() == {"message_id", "error"}
    assert body["error"] == {
        "code": "VendorSpecific",
        "description": "d" * 300,
        "details": details,
    }
    assert list(body["error"]["details"]) == ["zz", "aa"]


def test_an_answer_of_any_length_ends_well(records, station, call):
    station.answers["Reset"] = {"status": "S" * 3000}
    payload = {"type": "Soft" if station.version == "1.6" else "OnIdle"}
    assert call("Reset", payload).json()["result"]["status"] == "S" * 3000
    station.answers["Reset"] = CallErrorAnswer("C" * 3000)
    assert call("Reset", payload).json()["error"]["code"] == "C" * 3000
    entries = records.ask("GET", f"/stations/{station.id}/commands")["items"]
    assert [entry["status"][:1] for entry in entries] == ["C", "S"]
    assert all(entry["finished_at"] for entry in entries)


def test_an_answer_that_is_no_message_is_unusable(station, call):
    for text in ('[3,"ID",[1]]', '[3,"ID",{"a":NaN}]', '[3,"ID","x"]', '[3,"ID"]'):
        station.answers["ClearCache"] = text
        response = call("ClearCache", {})
        assert (response.status_code, slug(response)) == (502, "unusable-answer"), text


def test_a_payload_that_breaks_its_schema_is_not_sent(station, call):
    wrong = {
        "1.6": [("Reset", {}), ("Reset", {"type": "soft"}), ("Reset", {"type": "Soft", "x": 1})],
        "2.x": [("Reset", {}), ("Reset", {"type": "Soft"}), ("Reset", {"type": "OnIdle", "x": 1})],
    }
    for action, payload in of_version(wrong, station):
        response = call(action, payload)
        assert (response.status_code, slug(response)) == (400, "payload-invalid")
        assert "Reset" in response.json()["detail"]
    assert station.texts == []


def test_what_is_no_json_object_is_not_sent(station, call):
    bodies = [
        '{"vendorId":NaN}',
        '{"vendorId":"v","data":Infinity}',
        '{"vendorId":"v"',
        "[]",
        "7",
        "null",
        '{"vendorId":"\\ud800"}',
        '{"vendorId":' + "[" * 2000 + "]" * 2000 + "}",
    ]
    for body in bodies:
        assert call("DataTransfer", body).status_code == 400, body
    assert station.texts == []


def test_a_message_that_the_version_does_not_have_is_refused(station, call):
    for action in ("MakeCoffee", "reset", "Reset ", "A" * 400, "customerInformation"):
        response = call(action, {})
        assert (response.status_code, slug(response)) == (501, "not-supported"), action
    assert station.texts == []


def test_each_version_has_its_own_messages(station, call):
    station.answers["GetLog"] = station.answers["GetDiagnostics"] = {}
    station.answers["GetBaseReport"] = station.answers["ClearCache"] = {"status": "Accepted"}
    report = {"requestId": 1, "reportBase": "FullInventory"}
    expected = {"1.6": (501, 200), "2.0.1": (200, 501), "2.1": (200, 501)}[station.version]
    assert call("GetBaseReport", report).status_code == expected[0]
    assert call("GetDiagnostics", {"location": "ftp://f"}).status_code == expected[1]
    only_21 = call("GetTariffs", {"evseId": 1})
    assert only_21.status_code == (200 if station.version == "2.1" else 501)


def test_an_unknown_action_for_an_offline_station_is_refused(server, records):
    station_id = records.add_station()
    for action in ("Reset", "A" * 400):
        assert (
            server.api("POST", f"/api/v1/stations/{station_id}/calls/{action}", {}).status_code
            == 409
        )
    assert server.api("POST", "/api/v1/stations/nobody/calls/Reset", {}).status_code == 404


def test_a_silent_station_takes_the_time_limit(server, records, open_station):
    station = open_station(records.add_station())
    station.answers["ClearCache"] = Silence
    response = server.api("POST", f"/api/v1/stations/{station.id}/calls/ClearCache", {})
    assert (response.status_code, slug(response)) == (504, "timeout")


def test_secrets_are_masked_wherever_they_are_shown(server, records, station, call):
    requests = of_version(SECRETS, station)
    for action, payload in requests:
        station.answers[action] = {"status": "Accepted"}
        response = call(action, payload)
        assert response.status_code == 200, response.text
        assert SECRET in station.texts[-1]
    for path in ("messages", "commands"):
        url = f"/stations/{station.id}/{path}"
        until(lambda url=url: len(records.ask("GET", url)["items"]) >= len(requests))
        text = json.dumps(records.ask("GET", url))
        assert SECRET not in text, path
        for action, _ in requests:
            assert action in text
    assert SECRET not in server.log()
