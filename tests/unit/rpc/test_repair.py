"""Broken payloads are used as far as they go; what is left out is told."""

import copy

import pytest

from ocpp_core.errors import Kind, Violation
from ocpp_core.rpc import payloads
from ocpp_core.rpc.payloads import Tolerance, repair
from ocpp_core.rpc.repair import MOST_REPAIRS

GOOD = {"value": "1", "unit": "Wh"}
BAD = {"value": "1", "unit": "Apples"}
WRONG = {"value": 1}

V16 = payloads.for_version("1.6")
V201 = payloads.for_version("2.0.1")
METER_VALUES = V16.request("MeterValues")
STOP = V16.request("StopTransaction")
EVENT = V201.request("TransactionEvent")


def reading(*samples, **more):
    return {"timestamp": "x", "sampledValue": list(samples), **more}


def meter_values(*readings):
    return {"connectorId": 1, "meterValue": list(readings)}


def stop(**changes):
    payload = {"transactionId": 1, "meterStop": 5, "timestamp": "x", **changes}
    return {name: value for name, value in payload.items() if value is not ...}


def event(**changes):
    payload = {
        "eventType": "Ended",
        "timestamp": "x",
        "triggerReason": "StopAuthorized",
        "seqNo": 3,
        "transactionInfo": {"transactionId": "T"},
        **changes,
    }
    return {name: value for name, value in payload.items() if value is not ...}


@pytest.mark.parametrize("tolerance", Tolerance)
def test_a_valid_payload_comes_back_itself(tolerance):
    payload = meter_values(reading(GOOD))
    assert repair(METER_VALUES, payload, tolerance) == (payload, [])
    assert repair(METER_VALUES, payload, tolerance)[0] is payload


@pytest.mark.parametrize("tolerance", Tolerance)
def test_what_is_no_object_cannot_be_mended(tolerance):
    with pytest.raises(Violation):
        repair(METER_VALUES, [], tolerance)


def test_strict_raises_the_first_violation():
    with pytest.raises(Violation) as raised:
        repair(METER_VALUES, meter_values(reading(GOOD, BAD)), Tolerance.STRICT)
    assert raised.value.kind is Kind.VALUE


class TestSamples:
    def mend(self, payload, schema=METER_VALUES):
        before = copy.deepcopy(payload)
        mended, notes = repair(schema, payload, Tolerance.SAMPLES)
        assert payload == before
        return mended, notes

    def test_bad_samples_never_lose_the_good_ones(self):
        payload = meter_values(reading(BAD, GOOD, WRONG), reading(GOOD), reading("x", GOOD, {}))
        mended, notes = self.mend(payload)
        assert mended == meter_values(reading(GOOD), reading(GOOD), reading(GOOD))
        assert len(notes) == 4
        assert notes[0] == (
            "left out meterValue[0].sampledValue[0]: unit is none of the values allowed"
        )

    def test_readings_without_a_good_sample_are_left_out(self):
        mended, notes = self.mend(meter_values(reading(BAD), reading(GOOD)))
        assert mended == meter_values(reading(GOOD))
        assert len(notes) == 1

    def test_a_message_that_keeps_no_sample_is_still_a_message(self):
        mended, _ = self.mend(meter_values(reading(BAD), reading(WRONG)))
        assert mended == meter_values()

    def test_readings_without_a_moment_are_left_out_beside_sound_ones(self):
        broken = {"sampledValue": [GOOD]}
        mended, notes = self.mend(meter_values(broken, reading(GOOD), reading(), 7))
        assert mended == meter_values(reading(GOOD))
        assert notes[0] == "left out meterValue[0]: timestamp is required"

    @pytest.mark.parametrize("broken", [{"sampledValue": [GOOD]}, reading(), 7, {}])
    def test_readings_broken_in_themselves_are_no_loss_to_hide(self, broken):
        with pytest.raises(Violation):
            self.mend(meter_values(broken))

    @pytest.mark.parametrize(
        ("change", "kind"),
        [
            ({"connectorId": "1"}, Kind.TYPE),
            ({"meterValue": []}, Kind.OCCURRENCE),
            ({"meterValue": {}}, Kind.TYPE),
            ({"extra": 1}, Kind.UNKNOWN_MEMBER),
        ],
    )
    def test_other_faults_are_raised(self, change, kind):
        with pytest.raises(Violation) as raised:
            self.mend({**meter_values(reading(GOOD, BAD)), **change})
        assert raised.value.kind is kind

    def test_samples_of_a_stop_and_of_2_x_are_mended_alike(self):
        mended, _ = self.mend(stop(transactionData=[reading(BAD, GOOD)]), STOP)
        assert mended == stop(transactionData=[reading(GOOD)])
        value = {"value": 1.5, "measurand": "Voltage"}
        mended, _ = self.mend(event(meterValue=[reading(value, {"value": "1"})]), EVENT)
        assert mended == event(meterValue=[reading(value)])

    def test_the_work_is_bounded(self):
        with pytest.raises(Violation) as raised:
            self.mend(meter_values(reading(GOOD, *[BAD] * (MOST_REPAIRS + 1))))
        assert raised.value.kind is Kind.OCCURRENCE


class TestOptional:
    def mend(self, payload, schema=STOP):
        before = copy.deepcopy(payload)
        mended, notes = repair(schema, payload, Tolerance.OPTIONAL)
        assert payload == before
        assert notes
        return mended

    @pytest.mark.parametrize(
        "change",
        [
            {"idTag": [7]},
            {"idTag": None},
            {"reason": ["Local"]},
            {"extra": {"a": 1}},
            {"transactionData": {}},
            {"transactionData": None},
        ],
    )
    def test_optional_members_that_cannot_be_used_are_left_out(self, change):
        assert self.mend(stop(**change)) == stop()

    @pytest.mark.parametrize("change", [{"idTag": "x" * 30}, {"reason": "PowerCut"}])
    def test_text_that_is_too_long_or_unlisted_is_kept(self, change):
        assert self.mend(stop(**change)) == stop(**change)

    def test_required_text_that_is_unlisted_is_kept_too(self):
        change = {"triggerReason": "Because"}
        assert self.mend(event(**change), EVENT) == event(**change)

    @pytest.mark.parametrize(
        ("change", "kind"),
        [
            ({"transactionId": "one"}, Kind.TYPE),
            ({"transactionId": 1.5}, Kind.TYPE),
            ({"transactionId": True}, Kind.TYPE),
            ({"meterStop": "much"}, Kind.TYPE),
            ({"meterStop": ...}, Kind.MISSING),
            ({"timestamp": None}, Kind.TYPE),
        ],
    )
    def test_required_members_cannot_be_left_out(self, change, kind):
        with pytest.raises(Violation) as raised:
            self.mend(stop(**change))
        assert raised.value.kind is kind

    def test_the_smallest_part_around_a_fault_is_left_out(self):
        token = {"idToken": "A", "type": "Central"}
        payload = event(
            idToken={**token, "additionalInfo": [{"type": "x"}]},
            evse={"id": "one"},
            transactionInfo={"transactionId": "T", "timeSpentCharging": "x", "extra": 1},
            meterValue=[{"sampledValue": [{"value": 1}]}, reading({"value": 1}, {"value": "x"})],
        )
        mended = self.mend(payload, EVENT)
        assert mended == event(idToken=token, meterValue=[reading({"value": 1})])

    def test_numbers_out_of_range_are_left_out(self):
        schema = payloads.for_version("2.1").request("TransactionEvent")
        assert self.mend(event(numberOfPhasesUsed=-1, cableMaxCurrent=9), schema) == event(
            cableMaxCurrent=9
        )

    def test_a_broken_required_part_is_raised_with_its_place(self):
        with pytest.raises(Violation, match=r"^transactionInfo\.transactionId is required$"):
            self.mend(event(transactionInfo={}), EVENT)

    def test_readings_of_which_nothing_is_left(self):
        assert self.mend(stop(transactionData=[reading({})]))["transactionData"] == []
        assert self.mend(event(meterValue=[]), EVENT) == event()
        mended = self.mend(meter_values(reading({})), METER_VALUES)
        assert mended == meter_values()
        with pytest.raises(Violation):
            self.mend(meter_values(), METER_VALUES)

    def test_too_many_items_are_cut(self):
        schema = V201.request("NotifyReport")
        attributes = [{"value": str(number)} for number in range(6)]
        data = {"component": {"name": "C"}, "variable": {"name": "V"}}
        payload = {"requestId": 1, "generatedAt": "x", "seqNo": 0}
        payload["reportData"] = [{**data, "variableAttribute": attributes}]
        mended = self.mend(payload, schema)
        assert mended["reportData"][0]["variableAttribute"] == attributes[:4]

    def test_the_vendor_s_part_is_kept_or_left_out_whole(self):
        assert self.mend(event(customData={"a": 1}), EVENT) == event()
        custom = {"vendorId": "X", "any_Thing": [None]}
        assert self.mend(event(customData=custom, extra=1), EVENT) == event(customData=custom)

    def test_the_work_is_bounded(self):
        with pytest.raises(Violation) as raised:
            self.mend(stop(**{f"extra{number}": 1 for number in range(MOST_REPAIRS + 1)}))
        assert raised.value.kind is Kind.OCCURRENCE

    def test_notes_name_places_and_no_values(self):
        broken = stop(idTag=[], meterStop="7", reason="secret", extra="secret")
        _, notes = repair(STOP, broken, Tolerance.OPTIONAL)
        assert notes == [
            "bent: meterStop must be an integer",
            "left out idTag: idTag must be a string",
            "kept although reason is none of the values allowed",
            "left out: extra is not known here",
        ]


@pytest.mark.parametrize("tolerance", [Tolerance.OPTIONAL, Tolerance.LENIENT])
class TestEnds:
    """What is taken from the end of a session under both tolerances that save it."""

    @pytest.mark.parametrize(
        ("said", "meter"),
        [
            *((6000.0, 6000), (6000.4, 6000.4), ("6000", 6000), ("6000.4", 6000.4)),
            *(("6000.0", 6000), ("-7", -7), (-7.5, -7.5)),
        ],
    )
    def test_a_register_may_be_text_and_keeps_its_fraction(self, tolerance, said, meter):
        mended, notes = repair(STOP, stop(meterStop=said), tolerance)
        assert mended == stop(meterStop=meter)
        assert notes == ["bent: meterStop must be an integer"]

    @pytest.mark.parametrize("said", [..., None, "", "one", 1.5, [], True])
    def test_what_is_assumed_stands_in_for_what_is_missing_or_useless(self, tolerance, said):
        mended, notes = repair(STOP, stop(transactionId=said), tolerance, {"transactionId": -1})
        assert mended == stop(transactionId=-1)
        assert notes[-1] == "assumed: transactionId is required"

    @pytest.mark.parametrize(("said", "used"), [("123", 123), (2.0, 2)])
    def test_what_can_be_bent_is_not_assumed(self, tolerance, said, used):
        mended, _ = repair(STOP, stop(transactionId=said), tolerance, {"transactionId": -1})
        assert mended == stop(transactionId=used)

    def test_only_the_message_s_own_members_are_assumed(self, tolerance):
        payload = event(transactionInfo={}, timestamp=...)
        with pytest.raises(Violation, match=r"^transactionInfo\.transactionId is required$"):
            repair(EVENT, payload, tolerance, {"timestamp": "", "transactionId": "T"})


@pytest.mark.parametrize("tolerance", [Tolerance.STRICT, Tolerance.SAMPLES])
def test_nothing_is_assumed_where_a_message_may_be_refused(tolerance):
    with pytest.raises(Violation):
        repair(STOP, stop(transactionId=...), tolerance, {"transactionId": -1})


class TestLenient:
    def mend(self, payload, schema=STOP):
        before = copy.deepcopy(payload)
        mended, _ = repair(schema, payload, Tolerance.LENIENT)
        assert payload == before
        return mended

    @pytest.mark.parametrize(
        "change",
        [
            {"idTag": "x" * 300},
            {"reason": "PowerCut"},
            {"extra": {"camelCase": None}},
            {"transactionData": []},
            {"transactionData": [reading()]},
            {"transactionData": [reading(BAD)]},
        ],
    )
    def test_limits_choices_and_unknown_members_do_not_matter(self, change):
        assert self.mend(stop(**change)) == stop(**change)

    def test_ranges_do_not_matter(self):
        payload = event(evse={"id": -1})
        schema = payloads.for_version("2.1").request("TransactionEvent")
        assert self.mend(payload, schema) == payload

    @pytest.mark.parametrize(
        ("change", "bent"),
        [
            ({"idTag": 12345}, {"idTag": "12345"}),
            ({"idTag": 1.5}, {"idTag": "1.5"}),
            ({"meterStop": 5.0}, {}),
            ({"meterStop": "5"}, {}),
            ({"meterStop": "5.0"}, {}),
            ({"meterStop": "-7"}, {"meterStop": -7}),
            ({"meterStop": "2e3"}, {"meterStop": 2000}),
            ({"transactionData": [reading(WRONG)]}, {"transactionData": [reading({"value": "1"})]}),
        ],
    )
    def test_numbers_and_text_are_bent_to_each_other(self, change, bent):
        mended = self.mend(stop(**change))
        assert mended == stop(**bent)
        assert type(mended["meterStop"]) is int

    @pytest.mark.parametrize(
        "value",
        [
            *("5.5", 5.5, "five", "", " 5", "5_0", "\u0665", "0x5", "inf", "nan", "1e999", 1e300),
            *(None, True, [5], {"a": 5}, "9" * 400, str(2**53)),
        ],
    )
    def test_what_cannot_be_bent_is_still_a_violation(self, value):
        with pytest.raises(Violation) as raised:
            self.mend(stop(transactionId=value))
        assert raised.value.kind is Kind.TYPE

    @pytest.mark.parametrize("change", [{"idTag": True}, {"idTag": None}, {"idTag": []}])
    def test_optional_members_that_cannot_be_bent_are_left_out(self, change):
        assert self.mend(stop(**change)) == stop()

    def test_text_becomes_a_number_with_its_fraction(self):
        payload = event(meterValue=[reading({"value": "1.25"}, {"value": "3"})])
        values = self.mend(payload, EVENT)["meterValue"][0]["sampledValue"]
        assert values == [{"value": 1.25}, {"value": 3}]

    def test_a_missing_required_member_is_still_a_violation(self):
        with pytest.raises(Violation, match=r"^timestamp is required$"):
            self.mend(stop(timestamp=...))
