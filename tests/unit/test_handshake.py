"""Who is admitted to a WebSocket, and with which status everybody else is turned away."""

import base64
import logging

import pytest
from flask import Flask, abort
from werkzeug.exceptions import HTTPException

from ocpp_core.domain import credentials
from ocpp_core.domain.admission import Admission
from ocpp_core.errors import StorageUnavailable
from ocpp_core.live import throttle
from ocpp_core.web import handshake
from ocpp_core.web.handshake import Handshake
from ocpp_core.web.security_log import SecurityLog
from ocpp_core.web.sock import Sock
from ocpp_core.web.station_socket import create_blueprint

KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455, 1.3
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Protocol": "ocpp1.6",
}
PASSWORD = credentials.generate()
STORED = credentials.hash_password(PASSWORD)


class Doorman:
    def __init__(self):
        self.admissions = {
            "open": Admission("open"),
            "old": Admission("old", default_version="1.6"),
            "basic": Admission("basic", password_hash=STORED),
            "named": Admission("named", username="user:with:colons", password_hash=STORED),
            "a:b": Admission("a:b", password_hash=STORED),
        }

    def find(self, station_id):
        if station_id == "broken":
            raise StorageUnavailable("no database")
        return self.admissions.get(station_id)


class Accepted(Exception):
    """The request passed all checks; the answer would be 101."""


@pytest.fixture
def app():
    def before_accept(visit):
        raise Accepted(visit.station_id)

    app = Flask(__name__)
    app.testing = True
    app.register_blueprint(
        create_blueprint(Sock(), Doorman(), lambda *_: None, before_accept=before_accept)
    )
    app.register_error_handler(HTTPException, lambda _: ("a page about the error", 599))
    app.add_url_rule("/<path:anything>", "catch_all", lambda anything: abort(404))
    return app


@pytest.fixture
def knock(app):
    """Send a handshake with other headers; its status, or "accepted" and the station's id."""

    def knock(path="/OCPP/open", headers=(), method="GET", **changed):
        merged = UPGRADE | dict(headers)
        sent = [(name, value) for name, value in merged.items() if value is not None]
        client = app.test_client()
        try:
            response = client.open(
                path.split("?")[0].replace("//", "/"),
                method=method,
                headers=sent,
                environ_overrides={"RAW_URI": path, "SERVER_PROTOCOL": "HTTP/1.1", **changed},
            )
        except Accepted as accepted:
            return "accepted", accepted.args[0]
        assert response.data == b""
        return response.status_code, response

    return knock


def basic(user, password):
    user, password = (part.encode() if isinstance(part, str) else part for part in (user, password))
    return {"Authorization": "Basic " + base64.b64encode(user + b":" + password).decode()}


# ---------------------------------------------------------------- the order of the checks


def test_a_proper_handshake_of_a_known_station_is_accepted(knock):
    assert knock() == ("accepted", "open")


@pytest.mark.parametrize("path", ["/OCPP/nobody", "/OCPP", "/OCPP/", "/ocpp/", "/OCPP/%FF"])
def test_an_unknown_station_is_refused_with_412(knock, path):
    assert knock(path)[0] == 412


def test_unknown_comes_before_everything_else(knock):
    assert knock("/OCPP/nobody", {"Upgrade": None, "Sec-WebSocket-Key": None})[0] == 412
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert knock("/OCPP/nobody", {"Upgrade": None}, method)[0] == 412


def test_credentials_come_before_the_upgrade(knock):
    assert knock("/OCPP/basic", {"Upgrade": None})[0] == 401


def test_the_upgrade_comes_before_the_subprotocol(knock):
    wrong = {"Sec-WebSocket-Version": "8", "Sec-WebSocket-Protocol": "nonsense"}
    assert knock(headers=wrong)[0] == 426


def test_a_database_out_of_reach_is_503(knock):
    status, response = knock("/OCPP/broken")
    assert status == 503
    assert response.headers["Retry-After"] == "5"


# ---------------------------------------------------------------- credentials


def test_the_right_password_is_let_in(knock):
    assert knock("/OCPP/basic", basic("basic", PASSWORD)) == ("accepted", "basic")
    assert knock("/OCPP/a:b", basic("a:b", PASSWORD)) == ("accepted", "a:b")
    assert knock("/OCPP/named", basic("user:with:colons", PASSWORD)) == ("accepted", "named")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("basic", "wrong"),
        basic("basic", b"\xff\xfe"),
        basic("basic", ""),
        basic("other", PASSWORD),
        {"Authorization": ""},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !"},
        {"Authorization": "Basic \xff"},
        {"Authorization": "Bearer " + PASSWORD},
        {"Authorization": "x" * 8000},
    ],
)
def test_what_is_not_the_password_is_refused_with_a_challenge(knock, headers):
    status, response = knock("/OCPP/basic", headers)
    assert status == 401
    assert response.headers["WWW-Authenticate"] == 'Basic realm="OCPP.Core"'


def test_too_many_wrong_passwords_are_429_and_say_when_to_come_again(knock):
    for _ in range(throttle.PER_STATION_AND_ADDRESS):
        assert knock("/OCPP/basic", basic("basic", "guess"))[0] == 401
    status, response = knock("/OCPP/basic", basic("basic", "guess"))
    assert status == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 60


def test_a_missing_password_is_no_guess(knock):
    for _ in range(100):
        assert knock("/OCPP/basic")[0] == 401
    assert knock("/OCPP/basic", basic("basic", PASSWORD))[0] == "accepted"


def test_failures_are_logged_with_station_and_address_but_not_by_the_hundred(knock, caplog):
    for _ in range(50):
        knock("/OCPP/basic", basic("basic", "guess"), REMOTE_ADDR="192.0.2.7")
    records = [record for record in caplog.records if record.name == "ocpp_core.security"]
    assert 2 <= len(records) <= 10
    assert {(record.station, record.address) for record in records} == {("basic", "192.0.2.7")}
    assert all(record.levelno == logging.WARNING for record in records)
    assert "guess" not in caplog.text


def test_the_log_tells_why_there_was_no_agreement(knock, caplog):
    knock(headers={"Upgrade": None})
    knock(headers={"Sec-WebSocket-Protocol": "ocpp1.5"})
    records = [record for record in caplog.records if hasattr(record, "offered")]
    assert [(record.message, record.offered) for record in records] == [
        ("no proper WebSocket handshake", ""),
        ("no common OCPP version", "ocpp1.5"),
    ]
    assert {(record.station, record.address) for record in records} == {("open", "127.0.0.1")}


def test_a_station_without_credentials_is_let_in_with_one_warning(knock, caplog):
    for _ in range(5):
        assert knock()[0] == "accepted"
    assert [record.message for record in caplog.records] == ["station has no credentials"]


def test_warnings_about_one_thing_are_limited_over_all_stations(caplog):
    security_log = SecurityLog(clock=lambda: 0.0)
    for number in range(1000):
        security_log.warn("unknown station", f"box{number}", "192.0.2.7")
    assert len(caplog.records) == 60


# ---------------------------------------------------------------- the upgrade


@pytest.mark.parametrize(
    "headers",
    [
        {"Upgrade": None},
        {"Upgrade": "h2c"},
        {"Connection": None},
        {"Connection": "keep-alive"},
        {"Sec-WebSocket-Key": None},
        {"Sec-WebSocket-Key": "short"},
        {"Sec-WebSocket-Key": "!" * 24},
        {"Sec-WebSocket-Key": f"{KEY},{KEY}"},
        {"Transfer-Encoding": "chunked"},
    ],
)
def test_what_is_no_proper_upgrade_is_400(knock, headers):
    assert knock(headers=headers)[0] == 400


def test_a_body_would_be_taken_for_frames_and_is_400(knock):
    assert knock(CONTENT_LENGTH="5")[0] == 400
    assert knock(CONTENT_LENGTH="0")[0] == "accepted"


def test_an_upgrade_is_read_from_lists_in_any_case(knock):
    headers = {"Upgrade": "WebSocket", "Connection": "keep-alive, UPGRADE"}
    assert knock(headers=headers)[0] == "accepted"


def test_a_missing_host_and_an_old_http_are_400(app, knock):
    assert knock(SERVER_PROTOCOL="HTTP/1.0")[0] == 400
    assert knock(HTTP_HOST="")[0] == 400


@pytest.mark.parametrize("version", [None, "", "8", "14", "13, 8", "thirteen"])
def test_another_version_of_websocket_is_426_and_says_which(knock, version):
    status, response = knock(headers={"Sec-WebSocket-Version": version})
    assert status == 426
    assert response.headers["Sec-WebSocket-Version"] == "13"


def test_an_origin_is_no_reason_to_refuse(knock):
    assert knock(headers={"Origin": "http://elsewhere.example"})[0] == "accepted"


def test_the_answer_is_that_of_the_rfc():
    environ = {
        "REQUEST_METHOD": "GET",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "x",
        "HTTP_UPGRADE": "websocket",
        "HTTP_CONNECTION": "Upgrade",
        "HTTP_SEC_WEBSOCKET_VERSION": "13",
        "HTTP_SEC_WEBSOCKET_KEY": KEY,
    }
    assert Handshake.read(environ).answer() == (
        b"HTTP/1.1 101 Switching Protocols\r\n"
        b"Upgrade: websocket\r\n"
        b"Connection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    )
    environ["HTTP_SEC_WEBSOCKET_EXTENSIONS"] = "permessage-deflate"
    answer = Handshake.read(environ).speaking("OCPP1.6").answer()
    assert b"\r\nSec-WebSocket-Protocol: OCPP1.6\r\n" in answer
    assert b"permessage-deflate; server_no_context_takeover; client_no_context_takeover" in answer


# ---------------------------------------------------------------- the subprotocol


@pytest.mark.parametrize(
    ("offered", "name", "answer"),
    [
        ("ocpp1.6", "ocpp1.6", "ocpp1.6"),
        ("ocpp2.0.1,ocpp1.6", "ocpp2.0.1", "ocpp2.0.1"),
        ("ocpp1.6, ocpp2.1", "ocpp1.6", "ocpp1.6"),
        ("ocpp2.0, ocpp1.5 ,ocpp2.1", "ocpp2.1", "ocpp2.1"),
        ("OCPP1.6", "ocpp1.6", "OCPP1.6"),
        ("Ocpp2.0.1,ocpp2.0.1", "ocpp2.0.1", "Ocpp2.0.1"),
        (",, ocpp1.6,", "ocpp1.6", "ocpp1.6"),
    ],
)
def test_the_station_decides_which_version_is_spoken(offered, name, answer):
    chosen = handshake.choose_subprotocol({"HTTP_SEC_WEBSOCKET_PROTOCOL": offered}, "2.1")
    assert (chosen.name, chosen.answer) == (name, answer)


@pytest.mark.parametrize("offered", [None, "", "ocpp2.0", "ocpp1.5, ocpp", "ocpp1.6j", "\u212acpp"])
def test_nothing_in_common_is_400(knock, offered):
    assert knock(headers={"Sec-WebSocket-Protocol": offered})[0] == 400


@pytest.mark.parametrize("environ", [{}, {"HTTP_SEC_WEBSOCKET_PROTOCOL": " "}])
def test_a_station_that_names_no_version_may_have_one_by_default(environ):
    chosen = handshake.choose_subprotocol(environ, "1.6")
    assert (chosen.name, chosen.answer) == ("ocpp1.6", None)


def test_the_default_version_does_not_stand_in_for_an_unknown_one(knock):
    assert knock("/OCPP/old", {"Sec-WebSocket-Protocol": None})[0] == "accepted"
    assert knock("/OCPP/old", {"Sec-WebSocket-Protocol": "ocpp1.5"})[0] == 400


@pytest.mark.parametrize("default", [None, "", "1.5", "nonsense"])
def test_a_default_version_that_we_do_not_speak_is_none(default):
    with pytest.raises(HTTPException) as refused:
        handshake.choose_subprotocol({}, default)
    assert refused.value.get_response().status_code == 400


# ---------------------------------------------------------------- what was read too far


def test_only_a_server_that_reads_ahead_is_asked_for_more():
    assert handshake.unread({}) == b""
    assert handshake.unread({"wsgi.input": object()}) == b""
