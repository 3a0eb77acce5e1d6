"""OCPP_VALIDATE_MESSAGES=false: what breaks a schema is used as far as it can be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.conftest import Launch
from tests.support.fake_station import CallError, FakeStation
from tests.support.records import Records
from tests.support.samples import meter_values, reading, sample
from tests.support.server import RunningServer
from tests.support.story import at

LONG = "x" * 300


@pytest.fixture(scope="module")
def server(launch: Launch) -> Iterator[RunningServer]:
    with launch(validate_messages="false") as server:
        yield server


def test_a_member_of_any_name_is_harmless(station: FakeStation) -> None:
    for name in ("bogus", "self", "cls", "_", "station_id", "__class__", "kwargs"):
        more: dict[str, Any] = {name: "x"}
        assert station.call("Heartbeat", more).keys() == {"currentTime"}
        assert station.call("DataTransfer", {"vendorId": "v", **more}) == {"status": "Accepted"}
        action, payload = station.messages.boot("Vendor", "Model")
        assert station.call(action, {**payload, **more})["status"] == "Accepted"


def test_over_long_text_is_tolerated(station: FakeStation, records: Records) -> None:
    assert station.boot(vendor=LONG, model=LONG)["status"] == "Accepted"
    assert records.station(station.id)["vendor"] == LONG
    assert station.authorize(LONG) == "Invalid"
    assert station.call("DataTransfer", {"vendorId": LONG}) == {"status": "Accepted"}


def test_a_session_of_over_long_text_is_recorded(station: FakeStation, records: Records) -> None:
    transaction = station.start(1, LONG, 100, at(0), None if station.version == "1.6" else LONG)
    assert station.verdict == "Invalid"
    station.stop(transaction, LONG, 600, at(5), LONG)
    recorded = records.only_transaction(station.id)
    assert (recorded["state"], recorded["energy_wh"]) == ("ended", 500)


def test_unknown_words_are_kept(station: FakeStation, records: Records) -> None:
    station.status(1, "Melting", at(0))
    shown = records.connector(station.id, 1)
    assert (shown["status"], shown["ocpp_status"]) == (None, "Melting")
    said = sample(station.version, 7, "furlong", measurand=LONG, location="Roof", phase=LONG)
    volts = sample(station.version, 230, "V", measurand="Voltage")
    transaction = station.start(1, records.add_tag(), 100, at(0))
    request = meter_values(station, 1, reading(at(1), said, volts), transaction=transaction)
    station.call(*request)
    found = records.samples(records.only_transaction(station.id)["id"])
    assert 230 in [each["value"] for each in found if each["measurand"] == "Voltage"]


def test_a_number_may_come_as_text_and_text_as_a_number(
    station: FakeStation, records: Records
) -> None:
    value = 1500 if station.version == "1.6" else "1500"
    said = {"value": value, "measurand": "Energy.Active.Import.Register"}
    station.call(*meter_values(station, 1, reading(at(1), said)))
    assert records.connector(station.id, 1)["meter_wh"] == 1500


def test_what_is_missing_is_still_an_error(station: FakeStation) -> None:
    with pytest.raises(CallError) as refused:
        station.call("DataTransfer", {})
    missing = "ProtocolError" if station.version == "1.6" else "OccurrenceConstraintViolation"
    assert refused.value.code == missing
    assert station.call("Heartbeat", {})
