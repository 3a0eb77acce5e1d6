"""What a station's answer means."""

import pytest

from ocpp_core.commands.base import find
from ocpp_core.errors import CallRefused

UNLOCK = {"connector": 1}
LIMIT = {"value": 16, "unit": "A"}


@pytest.mark.parametrize(
    ("name", "values", "versions", "done", "not_done"),
    [
        ("reset", {}, "1.6", "Accepted", "Rejected"),
        ("reset", {}, "2.0.1 2.1", "Accepted Scheduled", "Rejected"),
        ("unlock-connector", UNLOCK, "1.6", "Unlocked", "UnlockFailed NotSupported"),
        (
            "unlock-connector",
            UNLOCK,
            "2.0.1 2.1",
            "Unlocked",
            "UnlockFailed OngoingAuthorizedTransaction UnknownConnector",
        ),
        ("set-charging-limit", LIMIT, "1.6", "Accepted", "Rejected NotSupported"),
        ("set-charging-limit", LIMIT, "2.0.1 2.1", "Accepted", "Rejected"),
        ("clear-charging-limit", {}, "1.6 2.0.1 2.1", "Accepted", "Unknown"),
        (
            "change-availability",
            {"operative": True},
            "1.6 2.0.1 2.1",
            "Accepted Scheduled",
            "Rejected",
        ),
        (
            "trigger-message",
            {"message": "Heartbeat"},
            "1.6 2.0.1 2.1",
            "Accepted",
            "Rejected NotImplemented",
        ),
    ],
)
def test_each_status_is_passed_on_and_judged(outcome, name, values, versions, done, not_done):
    for version in versions.split():
        for status in [*done.split(), *not_done.split()]:
            found = outcome(version, name, {"status": status}, **values)
            assert found.status == status
            assert found.done == (status in done.split())
            assert found.data == {}


def test_what_else_the_station_says_is_passed_on(outcome, version_2):
    info = {"reasonCode": "DuplicateProfile", "additionalInfo": "id 100"}
    found = outcome(
        version_2, "set-charging-limit", {"status": "Rejected", "statusInfo": info}, **LIMIT
    )
    assert found.data == {
        "status_info": {"reason_code": "DuplicateProfile", "additional_info": "id 100"}
    }


def test_a_callerror_is_an_outcome_that_is_not_done():
    refusal = CallRefused("NotSupported", "no", {"a": 1})
    found = find("reset").from_values({}).refused(refusal)
    assert (found.status, found.done, found.refused) == ("NotSupported", False, True)
    assert found.data == {
        "error": {"code": "NotSupported", "description": "no", "details": {"a": 1}}
    }
