"""Meter values: each sample in base units, and what they say of connector and session."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.fake_station import FakeStation
from tests.support.records import Record, Records
from tests.support.samples import meter_values, reading, sample
from tests.support.station_messages import wire
from tests.support.story import at

VERSIONS_2 = ("2.0.1", "2.1")


def samples(records: Records, station: FakeStation) -> list[Record]:
    """Return the samples of the station's only transaction."""
    return records.samples(records.only_transaction(station.id)["id"])


def values(records: Records, station: FakeStation) -> dict[tuple[str, str], float]:
    """Return the values of the only transaction by measurand and phase."""
    return {(each["measurand"], each["phase"]): each["value"] for each in samples(records, station)}


# ---------------------------------------------------------------- meter values


def test_each_sample_is_stored_in_base_units(station: FakeStation, records: Records) -> None:
    version = station.version
    transaction = station.start(1, records.add_tag(), 1000, at(0))
    said = [
        sample(version, 1.5, "kWh", measurand="Energy.Active.Import.Register", context="Trigger"),
        sample(version, 7.4, "kW", measurand="Power.Active.Import", location="Inlet"),
        sample(version, 2, "kvarh", measurand="Energy.Reactive.Import.Register"),
        sample(version, 16.1, "A", measurand="Current.Import", phase="L1"),
        sample(version, 230.5, "V", measurand="Voltage", phase="L1-N"),
        sample(version, 11, "kW", measurand="Power.Offered", location="Cable"),
        sample(version, 55, "Percent", measurand="SoC", location="EV"),
    ]
    request = meter_values(station, 1, reading(at(1), *said), transaction=transaction)
    assert station.call(*request) == {}
    found = {each["measurand"]: each for each in samples(records, station) if each["at"] == at(1)}
    assert {name: (each["value"], each["unit"]) for name, each in found.items()} == {
        "Energy.Active.Import.Register": (1500, "Wh"),
        "Power.Active.Import": (7400, "W"),
        "Energy.Reactive.Import.Register": (2000, "varh"),
        "Current.Import": (16.1, "A"),
        "Voltage": (230.5, "V"),
        "Power.Offered": (11000, "W"),
        "SoC": (55, "Percent"),
    }
    energy, current = found["Energy.Active.Import.Register"], found["Current.Import"]
    assert (energy["context"], energy["location"], energy["phase"]) == ("Trigger", "Outlet", "")
    assert (current["context"], current["phase"]) == ("Sample.Periodic", "L1")
    assert found["Power.Offered"]["location"] == "Cable"
    assert records.only_transaction(station.id)["energy_wh"] == 500


def test_a_sample_without_words_is_the_register_in_wh(
    station: FakeStation, records: Records
) -> None:
    station.start(1, records.add_tag(), 1000)
    station.call(*meter_values(station, 1, reading(None, sample(station.version, 1250))))
    assert records.connector(station.id, 1)["meter_wh"] == 1250
    assert records.only_transaction(station.id)["energy_wh"] == 250


@pytest.mark.parametrize("version", VERSIONS_2)
@pytest.mark.parametrize(("value", "multiplier", "wh"), [(12, 2, 1200), (123456, -1, 12345.6)])
def test_a_multiplier_is_applied(
    station: FakeStation, records: Records, value: float, multiplier: int, wh: float
) -> None:
    said = sample(station.version, value, "Wh", multiplier=multiplier)
    station.call(*meter_values(station, 1, reading(None, said)))
    assert records.connector(station.id, 1)["meter_wh"] == pytest.approx(wh)


def test_phases_are_summed_where_no_total_is_sent(station: FakeStation, records: Records) -> None:
    power = "Power.Active.Import"

    def phases(*values: float) -> list[Any]:
        named = zip(("L1", "L2", "L3"), values, strict=True)
        return [
            sample(station.version, value, "W", measurand=power, phase=phase)
            for phase, value in named
        ]

    station.call(*meter_values(station, 1, reading(at(0), *phases(1000, 2000, 3000.5))))
    assert records.connector(station.id, 1)["power_w"] == 6000.5
    total = sample(station.version, 5900, "W", measurand=power)
    station.call(*meter_values(station, 1, reading(at(1), *phases(1, 2, 3), total)))
    assert records.connector(station.id, 1)["power_w"] == 5900


def test_power_is_derived_where_only_energy_is_sent(station: FakeStation, records: Records) -> None:
    for minute, wh in ((0, 1000), (6, 2100)):
        request = meter_values(station, 1, reading(at(minute), sample(station.version, wh, "Wh")))
        station.call(*request)
    shown = records.connector(station.id, 1)
    assert (shown["meter_wh"], shown["power_w"], shown["meter_at"]) == (2100, 11000, at(6))


def test_the_state_of_charge_is_kept_until_a_new_one_comes(
    station: FakeStation, records: Records
) -> None:
    soc = sample(station.version, 41, "Percent", measurand="SoC")
    station.call(*meter_values(station, 1, reading(at(0), soc)))
    station.call(*meter_values(station, 1, reading(at(1), sample(station.version, 1000))))
    shown = records.connector(station.id, 1)
    assert (shown["soc_percent"], shown["meter_wh"]) == (41, 1000)


def test_an_older_reading_is_stored_but_not_shown_as_the_newest(
    station: FakeStation, records: Records
) -> None:
    station.start(1, records.add_tag(), 1000, at(0))
    for minute, wh in ((2, 1200), (1, 1100)):
        station.call(*meter_values(station, 1, reading(at(minute), sample(station.version, wh))))
    shown = records.connector(station.id, 1)
    assert (shown["meter_wh"], shown["meter_at"]) == (1200, at(2))
    moments = [each["at"] for each in samples(records, station)]
    assert moments == sorted(moments)
    assert {at(1), at(2)} <= set(moments)


def test_a_signed_value_is_stored_untouched(station: FakeStation, records: Records) -> None:
    transaction = station.start(1, records.add_tag(), 1000, at(0))
    if station.version == "1.6":
        said = {"value": 'OCMF|{"a":1}|ä== ', "format": "SignedData", "unit": "Wh"}
    else:
        signature = {
            "signedMeterData": "T0NNRg==",
            "signingMethod": "",
            "encodingMethod": "OCMF",
            "publicKey": "",
            "customData": {"vendorId": "v", "anyName": {"innerName": 1}},
        }
        said = {"value": 1200.5, "signedMeterValue": signature, "unitOfMeasure": {"unit": "Wh"}}
    request = meter_values(station, 1, reading(at(1), said), transaction=transaction)
    station.call(*request)
    (signed,) = [each["signed"] for each in samples(records, station) if each["signed"]]
    assert signed == said
    if station.version != "1.6":  # there the value stands beside its signature
        register = [each["value"] for each in samples(records, station) if each["at"] == at(1)]
        assert 1200.5 in register


@pytest.mark.parametrize("moment", ["1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "", "now"])
def test_a_sample_of_an_absurd_moment_is_stored_with_ours(
    station: FakeStation, records: Records, moment: str
) -> None:
    began = wire(datetime.now(UTC) - timedelta(seconds=1))
    station.call(*meter_values(station, 1, reading(moment, sample(station.version, 1234))))
    shown = records.connector(station.id, 1)
    assert shown["meter_wh"] == 1234
    assert began <= shown["meter_at"] <= wire(datetime.now(UTC))


BAD = {
    "1.6": [
        {"value": "abc"},
        {"value": "NaN"},
        {"value": ""},
        {"value": 7},
        {"measurand": "Voltage"},
        {"value": "1", "measurand": "Nonsense"},
        {"value": "1", "unit": "furlong"},
        "text",
        None,
    ],
    "2.x": [
        {"value": "1"},
        {"measurand": "Voltage"},
        {"value": 1, "measurand": "Nonsense"},
        {"value": 1, "bogus": True},
        {"value": 1, "unitOfMeasure": {"multiplier": 400}},
        "text",
        None,
    ],
}


def test_a_bad_sample_never_loses_the_good_ones(station: FakeStation, records: Records) -> None:
    transaction = station.start(1, records.add_tag(), 1000, at(0))
    volts = sample(station.version, 231, "V", measurand="Voltage")
    amperes = sample(station.version, 9, "A", measurand="Current.Import")
    for bad in BAD["1.6" if station.version == "1.6" else "2.x"]:
        said = reading(at(1), volts, bad, amperes)
        request = meter_values(station, 1, said, transaction=transaction)
        assert station.call(*request) == {}, bad
    found = values(records, station)
    assert found[("Voltage", "")] == 231
    assert found[("Current.Import", "")] == 9
    assert ("Nonsense", "") not in found


@pytest.mark.parametrize("connector", [0, 1])
def test_connector_0_meters_the_station_not_its_connectors(
    station: FakeStation, records: Records, connector: int
) -> None:
    station.status(1, "Available")
    request = meter_values(station, connector, reading(None, sample(station.version, 5000)))
    station.call(*request)
    assert records.connector(station.id, connector)["meter_wh"] == 5000
    if connector == 0:
        assert records.connector(station.id, 1)["meter_wh"] is None
