"""Who may do what over REST, and how requests that lead nowhere are answered."""

from __future__ import annotations

import logging
import re

import pytest

from ocpp_core import factory
from ocpp_core.domain.roles import Role
from ocpp_core.errors import StorageUnavailable
from ocpp_core.services import api_keys
from ocpp_core.storage import writer
from ocpp_core.web import api, auth
from ocpp_core.web.api.events import EXTENSION
from ocpp_core.web.auth import WRONG_KEYS
from tests.integration.api.support import NOW
from tests.support.rest import Rest
from tests.support.server import API_KEY

ENDPOINTS = tuple(api.endpoints())


def path_of(endpoint):
    return re.sub(r"{\w+}", "1", endpoint.path)


def named(endpoint):
    return f"{endpoint.method} {endpoint.path}"


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=named)
def test_each_operation_asks_for_its_role(application, endpoint):
    for role in Role:
        key = api_keys.add(str(role), role, NOW)
        caller = Rest(application.test_client(), key)
        response = caller.call(endpoint.method, path_of(endpoint))
        response.close()
        assert (response.status_code == 403) == (not role.includes(endpoint.role))
        assert response.status_code != 401


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=named)
def test_each_operation_refuses_who_has_no_key(application, endpoint):
    anonymous = Rest(application.test_client(), None)
    refused = anonymous.call(endpoint.method, path_of(endpoint))
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=named)
def test_without_any_key_configured_nothing_is_open(application, endpoint):
    auth.register(application, "")
    for key in (None, "", " ", "guess"):
        refused = Rest(application.test_client(), key).call(endpoint.method, path_of(endpoint))
        assert refused.status_code == 401


def test_the_role_is_asked_before_the_body_is_looked_at(viewer):
    refused = viewer.post("/stations", data=b"no json")
    assert refused.status_code == 403


@pytest.fixture
def whole_application(sqlite_url):
    """All routes of the server, as the factory puts them together."""
    root = logging.getLogger()
    before = root.level, [*root.handlers]
    app = factory.create_app({"database_url": sqlite_url, "api_key": API_KEY}, serving=True)
    yield app
    app.extensions[EXTENSION].end()
    app.extensions["ocpp_core"].stop()
    app.extensions["ocpp_core"].store.close_all()
    writer.use(None)
    root.level, root.handlers[:] = before


def test_every_route_says_who_may_use_it(whole_application):
    asks_itself = {"static", "station_socket.connect", "station_socket.no_websocket"}
    for rule in whole_application.url_map.iter_rules():
        view = whole_application.view_functions[rule.endpoint]
        assert rule.endpoint in asks_itself or auth.is_declared(view), rule


def test_only_what_holds_no_data_is_public(whole_application):
    client = whole_application.test_client()
    public = {
        rule.rule
        for rule in whole_application.url_map.iter_rules()
        if auth.is_public(whole_application.view_functions[rule.endpoint])
    }
    for_programs = {"/healthz", "/readyz", "/metrics", "/api/docs", "/api/v1/openapi.json"}
    assert public == for_programs | {"/login", "/logout", "/preferences"}
    for path in for_programs:
        assert client.get(path).status_code == 200
    for path in (
        "/api",
        "/api/",
        "/API/Status",
        "/api/v1",
        "/api/v1/",
        "/api/v1/x",
        "/api/Reset/x",
    ):
        assert client.get(path).status_code == 401, path


def test_a_key_may_come_in_either_header(application, store):
    client = application.test_client()
    key = api_keys.add("display", Role.VIEWER, NOW)
    for headers in (
        {"X-API-Key": key},
        {"X-API-Key": API_KEY},
        {"Authorization": f"Bearer {key}"},
        {"Authorization": f"bearer  {key} "},
        {"X-API-Key": key, "Authorization": "Basic dXNlcjpwYXNz"},
    ):
        assert client.get("/api/v1/stations", headers=headers).status_code == 200
    for headers in (
        {"Authorization": f"Basic {key}"},
        {"Authorization": key},
        {"Cookie": f"X-API-Key={key}"},
    ):
        assert client.get("/api/v1/stations", headers=headers).status_code == 401
    assert client.get(f"/api/v1/stations?X-API-Key={key}").status_code == 401


@pytest.mark.parametrize("key", ["x", API_KEY[:-1], API_KEY + "x", "\u00e9\u00e9", "k" * 5000])
def test_a_wrong_key_is_refused_and_never_logged(rest, caplog, key):
    wire = key.encode().decode("latin-1")
    refused = rest.with_key(None).get("/stations", headers={"X-API-Key": wire})
    assert refused.status_code == 401
    assert len(key) == 1 or key not in caplog.text


def test_a_key_beyond_ascii_works(application):
    auth.register(application, "schl\u00fcssel-\u65e5\u672c")
    wire = "schl\u00fcssel-\u65e5\u672c".encode().decode("latin-1")
    client = application.test_client()
    assert client.get("/api/v1/tags", headers={"X-API-Key": wire}).status_code == 200


def test_many_wrong_keys_are_slowed_down_without_hurting_right_ones(rest):
    guesser = rest.with_key("guess")
    for _ in range(WRONG_KEYS.amount):
        assert guesser.get("/stations").status_code == 401
    limited = guesser.get("/stations")
    assert limited.status_code == 429
    assert 1 <= int(limited.headers["Retry-After"]) <= 60
    assert guesser.get("/no/such/route").status_code == 429
    assert rest.get("/stations").status_code == 200
    assert rest.with_key(None).get("/stations").status_code == 401
    elsewhere = guesser.get("/stations", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 401


def test_one_network_of_ipv6_is_one_caller(rest):
    guesser = rest.with_key("guess")
    for number in range(WRONG_KEYS.amount):
        base = {"REMOTE_ADDR": f"2001:db8::{number}"}
        assert guesser.get("/stations", environ_base=base).status_code == 401
    base = {"REMOTE_ADDR": "2001:db8::ffff"}
    assert guesser.get("/stations", environ_base=base).status_code == 429
    other = {"REMOTE_ADDR": "2001:db8:0:1::1"}
    assert guesser.get("/stations", environ_base=other).status_code == 401


def test_unknown_routes_are_explained_to_known_callers_only(rest, anonymous):
    for path in ("/nothing", "/stations/", "/stations/CP1/nothing", "/stations/a/b/c", "/"):
        missing = rest.get(path)
        assert (missing.status_code, missing.get_json()["title"]) == (404, "Not Found")
        assert anonymous.get(path).status_code == 401


def test_a_wrong_method_names_the_right_ones(rest, anonymous):
    wrong = rest.call("PUT", "/stations/CP1")
    assert wrong.status_code == 405
    allowed = set(wrong.headers["Allow"].split(", "))
    assert {"GET", "PATCH", "DELETE"} <= allowed
    assert anonymous.call("PUT", "/stations/CP1").status_code == 401


def test_other_parts_of_the_site_keep_their_own_errors(application):
    client = application.test_client()
    missing = client.get("/nothing")
    assert (missing.status_code, missing.mimetype) == (404, "text/html")
    assert client.get("/apiary").status_code == 404
    assert client.get("/api").status_code == 401


def test_an_error_of_the_server_is_in_the_log_under_its_id_and_nowhere_else(
    rest, dispatcher, caplog
):
    dispatcher.answer = ZeroDivisionError("secret detail")
    failed = rest.post("/stations/CP1/calls/Heartbeat", headers={"X-Request-ID": "trace-1"})
    assert failed.status_code == 500
    assert failed.get_json()["request_id"] == "trace-1"
    assert b"secret detail" not in failed.data
    assert "secret detail" in caplog.text


def test_a_lost_database_is_service_unavailable(rest, monkeypatch):
    assert rest.get("/stations").status_code == 200

    class Gone:
        def __getattr__(self, _name):
            raise StorageUnavailable("no database is open")

    monkeypatch.setattr(writer, "_writer", Gone())
    lost = rest.get("/stations")
    assert (lost.status_code, lost.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(
    ("given", "taken"),
    [("trace-1", True), ("a" * 64, True), ("a" * 65, False), ("a b", False), ("", False)],
)
def test_a_request_id_is_taken_over_when_it_is_harmless(rest, given, taken):
    response = rest.get("/stations", headers={"X-Request-ID": given})
    returned = response.headers["X-Request-ID"]
    assert (returned == given) == taken
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", returned)


def test_head_asks_for_the_same_without_the_body(rest):
    application = rest.client.application
    for path in ("/stations", "/events", "/transactions"):
        response = application.test_client().head(f"/api/v1{path}", headers=rest.headers)
        assert (response.status_code, response.data) == (200, b"")
