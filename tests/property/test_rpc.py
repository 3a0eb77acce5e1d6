"""Whatever a station sends is read, judged as the library judges it, and keeps its names."""

import decimal
import json
import random

import pytest
from ocpp.messages import get_validator

from ocpp_core.errors import Violation
from ocpp_core.rpc import frames, payloads, schemas
from ocpp_core.rpc.exchange import Exchange, Ignored
from ocpp_core.rpc.frames import Call, Malformed, Unknown
from ocpp_core.rpc.payloads import Tolerance

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import given, settings  # noqa: E402  # only where the package is there
from hypothesis import strategies as st  # noqa: E402

TYPES = frozenset({2, 3, 4, 5, 6})
VERSIONS = {"1.6": ("v16", ""), "2.0.1": ("v201", "Request"), "2.1": ("v21", "Request")}
FEW = settings(max_examples=150, deadline=None)

# The library reads these schemas and payloads with decimals, for multipleOf 0.1.
WITH_DECIMALS = {
    ("request", "SetChargingProfile"),
    ("request", "RemoteStartTransaction"),
    ("response", "GetCompositeSchedule"),
}

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([2, 3, 4, 2.0, "2", "\x00", "\ud800", 2**53, -(2**63), 1e300, "x" * 37])
)
json_like = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
arrays = st.tuples(st.sampled_from([2, 3, 4, 5, 6, 7]) | scalars).flatmap(
    lambda start: st.lists(json_like, max_size=4).map(lambda rest: [*start, *rest])
)
pieces = st.lists(
    st.sampled_from(
        [
            *("[", "]", "{", "}", ",", ":", '"', "2", "3", '"id"', '"A"', '"a":1', "[2,", "null"),
            *("\\u0000", "\\ud800", "NaN", "1e400", " ", "\n", "\ufeff", "\x00"),
            *("9" * 5000, "[" * 2000),
        ]
    ),
    max_size=14,
).map("".join)
texts = (
    st.text()
    | st.binary().map(lambda raw: raw.decode(errors="surrogateescape"))
    | st.builds(json.dumps, arrays, ensure_ascii=st.booleans())
    | pieces
)


@given(texts)
@settings(max_examples=500, deadline=None)
def test_every_text_is_read(text):
    frame = frames.read(text, TYPES)
    if isinstance(frame, Malformed) and frame.call:
        answer = json.loads(frames.error(frame.message_id, "FormationViolation", frame.description))
        assert len(answer[1]) <= 255
    assert Exchange(TYPES).receive(text) is not None


@given(st.text(min_size=1, max_size=60), json_like, json_like)
@FEW
def test_every_readable_call_is_owed_an_answer(message_id, action, payload):
    text = json.dumps([2, message_id, action, payload])
    received = Exchange(TYPES).receive(text)
    assert isinstance(received, Call | Malformed)
    if isinstance(received, Malformed):
        assert received.call
        assert received.message_id in (message_id.replace("\x00", ""), "-1")


@given(arrays)
@FEW
def test_nothing_but_an_answer_to_our_call_is_an_answer(elements):
    received = Exchange(TYPES).receive(json.dumps(elements))
    assert isinstance(received, Call | frames.Send | Malformed | Ignored)


@given(st.integers().filter(lambda number: number not in TYPES))
@FEW
def test_other_message_types_are_ignored(message_type):
    frame = frames.read(json.dumps([message_type, "id", {}]), TYPES)
    assert isinstance(frame, Unknown) or abs(message_type) >= 2**63


@given(st.integers(), st.sampled_from(sorted(VERSIONS)))
@settings(max_examples=600, deadline=None)
def test_verdicts_are_those_of_the_library(seed, version):
    choose = random.Random(seed)  # noqa: S311
    direction, action = message_of(choose, version)
    schema = getattr(payloads.for_version(version), direction)(action)
    payload = made_of(choose, schema.node, 0.04)
    accepted = library_accepts(version, direction, action, payload)
    assert (not schema.violations(payload)) == accepted
    assert (not payloads.explain.violations(schema.node, payload)) == accepted


@given(st.integers(), st.sampled_from(sorted(VERSIONS)))
@FEW
def test_names_survive_the_way_to_python_and_back(seed, version):
    choose = random.Random(seed)  # noqa: S311
    direction, action = message_of(choose, version)
    schema = getattr(payloads.for_version(version), direction)(action)
    payload = made_of(choose, schema.node, 0)
    assert schema.to_wire(schema.to_python(payload)) == payload
    assert schema.to_wire(payload) == payload


@given(st.integers(), st.sampled_from(sorted(VERSIONS)), st.sampled_from(Tolerance))
@FEW
def test_mending_changes_no_argument_and_raises_nothing_but_violations(seed, version, tolerance):
    choose = random.Random(seed)  # noqa: S311
    _, action = message_of(choose, version)
    schema = payloads.for_version(version).request(action)
    payload = made_object(choose, schema.node, 0.1)
    before = json.dumps(payload)
    try:
        mended, notes = payloads.repair(schema, payload, tolerance)
    except Violation:
        assert schema.violations(payload)
        mended, notes = payload, []
    assert json.dumps(payload) == before
    assert notes or mended == payload


def message_of(choose: random.Random, version: str) -> tuple[str, str]:
    messages = payloads.for_version(version)
    direction = choose.choice(["request", "response"])
    action = choose.choice(sorted(messages.actions - {"NotifyPeriodicEventStream"}))
    return direction, action


def library_accepts(version: str, direction: str, action: str, payload: object) -> bool:
    number = {"request": 2, "response": 3}[direction]
    if version != "1.6" or (direction, action) not in WITH_DECIMALS:
        return get_validator(number, action, version).is_valid(payload)
    package, suffix = VERSIONS[version]
    name = action + {"request": suffix, "response": "Response"}[direction]
    exact = json.loads(json.dumps(schemas.load(package, name)), parse_float=decimal.Decimal)
    validator = type(get_validator(number, action, version))(exact)
    return validator.is_valid(json.loads(json.dumps(payload), parse_float=decimal.Decimal))


# 1e20: the library's own decimals fail where numbers are larger.
WRONG = [None, True, 0, -1, 1.0, 2.55, 21.4, 1e20, "", "x" * 10_000, [], {}, [[]], {"a": 1}]


def made_of(choose: random.Random, node: schemas.Node, faults: float) -> object:
    """Make a payload for a place of a schema; `faults` is the share of wrong places."""
    if choose.random() < faults:
        return choose.choice(WRONG)
    if node.type == "object":
        return made_object(choose, node, faults)
    if node.type == "array":
        least = node.min_items
        most = min(node.max_items or 3, 3) + (choose.random() < faults)
        return [made_of(choose, node.items, faults) for _ in range(choose.randint(least, most))]
    return made_scalar(choose, node)


def made_object(choose: random.Random, node: schemas.Node, faults: float) -> dict[str, object]:
    made = {}
    for name, child in node.properties.items():
        wanted = name in node.required or choose.random() < 0.3
        if wanted and choose.random() >= faults:
            made[name] = made_of(choose, child, faults)
    if choose.random() < faults or node.free:
        made["unknown_Member"] = {"inner_Name": [1, {"Deep_er": None}]}
    return made


def made_scalar(choose: random.Random, node: schemas.Node) -> object:
    if node.choices is not None:
        return choose.choice(sorted(node.choices))
    if node.type == "string":
        return "ä😀" * min(choose.randint(0, 6), (node.max_length or 12) // 2)
    if node.type == "boolean":
        return choose.random() < 0.5
    low = -9 if node.minimum is None else int(node.minimum)
    high = low + 20 if node.maximum is None else int(node.maximum)
    if node.type == "integer":
        return choose.randint(low, high)
    if node.type == "number":
        return choose.choice([low, choose.randint(low * 10, high * 10) / 10, float(low)])
    return {"free_Form": ["x", {"camelCase": 1}]}
