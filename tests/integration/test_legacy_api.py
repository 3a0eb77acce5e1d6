"""The API of OCPP.Core: its paths, statuses and bodies, on a real database."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask

from ocpp_core import clock
from ocpp_core.domain.roles import Role
from ocpp_core.errors import (
    Busy,
    CallRefused,
    CallTimeout,
    Disconnected,
    NotSupportedByVersion,
    StorageUnavailable,
    UnusableAnswer,
)
from ocpp_core.models.transactions import Transaction
from ocpp_core.services import (
    api_keys,
    charging_limits,
    command_log,
    station_records,
    stations,
    tags,
)
from ocpp_core.services.station_records import StationChanges
from ocpp_core.services.tags import TagChanges
from ocpp_core.storage.writer import unit_of_work
from ocpp_core.web import auth, legacy_api, legacy_status
from tests.support.fake_connection import Hall

KEY = "key-of-the-settings"
NOW = datetime(2026, 5, 1, 12, 0, 0, 123000, tzinfo=UTC)
COMMANDS = (
    "Reset",
    "UnlockConnector",
    "SetChargingLimit",
    "ClearChargingLimit",
    "StartTransaction",
    "StopTransaction",
    "RemoteStartTransaction",
    "RemoteStopTransaction",
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")


class Api:
    """Calls the API with a key."""

    def __init__(self, app, key=KEY):
        self._client = app.test_client()
        self._key = key

    def __call__(self, path, method="GET", **headers):
        if self._key:
            headers["X-API-Key"] = self._key
        answer = self._client.open(path, method=method, headers=headers)
        assert answer.status_code == 200 or answer.data == b"", path
        return answer

    def code(self, path, method="GET"):
        return self(path, method).status_code

    def status(self, path):
        answer = self(path)
        assert answer.status_code == 200, path
        assert answer.mimetype == "application/json"
        assert list(answer.json) == ["status"]
        return answer.json["status"]


def make_app(hall, configured=KEY):
    app = Flask("test")
    app.extensions["ocpp_core"] = SimpleNamespace(
        dispatcher=hall.dispatcher, registry=hall.registry
    )
    auth.register(app, configured)
    app.register_blueprint(legacy_api.create_blueprint())
    app.add_url_rule("/api/v1/ping", "ping", lambda: "newer")
    app.add_url_rule("/api/docs", "docs", lambda: "docs")
    return app


@pytest.fixture
def any_hall(store):
    station_records.add("CP1", StationChanges(name="One"), NOW)
    return Hall()


@pytest.fixture
def hall(sqlite_store):
    station_records.add("CP1", StationChanges(name="One"), NOW)
    return Hall()


@pytest.fixture
def app(hall):
    return make_app(hall)


@pytest.fixture
def api(app):
    return Api(app)


@pytest.fixture
def station(hall):
    return hall.connect("CP1", "1.6")


@unit_of_work
def add_transaction(number, **values):
    defaults = {"station_id": "CP1", "evse_id": 1, "connector_id": 1, "active": True}
    Transaction.create(id=number, **{"uid": str(number), "started_at": NOW, **defaults, **values})


class TestKey:
    @pytest.mark.parametrize("path", ["/API", "/API/", "/API/Status", "/API/Reset/CP1", "/API/x"])
    def test_without_a_key_nothing_is_told(self, app, station, path):
        for key in (None, "wrong"):
            answer = Api(app, key)(path)
            assert answer.status_code == 401
            assert "Content-Type" not in answer.headers
        assert station.calls == []

    def test_without_any_key_configured_all_are_refused(self, hall):
        app = make_app(hall, configured="")
        assert [Api(app, key).code("/API/Status") for key in (None, "x")] == [401, 401]

    def test_a_viewer_sees_but_may_not_command(self, app, station):
        viewer = Api(app, api_keys.add("display", Role.VIEWER, NOW))
        assert viewer.code("/API/Status") == 200
        assert {viewer.code(f"/API/{command}/CP1/1/x") for command in COMMANDS} == {403}
        assert viewer.code("/API/Nonsense") == 404
        assert station.calls == []

    def test_an_operator_commands_under_the_name_of_his_key(self, app, station):
        operator = Api(app, api_keys.add("operations", Role.OPERATOR, NOW))
        assert operator.status("/API/Reset/CP1") == "Accepted"
        assert command_log.page("CP1", 1).items[0].user == "operations"

    def test_many_wrong_keys_slow_down_who_tries_them(self, app):
        codes = [Api(app, f"wrong{number}").code("/API/Status") for number in range(11)]
        assert codes == [401] * 10 + [429]
        assert int(Api(app, "wrong")("/API/Status").headers["Retry-After"]) > 0
        assert Api(app).code("/API/Status") == 200


class TestPaths:
    def test_the_prefix_alone_is_empty(self, api):
        answer = api("/API")
        assert (answer.status_code, answer.data) == (200, b"")
        assert api.code("/API?x=1") == 200

    @pytest.mark.parametrize("prefix", ["/API", "/api", "/Api", "/%41PI"])
    def test_the_prefix_has_no_case(self, api, station, prefix):
        assert api(f"{prefix}/Status").json[0]["id"] == "CP1"
        assert api.status(f"{prefix}/Reset/CP1") == "Accepted"

    @pytest.mark.parametrize(
        "path",
        [
            *("/API/", "/API/status", "/API/reset/CP1", "/API//Status", "/API/v2", "/API/V1/ping"),
            *("/API/Nonsense/CP1", "/API%2FStatus", "/api/v1x", "/API/%2F", "/API/../Status"),
        ],
    )
    def test_other_commands_are_not_found_and_never_redirected(self, api, path):
        assert api.code(path) == 404

    def test_newer_paths_are_left_to_the_newer_api(self, app):
        client = app.test_client()
        assert client.get("/api/v1/ping").data == b"newer"
        assert client.get("/api/docs").data == b"docs"
        assert client.get("/api/v1/nothing").status_code == 404
        assert client.get("/apix").status_code == 404
        assert client.get("//API/Status").status_code == 404

    @pytest.mark.parametrize("method", METHODS)
    def test_any_method_will_do(self, api, station, method):
        assert api.code("/API/Status", method) == 200
        assert api.code("/API/Reset/CP1", method) == 200
        assert len(station.calls) == 1

    @pytest.mark.parametrize(
        "path",
        ["/Reset/CP1/", "/Reset/CP1/1/2/3/4", "/Reset/CP1//?a=b", "/Status/", "/Status/x"],
    )
    def test_further_and_empty_segments_are_ignored(self, api, station, path):
        assert api.code(f"/API{path}") == 200

    def test_segments_are_decoded_once(self, hall, api):
        for name in ("Box 7", "Düse", "50%20"):
            station_records.add(name, StationChanges(), NOW)
            hall.connect(name, "1.6")
        assert api.status("/API/Reset/Box%207") == "Accepted"
        assert api.status("/API/Reset/D%C3%BCse") == "Accepted"
        assert api.status("/API/Reset/Du%CC%88se") == "Accepted"
        assert api.status("/API/Reset/50%2520") == "Accepted"

    @pytest.mark.parametrize("text", ["a%2Fb", "%00", "%FF", "%20", "%ED%A0%80", "..", "x" * 300])
    def test_ids_that_no_station_can_have_are_not_found(self, api, text):
        assert api.code(f"/API/Reset/{text}") == 404

    def test_answers_are_not_kept_by_anybody_in_between(self, api, station):
        assert api("/API/Reset/CP1").headers["Cache-Control"] == "no-store"


class TestCommands:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_without_a_station_nothing_can_be_done(self, api, command):
        assert api.code(f"/API/{command}") == 400
        assert api.code(f"/API/{command}/") == 400
        assert api.code(f"/API/{command}//1/16A") == 400

    @pytest.mark.parametrize("command", COMMANDS)
    def test_unknown_and_offline_stations_are_one(self, api, command):
        assert api.code(f"/API/{command}/CP1/1/16A") == 404
        assert api.code(f"/API/{command}/CP9/1/16A") == 404

    @pytest.mark.parametrize(
        ("path", "action", "payload"),
        [
            ("Reset/CP1", "Reset", {"type": "Soft"}),
            ("UnlockConnector/CP1/2", "UnlockConnector", {"connectorId": 2}),
            ("UnlockConnector/CP1", "UnlockConnector", {"connectorId": 0}),
            ("UnlockConnector/CP1/x", "UnlockConnector", {"connectorId": 0}),
            ("UnlockConnector/CP1/99999999999", "UnlockConnector", {"connectorId": 0}),
        ],
    )
    def test_what_the_station_is_asked(self, api, station, path, action, payload):
        api(f"/API/{path}")
        assert station.calls == [(action, payload)]

    def test_in_2_the_connector_is_an_evse(self, hall, api):
        station = hall.connect("CP1", "2.0.1")
        station.reply = {"status": "Unlocked"}
        assert api.status("/API/UnlockConnector/CP1/2") == "Unlocked"
        assert station.calls == [("UnlockConnector", {"connectorId": 1, "evseId": 2})]

    @pytest.mark.parametrize(
        ("path", "connector", "limit", "unit"),
        [
            ("0/2000W", 0, 2000.0, "W"),
            ("1/16a", 1, 16.0, "A"),
            ("1/0016A", 1, 16.0, "A"),
            ("1/0w", 1, 0.0, "W"),
            ("x/16A", 0, 16.0, "A"),
            ("/16A", 0, 16.0, "A"),
            (" 2/16A/further", 2, 16.0, "A"),
        ],
    )
    def test_a_limit_is_set_and_remembered(self, api, station, path, connector, limit, unit):
        assert api.status(f"/API/SetChargingLimit/CP1/{path}") == "Accepted"
        ((action, payload),) = station.calls
        schedule = payload["csChargingProfiles"]["chargingSchedule"]
        assert (action, payload["connectorId"]) == ("SetChargingProfile", connector)
        assert schedule["chargingRateUnit"] == unit
        assert schedule["chargingSchedulePeriod"] == [{"limit": limit, "startPeriod": 0}]
        assert charging_limits.find("CP1", connector).value == limit

    @pytest.mark.parametrize(
        "path",
        [
            *("", "/", "/1", "/1/", "/1/16", "/1/A", "/1/16 A", "/1/16kW", "/1/-16A", "/1/+16A"),
            *("/1/16.5A", "/1/16AA", "/1/%EF%BC%91A", "/1/16A%0A", "/-1/16A", "/10000/16A"),
            *("/1/99999999999W", f"/1/{'9' * 5000}W"),
        ],
    )
    def test_a_bad_limit_is_refused_before_anything_else(self, api, path):
        assert api.code(f"/API/SetChargingLimit/CP1{path}") == 400

    @pytest.mark.parametrize(("path", "connector"), [("", 0), ("/x", 0), ("/0", 0), ("/2", 2)])
    def test_a_limit_is_cleared_by_what_it_is(self, api, station, path, connector):
        station.reply = {"status": "Unknown"}
        assert api.status(f"/API/ClearChargingLimit/CP1{path}") == "Unknown"
        ((action, payload),) = station.calls
        assert action == "ClearChargingProfile"
        assert payload == {
            "chargingProfilePurpose": "TxDefaultProfile",
            "connectorId": connector,
            "stackLevel": 1,
        }

    @pytest.mark.parametrize("name", ["StartTransaction", "RemoteStartTransaction"])
    def test_a_transaction_is_started(self, api, station, name):
        tags.add("T/1", TagChanges(), NOW)
        assert api.status(f"/API/{name}/CP1/2/T%2F1") == "Accepted"
        assert station.calls == [("RemoteStartTransaction", {"connectorId": 2, "idTag": "T/1"})]

    def test_a_bad_tag_is_rejected_without_asking_the_station(self, api, station):
        assert api.status("/API/StartTransaction/CP1/1/unknown") == "Rejected"
        assert station.calls == []

    @pytest.mark.parametrize("path", ["", "/", "/x/T1", "/1", "/1/", "/1/%20", "/1/%00", "/-1/T1"])
    def test_a_start_needs_a_connector_and_a_tag(self, api, path):
        assert api.code(f"/API/StartTransaction/CP1{path}") == 400

    @pytest.mark.parametrize("name", ["StopTransaction", "RemoteStopTransaction"])
    def test_the_active_transaction_is_stopped(self, api, station, name):
        add_transaction(7)
        add_transaction(8, active=False, started_at=NOW + timedelta(1), stopped_at=NOW)
        assert api.status(f"/API/{name}/CP1/1") == "Accepted"
        assert station.calls == [("RemoteStopTransaction", {"transactionId": 7})]

    @pytest.mark.parametrize("connector", ["0", "1", "2"])
    def test_without_an_active_transaction_there_is_nothing_to_stop(self, api, station, connector):
        add_transaction(7, active=False, stopped_at=NOW)
        assert api.code(f"/API/StopTransaction/CP1/{connector}") == 424
        assert station.calls == []

    @pytest.mark.parametrize("path", ["", "/", "/x"])
    def test_a_stop_needs_the_station_first_and_then_a_connector(self, hall, api, path):
        assert api.code(f"/API/StopTransaction/CP1{path}") == 404
        hall.connect("CP1", "1.6")
        assert api.code(f"/API/StopTransaction/CP1{path}") == 400

    @pytest.mark.parametrize(
        ("reply", "status"),
        [
            ({"status": "Rejected"}, "Rejected"),
            (CallRefused("NotImplemented"), "Rejected"),
            (CallTimeout("late"), "Timeout"),
            (Disconnected("gone"), "Timeout"),
            (UnusableAnswer("bad"), "Timeout"),
            ({"nonsense": 1}, "Timeout"),
            ({"status": "Perhaps"}, "Timeout"),
        ],
    )
    def test_whatever_becomes_of_a_call_is_a_status(self, api, station, reply, status):
        station.reply = reply
        assert api.status("/API/Reset/CP1") == status


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StorageUnavailable("away"), 503),
        (Busy("too much", 3), 429),
        (RuntimeError("bug"), 500),
    ],
)
def test_what_fails_at_the_server_has_an_empty_body(app, api, error, code):
    def send(*_):
        raise error

    app.extensions["ocpp_core"].dispatcher = SimpleNamespace(send=send)
    assert api.code("/API/Reset/CP1") == code


def test_what_the_version_does_not_have_is_rejected(app, api):
    def send(*_):
        raise NotSupportedByVersion("no such message")

    app.extensions["ocpp_core"].dispatcher = SimpleNamespace(send=send)
    assert api.status("/API/Reset/CP1") == "Rejected"


class TestStatus:
    @pytest.fixture
    def api(self, any_hall):
        return Api(make_app(any_hall))

    def connect(self, hall, station_id="CP1", version="1.6"):
        station = hall.connect(station_id, version)
        stations.connected(station_id, version, NOW)
        return station

    def tell(self, station, word, connector=1, at=NOW):
        payload = {"connectorId": connector, "status": word, "errorCode": "NoError"}
        station.handlers.answer("StatusNotification", {**payload, "timestamp": clock.wire(at)})

    def tell_2(self, station, word, number, at=NOW):
        payload = {"evseId": 1, "connectorId": number, "connectorStatus": word}
        station.handlers.answer("StatusNotification", {**payload, "timestamp": clock.wire(at)})

    def meter(self, station, connector=1, **samples):
        sampled = [
            {"measurand": name.replace("_", "."), "value": str(value)}
            for name, value in samples.items()
        ]
        values = [{"timestamp": clock.wire(NOW), "sampledValue": sampled}]
        station.handlers.answer("MeterValues", {"connectorId": connector, "meterValue": values})

    def connectors(self, api):
        return api("/API/Status").json[0]["OnlineConnectors"]

    def test_nobody_is_online(self, api):
        assert api("/API/Status").json == []

    def test_a_station_is_shown_in_the_old_casing_and_units(self, any_hall, api):
        station = self.connect(any_hall)
        self.tell(station, "Charging")
        power = {"Power_Active_Import": 7400, "SoC": 55}
        self.meter(station, Energy_Active_Import_Register=12345, **power)
        self.tell(station, "Faulted", connector=2)
        assert api("/API/Status").json == [
            {
                "id": "CP1",
                "name": "One",
                "protocol": "ocpp1.6",
                "OnlineConnectors": {
                    "1": {
                        "Status": 2,
                        "ChargeRateKW": 7.4,
                        "MeterKWH": 12.345,
                        "MeterValueDate": "2026-05-01T12:00:00.123+00:00",
                        "SoC": 55.0,
                    },
                    "2": {
                        "Status": 4,
                        "ChargeRateKW": None,
                        "MeterKWH": None,
                        "MeterValueDate": "0001-01-01T00:00:00+00:00",
                        "SoC": None,
                    },
                },
            }
        ]

    @pytest.mark.parametrize(
        ("word", "number"),
        [
            ("Available", 1),
            ("Preparing", 2),
            ("Reserved", 2),
            ("Unavailable", 3),
            ("Faulted", 4),
        ],
    )
    def test_each_status_has_its_number(self, any_hall, api, word, number):
        self.tell(self.connect(any_hall), word)
        assert self.connectors(api)["1"]["Status"] == number

    def test_only_what_was_reported_on_this_connection_is_shown(self, any_hall, api):
        station = self.connect(any_hall)
        self.tell(station, "Charging", connector=1)
        self.meter(station, Energy_Active_Import_Register=1)
        self.tell(station, "Available", connector=2)
        station = self.connect(any_hall)
        assert self.connectors(api) == {}
        self.meter(station, Energy_Active_Import_Register=2)
        assert list(self.connectors(api)) == ["1"]
        assert self.connectors(api)["1"]["Status"] == 0
        assert self.connectors(api)["1"]["MeterKWH"] == 0.002

    def test_a_slow_clock_of_a_station_hides_nothing(self, any_hall, api):
        self.tell(self.connect(any_hall), "Available", at=NOW - timedelta(days=1))
        assert list(self.connectors(api)) == ["1"]

    def test_the_station_as_a_whole_is_no_connector(self, any_hall, api):
        self.tell(self.connect(any_hall), "Available", connector=0)
        assert self.connectors(api) == {}

    def test_an_evse_is_busy_when_one_of_its_connectors_is(self, any_hall, api):
        station = self.connect(any_hall, version="2.1")
        self.tell_2(station, "Occupied", 1)
        self.tell_2(station, "Unavailable", 2, at=NOW + timedelta(seconds=1))
        assert self.connectors(api)["1"]["Status"] == 2
        self.tell_2(station, "Available", 1, at=NOW + timedelta(seconds=2))
        assert self.connectors(api)["1"]["Status"] == 1

    def test_names_are_those_of_now_and_versions_those_of_the_connection(self, any_hall, api):
        self.connect(any_hall, version="2.0.1")
        station_records.edit("CP1", StationChanges(name="Two"), NOW)
        (shown,) = api("/API/Status").json
        assert (shown["name"], shown["protocol"]) == ("Two", "ocpp2.0.1")
        station_records.edit("CP1", StationChanges(name=""), NOW)
        assert api("/API/Status").json[0]["name"] is None

    def test_many_stations_are_read_in_portions(self, any_hall, api, monkeypatch):
        monkeypatch.setattr(legacy_status, "AT_ONCE", 2)
        for number in range(2, 6):
            station_records.add(f"CP{number}", StationChanges(), NOW)
        for number in range(1, 6):
            station = self.connect(any_hall, f"CP{number}")
            self.tell(station, "Available", connector=number)
        shown = api("/API/Status").json
        assert [each["id"] for each in shown] == [f"CP{number}" for number in range(1, 6)]
        assert [list(each["OnlineConnectors"]) for each in shown] == [
            [str(number)] for number in range(1, 6)
        ]

    def test_a_station_removed_just_now_is_not_shown(self, any_hall, api):
        self.connect(any_hall)
        station_records.remove("CP1", NOW)
        assert api("/API/Status").json == []


def test_the_view_says_who_may_use_it(app):
    assert auth.is_declared(app.view_functions["legacy_api.answer"])
