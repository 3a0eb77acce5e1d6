"""REST as a real gunicorn serves it: streams, many callers, the stop."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import time

import pytest
import requests

from tests.support.server import API_KEY, RunningServer

HEADERS = {"X-API-Key": API_KEY}
LISTENERS = 100


@pytest.fixture(scope="module")
def server(tmp_path_factory, sqlite_template):
    yield from served(tmp_path_factory.mktemp("shared"), sqlite_template)


@pytest.fixture
def own_server(tmp_path, sqlite_template):
    yield from served(tmp_path, sqlite_template)


def served(folder, template):
    shutil.copyfile(template, folder / "ocpp.db")
    running = RunningServer(folder, f"sqlite:///{folder}/ocpp.db").start()
    yield running
    running.kill()


class Listener:
    """A stream on a plain socket."""

    def __init__(self, port, query=""):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.sock.sendall(
            f"GET /api/v1/events{query} HTTP/1.1\r\nHost: localhost\r\n"
            f"X-API-Key: {API_KEY}\r\n\r\n".encode()
        )
        self.text = ""
        self.wait_for("event: hello")

    def wait_for(self, text):
        """Read until `text` has come."""
        while text not in self.text:
            received = self.sock.recv(65536)
            assert received, f"the stream ended before {text}"
            self.text += received.decode()

    def wait_for_end(self):
        """Read until the server ends the stream."""
        while received := self.sock.recv(65536):
            self.text += received.decode()


def listeners(server):
    figures = requests.get(f"{server.url}/metrics", timeout=5).text
    (line,) = [row for row in figures.splitlines() if row.startswith("ocpp_event_listeners ")]
    return float(line.split()[1])


def add_station(server, station_id):
    body = {"id": station_id}
    url = f"{server.url}/api/v1/stations"
    assert requests.post(url, json=body, headers=HEADERS, timeout=5).status_code == 201


def test_a_hundred_listeners_hear_hold_nobody_up_and_are_sent_away_at_the_stop(own_server):
    server = own_server
    with contextlib.ExitStack() as stack:
        streams = [Listener(server.port) for _ in range(LISTENERS)]
        for stream in streams:
            stack.callback(stream.sock.close)
        assert listeners(server) == LISTENERS
        started = time.monotonic()
        add_station(server, "CP1")
        for stream in streams:
            stream.wait_for('"station_id":"CP1"')
        assert time.monotonic() - started < 2
        head, _, body = streams[0].text.partition("\r\n\r\n")
        assert "X-Accel-Buffering: no" in head
        data = [line for line in body.splitlines() if line.startswith("data: ")][-1]
        assert json.loads(data.removeprefix("data: "))["event"] == "StationEdited"
        for stream in streams[1:]:
            stream.sock.close()
        deadline = time.monotonic() + 5
        number = 2
        while listeners(server) > 1:  # who left is noticed at the next event
            assert time.monotonic() < deadline
            add_station(server, f"CP{number}")
            number += 1
        started = time.monotonic()
        server.stop()
        streams[0].wait_for_end()
        assert time.monotonic() - started < 3
        assert streams[0].text.rstrip().endswith("0")  # the last chunk: an orderly end


def test_ids_with_odd_characters_pass_through_the_server(server):
    for station_id in ("a b", "50%", "%2F", "a?b#c", "S\u00e4ule", "a;b"):
        url = f"{server.url}/api/v1/stations"
        added = requests.post(url, json={"id": station_id}, headers=HEADERS, timeout=5)
        assert added.status_code == 201
        shown = requests.get(server.url + added.headers["Location"], headers=HEADERS, timeout=5)
        assert shown.json()["id"] == station_id


def test_probes_and_the_page_are_there(server):
    ready = requests.get(f"{server.url}/readyz", timeout=5)
    assert ready.json() == {"status": "ready", "parts": {"database": "ok"}}
    assert requests.get(f"{server.url}/healthz", timeout=5).status_code == 200
    page = requests.get(f"{server.url}/api/docs", timeout=5)
    assert page.status_code == 200
    document = requests.get(f"{server.url}/api/v1/openapi.json", timeout=5).json()
    assert document["openapi"] == "3.1.0"


def test_nothing_is_answered_without_a_key(server):
    for path in ("stations", "events", "nothing", "tags/x"):
        refused = requests.get(f"{server.url}/api/v1/{path}", timeout=5, allow_redirects=False)
        assert refused.status_code == 401
        assert refused.headers["Content-Type"] == "application/problem+json"
