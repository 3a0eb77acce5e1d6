"""Limits that operators set are remembered, and sent again after the station booted."""

from datetime import timedelta

import pytest

from ocpp_core.commands.base import find
from ocpp_core.domain.charging import ChargingLimit
from ocpp_core.errors import CallRefused, CallTimeout, Disconnected, NotFound
from ocpp_core.live.automations import ATTEMPTS, Automations
from ocpp_core.models.stations import ChargingLimit as Row
from ocpp_core.services import charging_limits, command_log, station_records
from ocpp_core.storage.writer import reading
from tests.unit.commands.conftest import NOW

STATION = ChargingLimit(0, 22_000.0, "W")
FIRST = ChargingLimit(1, 16.0, "A")


def set_limit(hall, connector=1, value=16, unit="A"):
    values = {"connector": connector, "value": value, "unit": unit}
    command = find("set-charging-limit").from_values(values)
    return hall.dispatcher.send("CP1", command, "ann")


def clear_limit(hall, connector=1):
    command = find("clear-charging-limit").from_values({"connector": connector})
    return hall.dispatcher.send("CP1", command, "ann")


def remembered():
    return charging_limits.of_station("CP1")


def limits_told(station):
    """Return what a 1.6 station was told: connector and limit, or None for cleared."""
    return [
        (
            payload["connectorId"],
            payload["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"]
            if action == "SetChargingProfile"
            else None,
        )
        for action, payload in station.calls
    ]


@pytest.mark.usefixtures("any_hall")
class TestRecords:
    def test_a_limit_is_stored_once_for_each_evse(self):
        charging_limits.store("CP1", FIRST, NOW)
        charging_limits.store("CP1", STATION, NOW)
        charging_limits.store("CP1", ChargingLimit(1, 10.0, "A"), NOW)
        assert remembered() == (STATION, ChargingLimit(1, 10.0, "A"))
        assert charging_limits.find("CP1", 0) == STATION
        assert charging_limits.find("CP1", 2) is None

    def test_the_same_limit_again_keeps_its_moment(self):
        @reading
        def since():
            return Row.get(Row.station == "CP1").set_at

        charging_limits.store("CP1", FIRST, NOW)
        charging_limits.store("CP1", FIRST, NOW + timedelta(hours=1))
        assert since() == NOW
        charging_limits.store("CP1", ChargingLimit(1, 16.0, "W"), NOW + timedelta(hours=2))
        assert since() == NOW + timedelta(hours=2)

    def test_forgetting_touches_one_evse_and_can_be_repeated(self):
        charging_limits.store("CP1", FIRST, NOW)
        charging_limits.store("CP1", STATION, NOW)
        charging_limits.forget("CP1", 0)
        charging_limits.forget("CP1", 0)
        assert remembered() == (FIRST,)

    def test_a_removed_station_has_no_limits(self):
        charging_limits.store("CP1", FIRST, NOW)
        station_records.remove("CP1", NOW)
        assert remembered() == ()
        with pytest.raises(NotFound):
            charging_limits.store("CP1", FIRST, NOW)


class TestCommands:
    def test_an_accepted_limit_is_remembered(self, hall, version):
        hall.connect("CP1", version)
        assert set_limit(hall).done
        assert remembered() == (FIRST,)

    @pytest.mark.parametrize(
        "reply",
        [{"status": "Rejected"}, CallRefused("InternalError"), CallTimeout(), Disconnected()],
    )
    def test_a_limit_that_was_not_accepted_is_not_remembered(self, hall, reply):
        station = hall.connect("CP1", "1.6")
        set_limit(hall, value=10)
        station.reply = reply
        if isinstance(reply, CallTimeout | Disconnected):
            with pytest.raises(type(reply)):
                set_limit(hall)
        else:
            assert not set_limit(hall).done
        assert remembered() == (ChargingLimit(1, 10.0, "A"),)

    @pytest.mark.parametrize("status", ["Accepted", "Unknown"])
    def test_a_cleared_limit_is_forgotten(self, hall, version, status):
        station = hall.connect("CP1", version)
        set_limit(hall)
        set_limit(hall, 0)
        station.reply = {"status": status}
        assert clear_limit(hall).done == (status == "Accepted")
        assert [limit.evse_id for limit in remembered()] == [0]

    def test_a_limit_that_could_not_be_cleared_stays_remembered(self, hall):
        station = hall.connect("CP1", "1.6")
        set_limit(hall)
        station.reply = CallRefused("InternalError")
        clear_limit(hall)
        assert remembered() == (FIRST,)


class TestBoot:
    def test_remembered_limits_are_sent_again(self, hall):
        charging_limits.store("CP1", FIRST, NOW)
        charging_limits.store("CP1", STATION, NOW)
        station = hall.connect("CP1", "1.6")
        Automations(hall.dispatcher).station_booted("CP1")
        assert limits_told(station) == [(0, 22_000.0), (1, 16.0)]
        assert remembered() == (STATION, FIRST)
        history = command_log.page("CP1", 10).items
        assert [(entry.name, entry.user, entry.status) for entry in history] == [
            ("set-charging-limit", "automation", "Accepted")
        ] * 2

    def test_without_limits_nothing_is_sent(self, hall):
        station = hall.connect("CP1", "1.6")
        Automations(hall.dispatcher).station_booted("CP1")
        assert station.calls == []

    @pytest.mark.parametrize(
        "reply", [{"status": "Rejected"}, CallRefused("InternalError"), CallTimeout()]
    )
    def test_a_refusal_is_logged_and_the_limit_stays_for_the_next_time(self, hall, caplog, reply):
        charging_limits.store("CP1", FIRST, NOW)
        charging_limits.store("CP1", STATION, NOW)
        station = hall.connect("CP1", "1.6")
        station.reply = reply
        Automations(hall.dispatcher).station_booted("CP1")
        assert limits_told(station) == [(0, 22_000.0), (1, 16.0)]
        assert remembered() == (STATION, FIRST)
        assert caplog.messages.count("charging limit not restored") == 2

    def test_a_station_that_is_gone_again_is_no_failure(self, hall, caplog):
        charging_limits.store("CP1", FIRST, NOW)
        Automations(hall.dispatcher).station_booted("CP1")
        assert "charging limit not restored" in caplog.messages

    def test_a_limit_that_an_operator_changes_meanwhile_wins(self, hall):
        charging_limits.store("CP1", FIRST, NOW)
        station = hall.connect("CP1", "1.6")

        def reply(action, payload):
            if len(station.calls) == 1:  # his command was answered before this one
                charging_limits.store("CP1", ChargingLimit(1, 6.0, "A"), NOW)
            return {"status": "Accepted"}

        station.reply = reply
        Automations(hall.dispatcher).station_booted("CP1")
        assert limits_told(station) == [(1, 16.0), (1, 6.0)]
        assert remembered() == (ChargingLimit(1, 6.0, "A"),)

    def test_a_limit_that_an_operator_clears_meanwhile_is_taken_back(self, hall):
        charging_limits.store("CP1", FIRST, NOW)
        station = hall.connect("CP1", "1.6")

        def reply(action, payload):
            charging_limits.forget("CP1", 1)
            return {"status": "Accepted"}

        station.reply = reply
        Automations(hall.dispatcher).station_booted("CP1")
        assert limits_told(station) == [(1, 16.0), (1, None)]
        assert remembered() == ()

    def test_who_never_stops_changing_it_is_not_followed_for_ever(self, hall):
        charging_limits.store("CP1", FIRST, NOW)
        station = hall.connect("CP1", "1.6")

        def reply(action, payload):
            charging_limits.store("CP1", ChargingLimit(1, len(station.calls), "A"), NOW)
            return {"status": "Accepted"}

        station.reply = reply
        Automations(hall.dispatcher).station_booted("CP1")
        assert len(station.calls) == ATTEMPTS
