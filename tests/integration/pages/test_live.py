"""The stream of the overview: all tiles, then what happens, until the log-in ends."""

import json

import pytest

from ocpp_core.domain.connectors import ConnectorRef, StatusReport
from ocpp_core.domain.moments import Reported
from ocpp_core.services import logins, overview, stations
from ocpp_core.web import feeds
from tests.support.charging import NOW, add_connector, add_station, minutes


@pytest.fixture
def opened(site):
    """Open the stream; returns what reads its next event."""
    responses = []

    def open_stream(path="/live/overview", visitor=site):
        response = visitor.client.get(path, headers={"Accept": "text/event-stream"})
        responses.append(response)
        texts = iter(response.response)

        def read():
            lines = next(texts).decode().strip().splitlines()
            name, data = lines[-2:]
            return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))

        return read

    yield open_stream
    for response in responses:
        response.close()


def report(status, minute=1):
    moment = Reported(minutes(minute), believed=True)
    stations.report_status("CP1", ConnectorRef(1), StatusReport(status), moment, minutes(minute))


def test_it_listens_before_it_looks(opened):
    add_station("CP1", "Hall")
    add_connector("CP1")
    read = opened()
    report("Charging")
    assert read()[0] == "hello"
    assert read()[1]["is"] == "begin"
    name, (tile,) = read()
    assert (name, tile["state"], tile["label"]) == ("tiles", "occupied", "Hall")
    assert read() == ("snapshot", {"is": "end", "all": True})
    name, event = read()
    assert (name, event["status"]) == ("ConnectorChanged", "Occupied")


def test_a_snapshot_that_is_cut_says_so(opened, monkeypatch):
    add_station("CP1")
    monkeypatch.setattr(overview, "MOST_IN_SNAPSHOT", 1)
    read = opened()
    assert [read()[0] for _ in range(3)] == ["hello", "snapshot", "tiles"]
    assert read() == ("snapshot", {"is": "end", "all": False})


def test_a_later_page_gets_what_lies_behind_its_cursor(opened):
    for number in range(3):
        add_station(f"CP{number}")
    page = overview.tiles(2)
    read = opened(f"/live/overview?cursor={page.next}")
    for _ in range(2):
        read()
    assert [tile["station_id"] for tile in read()[1]] == ["CP2"]
    assert read()[1]["all"] is False


def test_what_concerns_no_tile_is_not_sent(opened):
    add_station("CP1")
    read = opened()
    stations.report_firmware("CP1", "Installed", NOW)
    report("Faulted")
    names = [read()[0] for _ in range(5)]
    assert names == ["hello", "snapshot", "tiles", "snapshot", "ConnectorChanged"]


def test_it_ends_with_the_log_in(site, opened, monkeypatch):
    monkeypatch.setattr(feeds, "CHECK_EVERY_S", 0.0)
    add_station("CP1")
    read = opened()
    for _ in range(4):
        read()
    report("Charging")
    assert read()[0] == "ConnectorChanged"
    user = logins.listing(now=NOW).items[0].user_name
    logins.revoke_all(user)
    report("Available", 2)
    with pytest.raises(StopIteration):
        read()
