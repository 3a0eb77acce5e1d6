"""Starting and stopping from afar: what the records say before the station is asked."""

from datetime import timedelta

import pytest

from ocpp_core.commands.base import find
from ocpp_core.errors import NotFound, NothingToStop, PayloadInvalid
from ocpp_core.models.transactions import Transaction
from ocpp_core.services import tags
from ocpp_core.services.tags import TagChanges
from ocpp_core.storage.writer import unit_of_work
from tests.unit.commands.conftest import NOW

EARLIER = NOW - timedelta(hours=1)


@unit_of_work
def add_transaction(number=1, **values):
    defaults = {"station_id": "CP1", "evse_id": 1, "connector_id": 1, "active": True}
    defaults |= {"uid": str(number), "started_at": EARLIER, "start_tag": "T1", "tag_folded": "t1"}
    Transaction.create(id=number, **{**defaults, **values})


def start(hall, **values):
    command = find("start-transaction").from_values({"tag": "T1", **values})
    return hall.dispatcher.send("CP1", command, "ann")


def stop(hall, **values):
    return hall.dispatcher.send("CP1", find("stop-transaction").from_values(values), "ann")


class TestStart:
    def test_a_good_tag_is_sent_to_16(self, hall):
        tags.add("T1", TagChanges(), NOW)
        station = hall.connect("CP1", "1.6")
        assert start(hall, connector=2).done
        assert start(hall, connector=0).done
        assert start(hall).done
        assert station.calls == [
            ("RemoteStartTransaction", {"connectorId": 2, "idTag": "T1"}),
            ("RemoteStartTransaction", {"idTag": "T1"}),
            ("RemoteStartTransaction", {"idTag": "T1"}),
        ]

    def test_a_good_tag_is_sent_to_2_with_its_type_and_group(self, hall, version_2):
        tags.add("T1", TagChanges(type="eMAID", group="G"), NOW)
        station = hall.connect("CP1", version_2)
        assert start(hall, connector=2).done
        ((action, payload),) = station.calls
        assert action == "RequestStartTransaction"
        assert 0 < payload.pop("remoteStartId") < 2**31
        assert payload == {
            "evseId": 2,
            "idToken": {"idToken": "T1", "type": "eMAID"},
            "groupIdToken": {"idToken": "G", "type": "Central"},
        }

    def test_without_type_group_and_connector_only_the_tag_is_sent(self, hall, version_2):
        tags.add("t1", TagChanges(), NOW)
        station = hall.connect("CP1", version_2)
        start(hall)
        start(hall, connector=0)
        numbers = {payload.pop("remoteStartId") for _, payload in station.calls}
        assert len(numbers) == 2
        expected = {"idToken": {"idToken": "T1", "type": "ISO14443"}}
        assert [payload for _, payload in station.calls] == [expected, expected]

    def test_what_the_station_says_of_a_transaction_is_passed_on(self, hall, version_2):
        tags.add("T1", TagChanges(), NOW)
        station = hall.connect("CP1", version_2)
        station.reply = {"status": "Accepted", "transactionId": "abc"}
        assert start(hall).data == {"transaction_id": "abc"}

    @pytest.mark.parametrize(
        ("record", "reason"),
        [
            (None, "Invalid"),
            (TagChanges(blocked=True), "Blocked"),
            (TagChanges(expires_at=EARLIER), "Expired"),
        ],
    )
    def test_a_bad_tag_is_rejected_without_asking_the_station(self, hall, record, reason):
        if record is not None:
            tags.add("T1", record, NOW)
        station = hall.connect("CP1", "1.6")
        outcome = start(hall)
        assert (outcome.status, outcome.done) == ("Rejected", False)
        assert outcome.data == {"reason": reason}
        assert station.calls == []

    def test_a_tag_is_taken_as_given(self, hall):
        tags.add("T1", TagChanges(), NOW)
        hall.connect("CP1", "1.6")
        assert start(hall, tag="T1_123").status == "Rejected"

    @pytest.mark.parametrize(("single", "status"), [(True, "Rejected"), (False, "Accepted")])
    def test_a_tag_that_charges_elsewhere_counts_only_by_setting(self, any_hall, single, status):
        tags.add("T1", TagChanges(), NOW)
        add_transaction(station_id="CP2")
        any_hall.connect("CP1", "1.6", single=single)
        outcome = start(any_hall)
        assert outcome.status == status
        assert outcome.data == ({"reason": "ConcurrentTx"} if single else {})

    def test_a_tag_too_long_for_the_version_is_said_so(self, hall):
        tags.add("T" * 21, TagChanges(), NOW)
        hall.connect("CP1", "1.6")
        with pytest.raises(PayloadInvalid):
            start(hall, tag="T" * 21)


class TestStop:
    def test_the_active_transaction_of_a_connector_is_stopped(self, hall):
        add_transaction(7)
        station = hall.connect("CP1", "1.6")
        assert stop(hall, connector=1).done
        assert station.calls == [("RemoteStopTransaction", {"transactionId": 7})]

    def test_a_newer_one_that_ended_hides_nothing(self, any_hall, version_2):
        add_transaction(7, uid="old")
        add_transaction(8, uid="new", active=False, started_at=NOW, stopped_at=NOW)
        station = any_hall.connect("CP1", version_2)
        stop(any_hall, connector=1)
        assert station.calls == [("RequestStopTransaction", {"transactionId": "old"})]

    def test_of_two_active_ones_the_newest_is_stopped(self, hall):
        add_transaction(7)
        add_transaction(8, started_at=NOW)
        station = hall.connect("CP1", "1.6")
        stop(hall, connector=1)
        assert station.calls == [("RemoteStopTransaction", {"transactionId": 8})]

    def test_a_transaction_is_stopped_by_its_number(self, hall, version_2):
        add_transaction(7, uid="one")
        add_transaction(8, uid="two", evse_id=2)
        station = hall.connect("CP1", version_2)
        assert stop(hall, transaction=8).done
        assert station.calls == [("RequestStopTransaction", {"transactionId": "two"})]

    @pytest.mark.parametrize(
        "values", [{"connector": 0}, {"connector": 2}, {"transaction": 8}, {"transaction": 9}]
    )
    def test_without_an_active_transaction_there_is_nothing_to_stop(self, hall, values):
        add_transaction(7, active=False, stopped_at=NOW)
        add_transaction(8, active=False, stopped_at=NOW)
        station = hall.connect("CP1", "1.6")
        with pytest.raises(NothingToStop):
            stop(hall, **values)
        assert station.calls == []

    def test_a_transaction_of_another_station_is_never_touched(self, hall):
        add_transaction(7, station_id="CP2")
        station = hall.connect("CP1", "1.6")
        for values in ({"transaction": 7}, {"connector": 1}):
            with pytest.raises(NothingToStop):
                stop(hall, **values)
        assert station.calls == []

    @pytest.mark.parametrize("uid", ["0f1e2d3c-aa", "\uff11\uff12", "-1"])
    def test_16_cannot_name_a_transaction_begun_under_2(self, hall, uid):
        add_transaction(7, uid=uid)
        station = hall.connect("CP1", "1.6")
        with pytest.raises(NothingToStop, match=r"transaction"):
            stop(hall, transaction=7)
        assert station.calls == []

    def test_a_transaction_without_an_id_on_the_wire_cannot_be_stopped(self, hall, version):
        add_transaction(7, uid=None)
        station = hall.connect("CP1", version)
        with pytest.raises(NothingToStop, match="no id"):
            stop(hall, transaction=7)
        assert station.calls == []


def test_a_tag_removed_meanwhile_is_not_found(hall, wire):
    with pytest.raises(NotFound):
        wire("2.1", "start-transaction", tag="gone")
