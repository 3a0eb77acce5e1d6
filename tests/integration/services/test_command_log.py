"""The history of commands."""

from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core.errors import NotFound
from ocpp_core.services import command_log

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(seconds=2)
pytestmark = pytest.mark.usefixtures("store")


def begin(name="reset", station="CP1", **parameters):
    return command_log.begin(station, name, parameters, "ann", NOW)


def test_a_command_is_noted_before_and_after():
    handle = begin(hard=True, note="\u00e4 \ud800 \0")
    (view,) = command_log.page("CP1").items
    assert (view.name, view.user, view.at) == ("reset", "ann", NOW)
    assert view.parameters == {"hard": True, "note": "\u00e4 \ud800 \0"}
    assert (view.finished_at, view.status, view.done) == (None, None, None)
    command_log.finish(handle, "Accepted", True, "all\0 \ud800 well", LATER)
    (view,) = command_log.page("CP1").items
    assert (view.finished_at, view.status, view.done) == (LATER, "Accepted", True)
    assert view.detail == "all ? well"


def test_the_first_outcome_stays():
    handle = begin()
    command_log.finish(handle, "Accepted", True, "", LATER)
    command_log.finish(handle, "Timeout", False, "late", NOW)
    assert command_log.page("CP1").items[0].status == "Accepted"


def test_passwords_are_not_kept():
    begin("rotate-password", password="geheim")
    begin("set-configuration", key="AuthorizationKey", value="geheim")
    assert "geheim" not in str(command_log.page("CP1"))


def test_pages_show_a_stations_commands_newest_first():
    for number in range(5):
        begin(f"c{number}")
    begin("other", station="CP2")
    first = command_log.page("CP1", 3)
    second = command_log.page("CP1", 3, first.next)
    assert [view.name for view in first.items + second.items] == ["c4", "c3", "c2", "c1", "c0"]
    assert second.next is None


def finish(handle, **answer):
    command_log.finish(handle, "Accepted", True, "", LATER, **answer)


def test_what_else_the_station_said_is_kept():
    data = {"reason": "\u00e4 \ud800 \0", "error": {"code": "x"}}
    handle = begin()
    assert command_log.find("CP1", handle).data == {}
    finish(handle, data=data, refused=True)
    view = command_log.find("CP1", handle)
    assert (view.data, view.refused) == (data, True)
    assert command_log.page("CP1").items == (view,)


def test_passwords_in_an_answer_are_not_kept():
    handle = begin()
    finish(handle, data={"configuration_key": [{"key": "AuthorizationKey", "value": "geheim"}]})
    assert "geheim" not in str(command_log.find("CP1", handle))


def test_an_answer_too_long_to_keep_is_told_apart_from_none():
    handle = begin()
    finish(handle, data={"all": "x" * command_log.LONGEST_ANSWER})
    assert command_log.find("CP1", handle).data is None


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**40])
def test_a_number_that_is_not_in_the_history_is_not_found(number):
    begin()
    with pytest.raises(NotFound):
        command_log.find("CP1", number)


def test_a_command_of_another_station_is_not_found():
    handle = begin(station="CP2")
    with pytest.raises(NotFound):
        command_log.find("CP1", handle)
