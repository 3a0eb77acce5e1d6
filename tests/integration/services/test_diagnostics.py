"""What somebody should look at comes first (reference-behaviour, 7.11)."""

import pytest

from ocpp_core.errors import InvalidInput
from ocpp_core.services import connector_states, diagnostics, paging
from tests.support.charging import add_connector, add_session, add_station

pytestmark = pytest.mark.usefixtures("store")


def lines(limit=2):
    found, cursor = [], None
    while True:
        page = diagnostics.page(limit, cursor)
        assert len(page.items) <= limit
        found += [(line.connector.station_id, line.problem) for line in page.items]
        cursor = page.next
        if cursor is None:
            return found


def crowd():
    """Add stations in every situation; a to c are fine, e to g are not."""
    add_station("a")
    add_connector("a")
    add_station("b")
    add_connector("b", 1, "Occupied", power_w=7000.0)
    add_session("b", active=True)
    add_station("c", online=False)
    add_connector("c", 1, "Faulted")
    add_station("d")
    add_station("e", online=False)
    add_connector("e", 1, "Occupied")
    add_session("e", active=True)
    add_station("f")
    add_connector("f", 0, "Faulted")
    add_connector("f", 1)
    add_station("g")
    add_connector("g", 1)
    add_session("g", minute=-5)
    add_session("g", active=True)


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_problems_come_first(limit):
    crowd()
    assert lines(limit) == [
        ("e", "offline"),
        ("f", "faulted"),
        ("g", "available"),
        ("a", None),
        ("b", None),
        ("c", None),
        ("d", None),
    ]


def test_what_there_is_is_counted():
    crowd()
    assert diagnostics.figures() == diagnostics.Figures(
        connectors=6, online=4, open_transactions=3, problems=3, are_all=True
    )


def test_a_line_tells_of_the_open_transaction():
    crowd()
    by_station = {line.connector.station_id: line for line in diagnostics.page().items}
    assert by_station["g"].transaction.tag == "TAG1"
    assert by_station["a"].transaction is None
    assert by_station["b"].connector.power_w == 7000


def test_without_connectors_there_is_nothing():
    assert lines() == []
    assert diagnostics.figures().connectors == 0


def test_only_so_many_are_counted(monkeypatch):
    crowd()
    monkeypatch.setattr(diagnostics, "MOST_WALKED", 3)
    monkeypatch.setattr(connector_states, "MOST_WALKED", 3)
    assert not diagnostics.figures().are_all
    page = diagnostics.page()
    assert [line.connector.station_id for line in page.items] == ["e", "f", "g"]
    assert page.next is not None


@pytest.mark.parametrize("cursor", ["x", paging.encode(2, "a", "a", 1, 1), paging.encode("a")])
def test_a_cursor_of_another_list_is_refused(cursor):
    with pytest.raises(InvalidInput):
        diagnostics.page(10, cursor)
