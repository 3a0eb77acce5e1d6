"""Stations connect: who is let in, in which version, and which of two connections counts."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import requests
from websockets.exceptions import InvalidStatus

from ocpp_core.live.throttle import PER_STATION_AND_ADDRESS
from tests.support.event_stream import EventStream
from tests.support.fake_station import FakeStation, Silence
from tests.support.raw_handshake import knock, request, status_line
from tests.support.records import Records
from tests.support.waiting import until
from tests.support.websocket_peer import Peer, frame

Open = Callable[..., FakeStation]
POLICY_VIOLATION = 1008


def basic(username: str, password: str | bytes) -> str:
    secret = password.encode() if isinstance(password, str) else password
    return "Basic " + base64.b64encode(username.encode() + b":" + secret).decode("latin-1")


def reset(records: Records, station_id: str) -> requests.Response:
    """Command a station over REST."""
    return records.server.api("POST", f"/api/v1/stations/{station_id}/commands/reset", {})


def reset_later(pool: ThreadPoolExecutor, records: Records, station: FakeStation) -> Future[Any]:
    """Command a station that will not answer; returns when it has the command."""
    station.answers["Reset"] = Silence
    pending = pool.submit(reset, records, station.id)
    station.wait_for("Reset")
    return pending


# ---------------------------------------------------------------- the path


@pytest.mark.parametrize(
    "path",
    [
        "/OCPP/{}",
        "/OCPP/{}/",
        "/OCPP//{}",
        "//OCPP/{}",
        "/OCPP/site-a/{}",
        "/OCPP/site%20a//box/{}//",
        "/ocpp/{}",
        "/Ocpp/{}",
        "/%4FCPP/{}",
        "/OCPP/{}?token=1",
        "/OCPP/{}#part",
        "/OCPP/../{}",
    ],
)
def test_a_station_is_found_by_the_last_segment_and_never_redirected(
    records: Records, path: str
) -> None:
    station_id = records.add_station()
    response = knock(records.server.port, path.format(station_id))
    assert response.status == 101
    until(lambda: records.station(station_id)["last_seen_at"])


@pytest.mark.parametrize(
    ("station_id", "segment"),
    [
        ("with blank {}", "with%20blank%20{}"),
        ("ümlaut-{}", "%C3%BCmlaut-{}"),
        ("ümlaut-decomposed-{}", "u%CC%88mlaut-decomposed-{}"),
        ("semi;colon={}", "semi;colon={}"),
        ("a:b@c+{}", "a:b@c+{}"),
        ("per%cent{}", "per%25cent{}"),
        ("per%20cent{}", "per%2520cent{}"),
        ("question?{}", "question%3F{}"),
        ("x" * 245 + "{}", "x" * 245 + "{}"),
    ],
)
def test_the_id_that_is_registered_is_the_one_that_connects(
    records: Records, station_id: str, segment: str
) -> None:
    number = records.new_id("")
    station_id, segment = station_id.format(number), segment.format(number)
    records.add_station(station_id)
    assert knock(records.server.port, f"/OCPP/{segment}").status == 101
    until(lambda: records.station(station_id)["last_seen_at"])


@pytest.mark.parametrize(
    "path",
    [
        "/OCPP/{}x",
        "/OCPP/{}%00",
        "/OCPP/{}%2Fbox",
        "/OCPP/box%2F{}",
        "/OCPP/%FF{}",
        "/OCPP/{}/.",
        "/OCPP/{}/..",
        "/OCPP/{}/%2E%2E",
        "/OCPP/{}%20",
        "/OCPP/" + "x" * 300,
        "/OCPP",
        "/OCPP/",
    ],
)
def test_another_id_is_unknown(records: Records, path: str) -> None:
    station_id = records.add_station()
    response = knock(records.server.port, path.format(station_id))
    assert (response.status, response.body) == (412, b"")


def test_upper_and_lower_case_are_two_stations(records: Records) -> None:
    station_id = records.add_station(records.new_id("Case"))
    assert knock(records.server.port, f"/OCPP/{station_id.upper()}").status == 412


# ---------------------------------------------------------------- order and status of the checks

UNKNOWN = "/OCPP/nobody"


def test_the_checks_are_made_in_their_order(records: Records) -> None:
    open_id, closed_id = records.add_station(), records.add_station(password="secret")
    right = basic(closed_id, "secret")
    everything_wrong: dict[str, str | None] = {
        "Upgrade": None,
        "Sec_WebSocket_Version": "8",
        "Sec_WebSocket_Protocol": None,
    }
    upgraded = everything_wrong | {"Upgrade": "websocket"}
    found = [
        knock(records.server.port, path, **changes).status
        for path, changes in (
            (UNKNOWN, everything_wrong),
            (f"/OCPP/{closed_id}", everything_wrong),
            (f"/OCPP/{closed_id}", {**everything_wrong, "Authorization": right}),
            (f"/OCPP/{open_id}", everything_wrong),
            (f"/OCPP/{open_id}", upgraded),
            (f"/OCPP/{open_id}", {**upgraded, "Sec_WebSocket_Version": "13"}),
            (f"/OCPP/{closed_id}", {"Authorization": right}),
        )
    ]
    assert found == [412, 401, 400, 400, 426, 400, 101]


def test_refusals_have_empty_bodies_and_say_what_helps(records: Records) -> None:
    station_id = records.add_station(password="secret")
    refused = knock(records.server.port, f"/OCPP/{station_id}")
    assert (refused.status, refused.body) == (401, b"")
    assert refused.headers["WWW-Authenticate"] == 'Basic realm="OCPP.Core"'
    authorization = basic(station_id, "secret")
    old = knock(
        records.server.port,
        f"/OCPP/{station_id}",
        Authorization=authorization,
        Sec_WebSocket_Version="8",
    )
    assert (old.status, old.body) == (426, b"")
    assert old.headers["Sec-WebSocket-Version"] == "13"


def test_plain_http_is_refused_like_a_bad_handshake(records: Records) -> None:
    station_id = records.add_station()
    for method in ("GET", "POST", "OPTIONS"):
        for path, status in ((UNKNOWN, 412), (f"/OCPP/{station_id}", 400)):
            answer = requests.request(method, records.server.url + path, timeout=5)
            assert (answer.status_code, answer.content) == (status, b"")


# ---------------------------------------------------------------- credentials

HEX_KEY = "00ffA1b2c3d4e5f60718293a4b5c6d7e8f901122"


@pytest.mark.parametrize(
    ("stored", "presented"),
    [
        ("secret", "secret"),
        ("with:colons::", "with:colons::"),
        ("pässwörd ✓", "pässwörd ✓"),
        (HEX_KEY, HEX_KEY),
        (HEX_KEY, HEX_KEY.lower()),
        (HEX_KEY, bytes.fromhex(HEX_KEY)),
    ],
)
def test_the_right_password_is_let_in(
    records: Records, version: str, stored: str, presented: str | bytes
) -> None:
    station_id = records.add_station(password=stored)
    with FakeStation(
        records.server.websocket_url, station_id, version, password=presented
    ) as station:
        assert station.boot()["status"] == "Accepted"


def test_a_user_name_of_its_own_may_stand_for_the_id(records: Records) -> None:
    station_id = records.add_station(username="user", password="secret")
    path = f"/OCPP/{station_id}"
    for username, status in ((station_id, 401), ("User", 401), ("user", 101)):
        authorization = basic(username, "secret")
        response = knock(records.server.port, path, Authorization=authorization)
        assert response.status == status


def test_a_changed_password_holds_for_the_next_connection(records: Records) -> None:
    station_id = records.add_station(password="old")
    path = f"/OCPP/{station_id}"
    old, new = basic(station_id, "old"), basic(station_id, "new")
    assert knock(records.server.port, path, Authorization=old).status == 101
    records.edit_station(station_id, password="new")
    assert knock(records.server.port, path, Authorization=old).status == 401
    assert knock(records.server.port, path, Authorization=new).status == 101
    records.edit_station(station_id, password=None)
    assert knock(records.server.port, path).status == 101


@pytest.mark.parametrize(
    "authorization",
    ["Basic", "Basic !!!", "Basic " + "A" * 5000, "Bearer secret", "secret", "Basic \xff\xfe"],
)
def test_a_malformed_header_is_401_with_a_challenge(records: Records, authorization: str) -> None:
    station_id = records.add_station(password="secret")
    response = knock(records.server.port, f"/OCPP/{station_id}", Authorization=authorization)
    assert response.status == 401
    assert response.headers["WWW-Authenticate"]


def test_guessing_is_limited_without_locking_out_the_station(records: Records) -> None:
    guessed, neighbour = (records.add_station(password="secret") for _ in range(2))
    path = f"/OCPP/{guessed}"
    right = basic(guessed, "secret")
    assert knock(records.server.port, path, Authorization=right).status == 101
    wrong = basic(guessed, "guess")
    statuses = [
        knock(records.server.port, path, Authorization=wrong).status
        for _ in range(PER_STATION_AND_ADDRESS + 2)
    ]
    assert statuses == [401] * PER_STATION_AND_ADDRESS + [429] * 2
    assert knock(records.server.port, path, Authorization=right).status == 101
    authorization = basic(neighbour, "secret")
    response = knock(records.server.port, f"/OCPP/{neighbour}", Authorization=authorization)
    assert response.status == 101


def test_many_stations_with_passwords_come_back_within_seconds(
    records: Records, pool: ThreadPoolExecutor
) -> None:
    ids = list(pool.map(lambda _: records.add_station(password="secret"), range(10)))

    def connect(station_id: str) -> int:
        authorization = basic(station_id, "secret")
        path = f"/OCPP/{station_id}"
        return knock(records.server.port, path, Authorization=authorization).status

    assert list(pool.map(connect, ids)) == [101] * 10
    started = time.monotonic()
    assert list(pool.map(connect, ids * 10)) == [101] * 100
    assert time.monotonic() - started < 3


# ---------------------------------------------------------------- the version


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (["ocpp1.6"], "ocpp1.6"),
        (["ocpp2.0.1", "ocpp1.6"], "ocpp2.0.1"),
        (["ocpp1.6", "ocpp2.1"], "ocpp1.6"),
        (["ocpp2.0", "ocpp1.5", "ocpp2.1"], "ocpp2.1"),
        (["OCPP1.6"], "OCPP1.6"),
        (["Ocpp2.0.1", "ocpp2.0.1"], "Ocpp2.0.1"),
    ],
)
def test_the_stations_own_order_decides_and_its_spelling_is_echoed(
    records: Records, open_station: Open, offered: list[str], chosen: str
) -> None:
    version = chosen.lower().removeprefix("ocpp")
    station = open_station(records.add_station(), version, subprotocols=offered)
    assert station.subprotocol == chosen
    assert station.boot()["status"] == "Accepted"
    assert records.station(station.id)["ocpp_version"] == version


@pytest.mark.parametrize("offered", [None, "", "ocpp2.0", "ocpp1.5, mqtt", "ocpp16"])
def test_without_a_common_version_the_upgrade_is_refused_with_400(
    records: Records, offered: str | None
) -> None:
    path = f"/OCPP/{records.add_station()}"
    response = knock(records.server.port, path, Sec_WebSocket_Protocol=offered)
    assert (response.status, response.body) == (400, b"")


def test_a_station_without_the_header_speaks_its_default_version(
    records: Records, open_station: Open, version: str
) -> None:
    station_id = records.add_station()
    with pytest.raises(InvalidStatus):
        open_station(station_id, version, subprotocols=[])
    records.edit_station(station_id, default_version=version)
    station = open_station(station_id, version, subprotocols=[])
    assert station.subprotocol is None
    assert station.boot()["status"] == "Accepted"
    assert records.station(station_id)["ocpp_version"] == version
    response = knock(records.server.port, f"/OCPP/{station_id}", Sec_WebSocket_Protocol="ocpp1.5")
    assert response.status == 400


def test_an_origin_is_tolerated(records: Records, open_station: Open) -> None:
    headers = {"Origin": "http://192.168.1.5"}
    assert open_station(records.add_station(), "1.6", headers=headers).boot()


# ---------------------------------------------------------------- online and offline


def test_online_and_offline_are_recorded_with_their_moment(station: FakeStation, records: Records):
    online = records.station(station.id)
    assert online["online"] is True
    assert online["online_changed_at"] <= online["last_boot_at"] == online["last_seen_at"]
    station.close()
    offline = until(lambda: _offline(records, station.id))
    assert offline["online_changed_at"] > online["online_changed_at"]
    assert reset(records, station.id).status_code == 409


def test_a_lost_connection_is_noticed_at_once(station: FakeStation, records: Records) -> None:
    station.abort()
    until(lambda: _offline(records, station.id), 1)


def test_a_removed_station_is_sent_away(station: FakeStation, records: Records) -> None:
    records.remove_station(station.id)
    assert station.wait_closed() == (POLICY_VIOLATION, "removed")
    with pytest.raises(InvalidStatus) as refused:
        station.connect()
    assert refused.value.response.status_code == 412


def _offline(records: Records, station_id: str) -> Any:
    record = records.station(station_id)
    return None if record["online"] else record


# ---------------------------------------------------------------- two connections


def test_the_newer_connection_replaces_the_older(
    station: FakeStation, records: Records, open_station: Open
) -> None:
    newer = open_station(station.id, station.version)
    code, reason = station.wait_closed()
    assert code == POLICY_VIOLATION
    assert reason
    time.sleep(0.05)  # let the older one clean up
    assert records.station(station.id)["online"] is True
    assert newer.boot()["status"] == "Accepted"
    assert reset(records, station.id).json()["done"] is True
    assert newer.wait_for("Reset")
    assert not station.received


def test_a_replaced_connection_may_speak_another_version(
    records: Records, open_station: Open
) -> None:
    station_id = records.add_station()
    open_station(station_id, "1.6").boot()
    newer = open_station(station_id, "2.1")
    newer.boot()
    assert records.station(station_id)["ocpp_version"] == "2.1"
    assert reset(records, station_id).json()["done"] is True
    assert newer.wait_for("Reset").payload["type"] in ("Immediate", "OnIdle")


def test_a_call_that_waits_fails_at_once_when_its_connection_is_replaced(
    pool: ThreadPoolExecutor, station: FakeStation, records: Records, open_station: Open
) -> None:
    pending = reset_later(pool, records, station)
    started = time.monotonic()
    newer = open_station(station.id, station.version)
    assert pending.result().status_code == 502
    assert time.monotonic() - started < 0.6
    assert reset(records, station.id).json()["done"] is True
    assert newer.wait_for("Reset")


@pytest.mark.parametrize("end", ["close", "abort"])
def test_a_call_that_waits_fails_at_once_when_its_connection_ends(
    pool: ThreadPoolExecutor, station: FakeStation, records: Records, end: str
) -> None:
    waiting = reset_later(pool, records, station)
    queued = pool.submit(reset, records, station.id)
    until(lambda: len(records.ask("GET", f"/stations/{station.id}/commands")["items"]) == 2)
    started = time.monotonic()
    getattr(station, end)()
    assert waiting.result().status_code == 502
    assert queued.result().status_code in (409, 502)  # 409: it had not queued yet
    assert time.monotonic() - started < 0.6


def test_a_failed_log_in_never_disturbs_the_live_connection(
    pool: ThreadPoolExecutor, records: Records, open_station: Open, version: str
) -> None:
    station_id = records.add_station(password="secret")
    station = open_station(station_id, version, password="secret")
    station.boot()
    pending = reset_later(pool, records, station)
    path = f"/OCPP/{station_id}"
    for authorization in (None, basic(station_id, "wrong")):
        response = knock(records.server.port, path, Authorization=authorization)
        assert response.status == 401
    right = basic(station_id, "secret")
    refused = knock(
        records.server.port, path, Authorization=right, Sec_WebSocket_Protocol="ocpp1.5"
    )
    assert refused.status == 400
    call = station.wait_for("Reset")
    station.send_raw(json.dumps([3, call.message_id, {"status": "Accepted"}]))
    assert pending.result().json()["done"] is True
    assert records.station(station_id)["online"] is True


def test_of_reconnects_within_milliseconds_the_newest_works(
    station: FakeStation, records: Records
) -> None:
    for _ in range(20):
        station.abort()  # no close frame
        station.connect()
    assert station.boot()["status"] == "Accepted"
    assert reset(records, station.id).json()["done"] is True
    assert records.station(station.id)["online"] is True


def test_of_twenty_handshakes_at_once_the_newest_works(records: Records) -> None:
    station_id = records.add_station()
    with contextlib.ExitStack() as stack:
        socks = []
        for _ in range(20):  # no answer is waited for, none is closed
            sock = socket.create_connection(("127.0.0.1", records.server.port), 5)
            socks.append(stack.enter_context(sock))
            sock.sendall(request(f"/OCPP/{station_id}"))
            time.sleep(0.002)
        assert status_line(socks[-1]) == "HTTP/1.1 101 Switching Protocols"
        newest = Peer(socks[-1])
        time.sleep(0.5)  # let those come that were held up
        newest.send('[2,"m","Heartbeat",{}]')
        assert json.loads(newest.text())[:2] == [3, "m"]
        assert records.station(station_id)["online"] is True


# ---------------------------------------------------------------- two stations with one id


def test_two_sockets_that_fight_for_one_id_are_damped_and_reported_once(
    records: Records,
) -> None:
    station_id = records.add_station()
    connected: list[float] = []
    over = threading.Event()

    def fight() -> None:
        fighter = FakeStation(records.server.websocket_url, station_id)
        while not over.is_set():
            with contextlib.suppress(InvalidStatus):  # outdone by the other one
                fighter.connect()
                connected.append(time.monotonic())
            while not over.is_set() and fighter.socket.close_code is None:
                time.sleep(0.02)
        fighter.close()

    with EventStream(records.server, f"station_id={station_id}&names=SecurityEvent") as stream:
        fighters = [threading.Thread(target=fight) for _ in range(2)]
        for fighter in fighters:
            fighter.start()
        time.sleep(0.9)
        over.set()
        for fighter in fighters:
            fighter.join(8)
        assert 5 <= len(connected) <= 9  # it would be hundreds
        (event,) = stream.named("SecurityEvent")
    assert (event["station_id"], event["kind"]) == (station_id, "ConnectionFight")
    log = records.server.log().splitlines()
    (line,) = [
        each for each in log if "fight for one id" in each and f"={station_id} " in f"{each} "
    ]
    assert "WARNING" in line


def test_frames_sent_with_the_handshake_are_answered(records: Records) -> None:
    station_id = records.add_station()
    message = frame('[2,"m","Heartbeat",{}]')
    with socket.create_connection(("127.0.0.1", records.server.port), 5) as sock:
        sock.sendall(request(f"/OCPP/{station_id}") + message)
        assert "101" in status_line(sock)
        assert json.loads(Peer(sock).text())[:2] == [3, "m"]


def test_a_station_that_floods_starves_no_other(
    station: FakeStation, records: Records, pool: ThreadPoolExecutor
) -> None:
    message = frame('[2,"m","Heartbeat",{}]')
    with socket.create_connection(("127.0.0.1", records.server.port), 5) as sock:
        sock.sendall(request(f"/OCPP/{records.add_station()}"))
        assert "101" in status_line(sock)
        flooding, peer = pool.submit(sock.sendall, message * 1000), Peer(sock)
        slowest_s = 0.0
        for _ in range(10):
            started = time.monotonic()
            station.call("Heartbeat", {})
            slowest_s = max(slowest_s, time.monotonic() - started)
        flooding.result(5)
        assert [json.loads(peer.text())[0] for _ in range(1000)] == [3] * 1000
    assert slowest_s < 0.5


def test_a_password_is_never_shown(records: Records) -> None:
    station_id = records.add_station(password="secret-of-the-station")
    shown = records.station(station_id)
    assert shown["has_password"] is True
    assert "secret-of-the-station" not in json.dumps(shown)
    assert "secret-of-the-station" not in records.server.log()
