"""Wire names and Python names: complete, exact both ways, in the order of the OCPP text."""

import dataclasses
import importlib
from decimal import Decimal

import pytest
from ocpp.v16 import call as call16
from ocpp.v16 import call_result as call_result16
from ocpp.v16 import datatypes as datatypes16
from ocpp.v16 import enums as enums16
from ocpp.v21 import call as call21
from ocpp.v21 import datatypes as datatypes21

from ocpp_core.rpc import names, payloads, schemas

MESSAGES = [
    (version, direction, action)
    for version in ("1.6", "2.0.1", "2.1")
    for direction in ("request", "response")
    for action in sorted(payloads.for_version(version).actions)
    if (direction, action) != ("response", "NotifyPeriodicEventStream")
]

PACKAGES = {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}

# What the library has no dataclass for; its names follow the general rule.
WITHOUT_CLASS = {("2.1", "request", "NotifyPeriodicEventStream")}


def schema_of(version, direction, action):
    return getattr(payloads.for_version(version), direction)(action)


def names_of(tables):
    yield tables
    for child in tables.children.values():
        yield from names_of(child)


def example(node, name=""):
    """Make a payload with every member, the plain ones holding their own names."""
    if node.type == "object":
        return {name: example(child, name) for name, child in node.properties.items()}
    if node.items is not None:
        return [example(node.items, name)]
    return {"left_As_It_is": [{"fooBar": None}]} if node.type is None else name


@pytest.mark.parametrize(("version", "direction", "action"), MESSAGES)
def test_every_member_has_one_python_name_and_finds_back(version, direction, action):
    schema = schema_of(version, direction, action)
    payload = example(schema.node)
    for table in names_of(schema.names):
        pythonic = list(table.python.values())
        assert len(set(pythonic)) == len(pythonic)
        assert all(name.isidentifier() and name == name.lower() for name in pythonic)
    assert schema.to_wire(schema.to_python(payload)) == payload
    assert schema.to_wire(payload) == payload


@pytest.mark.parametrize(("version", "direction", "action"), MESSAGES)
def test_top_names_are_the_fields_of_the_library(version, direction, action):
    schema = schema_of(version, direction, action)
    if (version, direction, action) in WITHOUT_CLASS:
        return
    messages = payloads.for_version(version)
    kind = messages.call_class if direction == "request" else messages.result_class
    fields = {field.name for field in dataclasses.fields(kind(action))}
    assert set(schema.names.python.values()) == fields


@pytest.mark.parametrize("package", ["v16", "v201", "v21"])
def test_nested_names_are_the_fields_of_the_library(package):
    namer = names.Namer(package)
    datatypes = importlib.import_module(f"ocpp.{package}.datatypes")
    for file in schemas.names_of_files(package):
        for name, definition in schemas.load(package, file).get("definitions", {}).items():
            datatype = getattr(datatypes, name, None)
            if dataclasses.is_dataclass(datatype):
                fields = {field.name for field in dataclasses.fields(datatype)}
                found = set(map(namer.python_name, definition["properties"]))
                # The datatypes of 2.0.1 leave the vendor's part out.
                assert found - {"custom_data"} == fields - {"custom_data"}, name


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
def test_all_nested_names_are_known_to_the_library(version):
    datatypes = importlib.import_module(f"ocpp.{PACKAGES[version]}.datatypes")
    fields = set(names._fields_of_module(datatypes))
    nested = {
        name
        for known, direction, action in MESSAGES
        if known == version and (known, direction, action) not in WITHOUT_CLASS
        for table in names_of(schema_of(known, direction, action).names)
        for child in table.children.values()
        for name in child.python.values()
    }
    assert nested - fields <= {"custom_data", "vendor_id"}


def test_members_are_renamed_at_all_levels():
    schema = payloads.for_version("1.6").request("MeterValues")
    samples = [{"value": "1", "unit": "Wh"}]
    payload = {"connectorId": 1, "meterValue": [{"timestamp": "x", "sampledValue": samples}]}
    assert schema.to_python(payload) == {
        "connector_id": 1,
        "meter_value": [{"timestamp": "x", "sampled_value": samples}],
    }


def test_names_that_conversion_loses_are_kept():
    version = payloads.for_version("2.1")
    boot = version.request("BootNotification").names
    assert boot.python["chargingStation"] == "charging_station"
    needs = version.request("NotifyEVChargingNeeds")
    assert needs.to_python({"chargingNeeds": {"v2xChargingParameters": {}}}) == {
        "charging_needs": {"v2x_charging_parameters": {}}
    }


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_the_vendor_s_content_is_untouched(version):
    schema = payloads.for_version(version).request("DataTransfer")
    vendor = {"vendorId": "X", "snake_case": {"camelCase": None, "list": [None, {"aB": 1}]}}
    payload = {"vendorId": "X", "data": vendor, "customData": vendor}
    named = {"vendor_id": "X", "data": vendor, "custom_data": vendor}
    assert schema.to_python(payload) == named
    assert schema.to_wire(named) == payload


def test_unknown_members_keep_their_names_and_hide_no_known_one():
    schema = payloads.for_version("1.6").request("StartTransaction")
    strange = {"connector_id": 9, "connectorId": 1, "fooBar": {"bazQux": None}}
    assert schema.to_python(strange) == {"connector_id": 1, "fooBar": {"bazQux": None}}
    assert schema.to_wire({"connector_id": 1, "fooBar": 2}) == {"connectorId": 1, "fooBar": 2}


def test_members_of_a_wrong_type_pass_unchanged():
    schema = payloads.for_version("1.6").request("MeterValues")
    for value in (7, "x", None, [7, None], [[{"sampledValue": 1}]]):
        assert schema.to_python({"meterValue": value}) == {"meter_value": value}
    assert schema.to_wire({"meter_value": 7}) == {"meterValue": 7}


def test_none_is_dropped_and_both_kinds_of_names_are_taken():
    schema = payloads.for_version("2.1").request("TransactionEvent")
    mixed = {
        "eventType": "Started",
        "seq_no": 0,
        "offline": None,
        "transaction_info": {"transactionId": "T", "charging_state": None},
        "meter_value": [None, {"timestamp": "x", "sampled_value": [{"value": 0}]}],
    }
    assert schema.to_wire(mixed) == {
        "eventType": "Started",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "T"},
        "meterValue": [{"timestamp": "x", "sampledValue": [{"value": 0}]}],
    }


def test_dataclasses_enums_and_decimals_become_plain():
    request = call16.RemoteStartTransaction(
        id_tag="A",
        charging_profile=datatypes16.ChargingProfile(
            charging_profile_id=1,
            stack_level=0,
            charging_profile_purpose=enums16.ChargingProfilePurposeType.tx_profile,
            charging_profile_kind=enums16.ChargingProfileKindType.relative,
            charging_schedule=datatypes16.ChargingSchedule(
                charging_rate_unit=enums16.ChargingRateUnitType.amps,
                charging_schedule_period=[
                    datatypes16.ChargingSchedulePeriod(start_period=0, limit=Decimal("21.4"))
                ],
            ),
        ),
    )
    schema = payloads.for_version("1.6").request("RemoteStartTransaction")
    wired = schema.to_wire(request)
    schema.check(wired)
    profile = wired["chargingProfile"]
    assert type(profile["chargingProfilePurpose"]) is str
    assert profile["chargingSchedule"] == {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 21.4}],
    }


def test_lists_of_enums_become_plain():
    schema = payloads.for_version("2.1").request("GetCompositeSchedule")
    wired = schema.to_wire(
        {"duration": Decimal(5), "charging_rate_unit": enums16.ChargingRateUnitType.amps}
    )
    assert wired == {"duration": 5, "chargingRateUnit": "A"}
    assert type(wired["chargingRateUnit"]) is str
    reasons = payloads.for_version("1.6").request("GetConfiguration")
    assert reasons.to_wire({"key": ("A", None, enums16.ConfigurationKey.heartbeat_interval)}) == {
        "key": ["A", "HeartbeatInterval"]
    }


def test_the_vendor_s_part_may_be_a_dataclass():
    schema = payloads.for_version("2.1").request("Reset")
    request = call21.Reset(type="Immediate", custom_data=datatypes21.CustomDataType(vendor_id="X"))
    assert schema.to_wire(request) == {"type": "Immediate", "customData": {"vendorId": "X"}}


@pytest.mark.parametrize(
    ("message", "members"),
    [
        (
            call_result16.StartTransaction(1, datatypes16.IdTagInfo("Accepted", "P", "x")),
            ["idTagInfo", "transactionId"],
        ),
        (
            call_result16.BootNotification("x", 300, "Accepted"),
            ["currentTime", "interval", "status"],
        ),
        (call_result16.DataTransfer("Accepted", "x"), ["status", "data"]),
        (call_result16.GetConfiguration([], []), ["configurationKey", "unknownKey"]),
    ],
)
def test_replies_of_1_6_stand_in_the_order_of_the_text(message, members):
    schema = payloads.for_version("1.6").response(type(message).__name__)
    wired = schema.to_wire(message)
    assert list(wired) == members
    assert list(wired.get("idTagInfo", ())) in ([], ["expiryDate", "parentIdTag", "status"])


def test_requests_of_1_6_stand_in_the_order_of_the_text():
    messages = payloads.for_version("1.6")
    request = call16.RemoteStartTransaction("A", 1)
    wired = messages.request("RemoteStartTransaction").to_wire(request)
    assert list(wired) == ["connectorId", "idTag"]


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
def test_messages_of_2_x_stand_in_the_order_of_the_schema_the_vendor_s_part_last(version):
    messages = payloads.for_version(version)
    for action in messages.actions - {"NotifyPeriodicEventStream"}:
        schema = messages.response(action)
        shuffled = dict(sorted(example(schema.node).items(), reverse=True))
        expected = [name for name in schema.node.properties if name != "customData"]
        assert list(schema.to_wire(shuffled)) == [*expected, "customData"]
