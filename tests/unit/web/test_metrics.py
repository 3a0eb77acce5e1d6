"""What is counted, and that labels come only from known names."""

from __future__ import annotations

import pytest

from ocpp_core.errors import StorageUnavailable
from ocpp_core.observability import metrics


@pytest.fixture(autouse=True)
def known():
    metrics.know(actions={"Heartbeat"}, commands={"reset"})


def value(name, /, **labels):
    return metrics.registry.get_sample_value(name, labels) or 0


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        (("1.6", "Heartbeat", "result"), ("1.6", "Heartbeat", "result")),
        (("2.1", "Heartbeat", "timeout"), ("2.1", "Heartbeat", "timeout")),
        (("1.5", "Invented-7", "Own"), ("other", "other", "other")),
        (("1.6", "", ""), ("1.6", "other", "other")),
    ],
)
def test_messages_are_counted_under_known_names(given, labels):
    named = dict(zip(("version", "action", "outcome"), labels, strict=True))
    before = value("ocpp_messages_total", **named)
    metrics.message(*given)
    metrics.message(*given)
    assert value("ocpp_messages_total", **named) == before + 2


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        (("reset", "Accepted"), ("reset", "Accepted")),
        (("reset", "timeout"), ("reset", "timeout")),
        (("reset", "Own-Status"), ("reset", "other")),
        (("call DataTransfer", "Answered"), ("call", "Answered")),
        (("explode", "Accepted"), ("other", "Accepted")),
    ],
)
def test_commands_are_counted_under_known_names(given, labels):
    named = dict(zip(("name", "status"), labels, strict=True))
    before = value("ocpp_commands_total", **named)
    metrics.command(*given)
    assert value("ocpp_commands_total", **named) == before + 1


def test_handshakes_are_counted():
    before = value("ocpp_connections_total", version="1.6", outcome="accepted")
    metrics.connection("1.6", "accepted")
    assert value("ocpp_connections_total", version="1.6", outcome="accepted") == before + 1


def test_numbers_of_others_are_read_when_asked_for():
    numbers = [3, 5]
    metrics.watch("stations_connected", lambda: numbers[0])
    metrics.watch("commits_total", lambda: numbers[1])
    assert value("ocpp_stations_connected") == 3
    numbers[:] = [4, 6]
    assert (value("ocpp_stations_connected"), value("ocpp_commits_total")) == (4, 6)
    text = metrics.text().decode()
    assert "# TYPE ocpp_stations_connected gauge" in text
    assert "# TYPE ocpp_commits_total counter" in text


def test_only_numbers_with_help_are_watched():
    with pytest.raises(KeyError):
        metrics.watch("invented", lambda: 1)


def test_a_figure_whose_owner_is_gone_hides_no_other():
    def gone():
        raise StorageUnavailable("no database is open")

    metrics.watch("commits_total", gone)
    metrics.watch("stations_connected", lambda: 7)
    assert value("ocpp_stations_connected") == 7
    assert "ocpp_commits_total" not in metrics.text().decode()
