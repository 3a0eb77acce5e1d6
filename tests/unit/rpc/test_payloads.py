"""Payloads against the schemas: the library's verdicts, and what kind of violation it is."""

import threading

import pytest
from ocpp.v16 import call as call16
from ocpp.v16 import call_result as call_result16
from ocpp.v21 import call as call21

from ocpp_core.errors import Kind, NotSupportedByVersion, Violation
from ocpp_core.rpc import payloads, schemas
from ocpp_core.rpc.payloads import Messages

VERSIONS = {"1.6": "v16", "2.0.1": "v201", "2.1": "v21"}
KEYWORDS = {
    *("type", "properties", "required", "additionalProperties", "items", "$ref", "definitions"),
    *("enum", "maxLength", "minItems", "maxItems", "minimum", "maximum", "multipleOf"),
    # Without effect: draft 4 gives them none, or formats are not looked at.
    *("$schema", "$id", "title", "description", "comment", "javaType", "default", "format"),
    *("additionalItems",),  # beside one schema for all items
}

START = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}
PROFILE = {
    "connectorId": 1,
    "csChargingProfiles": {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 21.4}],
        },
    },
}


@pytest.fixture
def start():
    return payloads.for_version("1.6").request("StartTransaction")


def with_limit(limit):
    periods = [{"startPeriod": 0, "limit": limit}]
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    profile = {**PROFILE["csChargingProfiles"], "chargingSchedule": schedule}
    return {**PROFILE, "csChargingProfiles": profile}


def test_a_valid_payload_has_no_violations(start):
    assert start.violations(START) == []
    start.check(START)


@pytest.mark.parametrize(
    ("change", "kind", "path"),
    [
        ({"idTag": ...}, Kind.MISSING, ("idTag",)),
        ({"idTag": None}, Kind.TYPE, ("idTag",)),
        ({"idTag": 7}, Kind.TYPE, ("idTag",)),
        ({"meterStart": 1.0}, Kind.TYPE, ("meterStart",)),
        ({"meterStart": True}, Kind.TYPE, ("meterStart",)),
        ({"idTag": "ü" * 21}, Kind.LENGTH, ("idTag",)),
        ({"secret": 1}, Kind.UNKNOWN_MEMBER, ("secret",)),
    ],
)
def test_each_violation_has_its_kind_and_place(start, change, kind, path):
    payload = {k: v for k, v in {**START, **change}.items() if v is not ...}
    [violation] = start.violations(payload)
    assert (violation.kind, violation.path) == (kind, path)
    with pytest.raises(Violation) as raised:
        start.check(payload)
    assert raised.value.kind is kind


def test_values_and_counts_have_kinds_too():
    meter_values = payloads.for_version("1.6").request("MeterValues")
    samples = [{"value": "1", "unit": "Apples"}]
    payload = {"connectorId": 1, "meterValue": [{"timestamp": "x", "sampledValue": samples}]}
    [violation] = meter_values.violations(payload)
    assert violation.kind is Kind.VALUE
    assert violation.path == ("meterValue", 0, "sampledValue", 0, "unit")
    assert violation.description.startswith("meterValue[0].sampledValue[0].unit ")
    [violation] = meter_values.violations({"connectorId": 1, "meterValue": []})
    assert (violation.kind, violation.path) == (Kind.OCCURRENCE, ("meterValue",))


def test_ranges_are_violations_of_values():
    status = payloads.for_version("2.1").request("StatusNotification")
    payload = {"timestamp": "x", "connectorStatus": "Available", "evseId": -1, "connectorId": 1}
    [violation] = status.violations(payload)
    assert (violation.kind, violation.path) == (Kind.VALUE, ("evseId",))


def test_too_many_items_are_a_violation_of_occurrence():
    variables = payloads.for_version("2.1").request("NotifyReport")
    attribute = {"value": "1"}
    data = {
        "component": {"name": "C"},
        "variable": {"name": "V"},
        "variableAttribute": [attribute] * 5,
    }
    payload = {"requestId": 1, "generatedAt": "x", "seqNo": 0, "reportData": [data]}
    [violation] = variables.violations(payload)
    assert violation.kind is Kind.OCCURRENCE


@pytest.mark.parametrize("limit", [21.4, 0.1, 0.3, 16, 16.0, 1e20])
def test_multiples_of_a_tenth_are_judged_as_written(limit):
    schema = payloads.for_version("1.6").request("SetChargingProfile")
    assert schema.violations(with_limit(limit)) == []


@pytest.mark.parametrize("limit", [21.45, 0.30000000000000004, 1e-300])
def test_finer_limits_are_violations(limit):
    schema = payloads.for_version("1.6").request("SetChargingProfile")
    [violation] = schema.violations(with_limit(limit))
    assert violation.kind is Kind.VALUE


@pytest.mark.parametrize("number", [1e300, -1e300, 1.7e308, 5e-324, float("inf"), float("nan")])
@pytest.mark.parametrize("version", VERSIONS)
def test_extreme_numbers_are_judged_without_a_crash(version, number):
    messages = payloads.for_version(version)
    for action in messages.actions:
        messages.request(action).violations(
            dict.fromkeys(messages.request(action).names.python, number)
        )
    payloads.for_version("1.6").request("SetChargingProfile").violations(with_limit(number))


def test_the_weightiest_violation_is_raised_whatever_the_order(start):
    faults = {"connectorId": "1", "extra": 1, "meterStart": 0, "timestamp": "x", "idTag": "A"}
    for payload in (faults, dict(reversed(faults.items()))):
        with pytest.raises(Violation, match=r"^connectorId must be an integer$"):
            start.check(payload)
    del faults["idTag"]
    with pytest.raises(Violation, match=r"^idTag is required$"):
        start.check(faults)


def test_descriptions_name_the_place_and_never_the_value(start):
    for change in ({"idTag": 987654}, {"idTag": "987654" * 9}, {"987654" * 30: "secret"}):
        with pytest.raises(Violation) as raised:
            start.check({**START, **change})
        assert "secret" not in raised.value.description
        assert len(raised.value.description) < 100
    with pytest.raises(Violation, match=r"^the payload must be an object$"):
        start.check([])


def test_a_flood_of_violations_is_cut():
    schema = payloads.for_version("1.6").request("MeterValues")
    payload = {"connectorId": 1, "meterValue": [7] * 10_000}
    assert len(schema.violations(payload)) == 100


def test_a_crash_of_the_fast_validator_is_made_good(start):
    class PanicException(BaseException):
        """Named as the crashes of Rust are."""

    start = payloads.Schema(schemas.load("v16", "StartTransaction"), lambda _node: start.names)
    start._validator = Crashing(PanicException)
    assert start.violations(START) == []
    assert start.violations({})[0].kind is Kind.MISSING
    start._validator = Crashing(ValueError)
    assert start.valid(START)
    start._validator = Crashing(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        start.valid(START)


class Crashing:
    def __init__(self, crash):
        self.crash = crash

    def is_valid(self, _payload):
        raise self.crash


@pytest.mark.parametrize("package", VERSIONS.values())
def test_the_schemas_use_only_what_is_understood(package):
    for name in schemas.names_of_files(package):
        used = set(keywords(schemas.load(package, name)))
        assert used <= KEYWORDS, name


def keywords(schema):
    for name, value in schema.items():
        yield name
        if name in ("properties", "definitions"):
            for member in value.values():
                yield from keywords(member)
        elif isinstance(value, dict):
            yield from keywords(value)


@pytest.mark.parametrize(
    ("version", "count", "action"),
    [
        ("1.6", 39, "StartTransaction"),
        ("2.0.1", 64, "TransactionEvent"),
        ("2.1", 91, "SetDERControl"),
    ],
)
def test_each_version_knows_its_actions(version, count, action):
    messages = payloads.for_version(version)
    assert messages is payloads.for_version(version)
    assert messages.knows(action)
    assert not messages.knows("Nonsense")
    assert len(messages.actions) == count
    assert messages.request(action) is messages.request(action)
    assert messages.response(action) is not messages.request(action)


def test_what_a_version_lacks_is_refused():
    messages = payloads.for_version("1.6")
    for ask in (messages.request, messages.response, messages.call_class, messages.result_class):
        with pytest.raises(NotSupportedByVersion, match="TransactionEvent"):
            ask("TransactionEvent")
    for name in ("../v21/x", "", "dataclass", "StartTransactionResponse"):
        with pytest.raises(NotSupportedByVersion):
            messages.request(name)
        with pytest.raises(NotSupportedByVersion):
            messages.call_class(name)
    with pytest.raises(NotSupportedByVersion):
        payloads.for_version("2.1").call_class("IdTokenType")
    with pytest.raises(KeyError):
        payloads.for_version("1.5")


def test_a_message_without_answer_has_a_request_only():
    messages = payloads.for_version("2.1")
    assert messages.knows("NotifyPeriodicEventStream")
    assert messages.request("NotifyPeriodicEventStream").violations({})
    with pytest.raises(NotSupportedByVersion):
        messages.response("NotifyPeriodicEventStream")


def test_classes_are_those_of_the_library():
    messages = payloads.for_version("1.6")
    assert messages.call_class("StartTransaction") is call16.StartTransaction
    assert messages.result_class("StartTransaction") is call_result16.StartTransaction
    assert payloads.for_version("2.1").call_class("Reset") is call21.Reset


def test_threads_share_one_schema():
    messages = Messages(payloads._VERSIONS["2.0.1"])
    barrier, found = threading.Barrier(4), []

    def ask():
        barrier.wait()
        found.append(messages.request("TransactionEvent"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(map(id, found))) == 1
