"""Alive, ready, and the figures."""

from __future__ import annotations

import threading
import time

import pytest
from flask import Flask

from ocpp_core.web import health, requests


def client(**checks):
    app = Flask("test")
    requests.register(app)
    health.register(app, checks)
    return app.test_client()


def fail():
    raise RuntimeError("secret of the database")


def test_alive_looks_at_nothing_else():
    response = client(database=fail).get("/healthz")
    assert (response.status_code, response.get_json()) == (200, {"status": "alive"})


def test_ready_when_all_parts_are():
    response = client(database=lambda: None, cluster=lambda: 1).get("/readyz")
    assert response.status_code == 200
    assert response.get_json() == {
        "status": "ready",
        "parts": {"database": "ok", "cluster": "ok"},
    }
    assert response.headers["Cache-Control"] == "no-store"


def test_not_ready_names_the_part_and_keeps_the_reason_in_the_log(caplog):
    response = client(database=fail, cluster=lambda: None).get("/readyz")
    assert response.status_code == 503
    assert response.get_json() == {
        "status": "not ready",
        "parts": {"database": "failed", "cluster": "ok"},
    }
    assert "secret" not in response.text
    assert "secret of the database" in caplog.text


def test_a_part_that_does_not_answer_is_waited_for_a_short_time_by_one_thread():
    answer, asked = threading.Event(), []

    def ask():
        asked.append(1)
        answer.wait(5)

    part = health.Part("database", ask)
    started = time.monotonic()
    assert [part.state(0.05), part.state(0.05)] == ["silent", "silent"]
    assert time.monotonic() - started < 1
    assert len(asked) == 1
    answer.set()
    assert part.state(1) == "ok"
    assert part.state(1) == "ok"
    assert len(asked) == 2


def test_a_part_that_recovers_is_ready_again():
    failing = [True]
    part = health.Part("database", lambda: 1 / (not failing[0]))
    assert part.state(1) == "failed"
    failing.clear()
    failing.append(False)
    assert part.state(1) == "ok"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_nobody_needs_a_key(path):
    assert client().get(path).status_code == 200


def test_figures_are_prometheus_text():
    response = client().get("/metrics")
    assert response.content_type.startswith("text/plain; version=")
    assert b"# TYPE ocpp_messages_total counter" in response.data
