"""Who may charge and who may stop: tokens judged by their records, sessions recorded whatever."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.conftest import Launch
from tests.support.fake_station import FakeStation
from tests.support.records import Records
from tests.support.server import RunningServer
from tests.support.station_messages import wire
from tests.support.story import at

Open = Callable[..., FakeStation]


@pytest.fixture(scope="module")
def server(launch: Launch) -> Iterator[RunningServer]:
    with launch(deny_concurrent_tx="true") as server:
        yield server


# ---------------------------------------------------------------- tokens


def test_tokens_are_judged_by_their_records(station: FakeStation, records: Records) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    good, blocked = records.add_tag(), records.add_tag(blocked=True)
    expired = records.add_tag(expires_at=yesterday)
    assert station.authorize(good) == "Accepted"
    assert station.authorize(good.lower()) == "Accepted"
    assert station.authorize(blocked) == "Blocked"
    assert station.authorize(expired) == "Expired"
    assert station.authorize(records.new_id("NOBODY")) == "Invalid"


def test_a_tag_is_valid_to_the_end_of_its_last_day(station: FakeStation, records: Records) -> None:
    today = datetime.now(UTC).date().isoformat()
    tag = records.add_tag(expires_at=today)
    assert station.authorize(tag) == "Accepted"
    records.edit_tag(tag, expires_at=wire(datetime.now(UTC) - timedelta(seconds=1)))
    assert station.authorize(tag) == "Expired"
    records.edit_tag(tag, expires_at=None)
    assert station.authorize(tag) == "Accepted"


def test_a_block_holds_at_once_on_a_live_connection(station: FakeStation, records: Records) -> None:
    tag = records.add_tag()
    assert station.authorize(tag) == "Accepted"
    records.edit_tag(tag, blocked=True)
    assert station.authorize(tag) == "Blocked"
    station.start(1, tag, 0)
    assert station.verdict == "Blocked"
    records.edit_tag(tag, blocked=False)
    assert station.authorize(tag) == "Accepted"


def test_group_and_expiry_are_told(station: FakeStation, records: Records) -> None:
    tag = records.add_tag(group="FLEET", expires_at="2090-01-31")
    station.authorize(tag)
    if station.version == "1.6":
        info = {
            "expiryDate": "2090-02-01T00:00:00.000Z",
            "parentIdTag": "FLEET",
            "status": "Accepted",
        }
        assert json.dumps(station.last_answer) == json.dumps({"idTagInfo": info})
    else:
        info = {"status": "Accepted", "groupIdToken": {"idToken": "FLEET", "type": "Central"}}
        assert station.last_answer == {"idTokenInfo": info}
    station.authorize(records.add_tag())
    assert list(next(iter(station.last_answer.values()))) == ["status"]  # nothing empty


def test_a_suffix_is_cut_where_the_station_says_so(station: FakeStation, records: Records) -> None:
    tag, own = records.add_tag(), records.new_id("WITH_SUFFIX")
    records.add_tag(own)
    assert station.authorize(f"{tag}_12345678") == "Accepted"
    assert station.authorize(own) == "Accepted"
    records.edit_station(station.id, cleans_tags=False)
    assert station.authorize(f"{tag}_12345678") == "Invalid"
    assert station.authorize(own) == "Accepted"
    records.edit_station(station.id, cleans_tags=True)
    assert station.authorize(f"{tag}_12345678") == "Accepted"


def test_a_session_is_recorded_under_the_tag_as_registered(
    station: FakeStation, records: Records
) -> None:
    tag = records.add_tag(records.new_id("Tag"))
    transaction = station.start(1, f"{tag.lower()}_KEBA", 0)
    assert station.verdict == "Accepted"
    station.stop(transaction, f"{tag.upper()}_KEBA", 10)
    assert station.verdict == "Accepted"
    recorded = records.only_transaction(station.id)
    assert (recorded["start_tag"], recorded["stop_tag"]) == (tag, tag)
    assert recorded["flags"] == []


@pytest.mark.parametrize(
    ("starter", "stopper", "verdict"),
    [
        ({"group": "HOME"}, {"group": "HOME"}, "Accepted"),
        ({"group": "HOME"}, {"group": "AWAY"}, "Invalid"),
        ({}, {}, "Invalid"),
        ({"group": "HOME"}, {"group": "HOME", "blocked": True}, "Blocked"),
    ],
)
def test_the_group_may_stop_and_others_are_told_no_but_recorded(
    station: FakeStation,
    records: Records,
    starter: dict[str, Any],
    stopper: dict[str, Any],
    verdict: str,
) -> None:
    one, other = records.add_tag(**starter), records.add_tag(**stopper)
    transaction = station.start(1, one, 0)
    station.stop(transaction, other, 500)
    assert station.verdict == verdict
    recorded = records.only_transaction(station.id)
    assert (recorded["state"], recorded["stop_tag"]) == ("ended", other)
    assert recorded["flags"] == ([] if verdict == "Accepted" else ["stopped-by-other"])


def test_the_starter_may_stop_though_blocked_since(station: FakeStation, records: Records) -> None:
    tag = records.add_tag()
    transaction = station.start(1, tag, 0)
    records.edit_tag(tag, blocked=True)
    station.stop(transaction, tag, 500)
    assert station.verdict == "Accepted"


# ---------------------------------------------------------------- sessions


def test_a_session_is_recorded(station: FakeStation, records: Records) -> None:
    tag = records.add_tag()
    transaction = station.start(2, tag, 1000, at(0))
    running = records.only_transaction(station.id)
    assert (running["state"], running["stopped_at"]) == ("active", None)
    assert running["uid"] == str(transaction)
    assert 0 < running["id"] < 2**31
    station.meter(2, transaction, 1500, 11000, at(5), soc=40)
    assert records.only_transaction(station.id)["energy_wh"] == 500
    station.stop(transaction, None, 2500, at(10), "EVDisconnected")
    ended = records.only_transaction(station.id)
    assert {
        "station_id": station.id,
        "evse_id": 2,
        "connector_id": 1,
        "start_tag": tag,
        "stop_tag": None,
        "started_at": at(0),
        "stopped_at": at(10),
        "meter_start_wh": 1000,
        "meter_stop_wh": 2500,
        "energy_wh": 1500,
        "stop_reason": "EVDisconnected",
        "state": "ended",
        "flags": [],
    }.items() <= ended.items()


def test_a_missing_reason_is_local(station: FakeStation, records: Records) -> None:
    station.stop(station.start(1, records.add_tag(), 0), None, 10)
    assert records.only_transaction(station.id)["stop_reason"] == "Local"
    if station.version == "1.6":
        assert station.last_answer == {}  # nobody presented a tag: no idTagInfo


def test_a_refused_start_is_recorded_and_flagged(station: FakeStation, records: Records) -> None:
    transaction = station.start(1, records.new_id("NOBODY"), 0)
    assert station.verdict == "Invalid"
    recorded = records.only_transaction(station.id)
    assert recorded["flags"] == ["refused"]
    assert recorded["uid"] == str(transaction)
    if station.version == "1.6":
        assert int(transaction) > 0


# ---------------------------------------------------------------- one session per tag


def test_a_tag_charges_at_one_place_only(
    version: str, records: Records, open_station: Open
) -> None:
    tag = records.add_tag()
    here, there = (open_station(records.add_station(), version) for _ in range(2))
    transaction = here.start(1, tag, 0)
    assert here.verdict == "Accepted"
    there.start(1, tag.lower(), 0)
    assert there.verdict == "ConcurrentTx"
    assert records.only_transaction(there.id)["flags"] == ["refused"]
    assert there.authorize(tag) == "Accepted"  # only sessions are counted
    here.stop(transaction, tag, 100)
    assert here.verdict == "Accepted"
    there.start(2, tag, 0)
    assert there.verdict == "Accepted"


def test_the_retry_of_a_start_is_not_concurrent_with_itself(
    station: FakeStation, records: Records
) -> None:
    request = station.messages.start(1, records.add_tag(), 0, at(0), None)
    for message_id in ("m1", "m2"):
        answer = station.call(*request, message_id)
        assert station.messages.verdict(answer) == "Accepted"
    assert records.only_transaction(station.id)["flags"] == []
