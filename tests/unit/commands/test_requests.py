"""What each command says in each OCPP version; all of it follows the schema."""

import pytest

from ocpp_core.errors import NotSupportedByVersion


def begun(limit, unit="A"):
    return {
        "startSchedule": "2026-05-01T00:00:00.000Z",
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
    }


PURPOSE = {"stackLevel": 1, "chargingProfilePurpose": "TxDefaultProfile"}
PROFILE = {**PURPOSE, "chargingProfileKind": "Absolute"}

REQUESTS_16 = [
    ("reset", {}, "Reset", {"type": "Soft"}),
    ("reset", {"kind": "hard"}, "Reset", {"type": "Hard"}),
    ("unlock-connector", {"connector": 2}, "UnlockConnector", {"connectorId": 2}),
    (
        "set-charging-limit",
        {"connector": 2, "value": 16, "unit": "A"},
        "SetChargingProfile",
        {
            "connectorId": 2,
            "csChargingProfiles": {
                "chargingProfileId": 102,
                **PROFILE,
                "chargingSchedule": begun(16.0),
            },
        },
    ),
    (
        "clear-charging-limit",
        {},
        "ClearChargingProfile",
        {"connectorId": 0, **PURPOSE},
    ),
    (
        "change-availability",
        {"connector": 1, "operative": False},
        "ChangeAvailability",
        {"connectorId": 1, "type": "Inoperative"},
    ),
    (
        "change-availability",
        {"operative": True},
        "ChangeAvailability",
        {"connectorId": 0, "type": "Operative"},
    ),
    (
        "trigger-message",
        {"message": "StatusNotification", "connector": 2},
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "connectorId": 2},
    ),
    (
        "trigger-message",
        {"message": "DiagnosticsStatusNotification", "connector": 0},
        "TriggerMessage",
        {"requestedMessage": "DiagnosticsStatusNotification"},
    ),
]
REQUESTS_2 = [
    ("reset", {}, "Reset", {"type": "OnIdle"}),
    ("reset", {"kind": "hard"}, "Reset", {"type": "Immediate"}),
    ("reset", {"kind": "hard", "on_idle": True}, "Reset", {"type": "OnIdle"}),
    ("reset", {"kind": "hard", "evse": 2}, "Reset", {"type": "Immediate", "evseId": 2}),
    (
        "unlock-connector",
        {"connector": 2},
        "UnlockConnector",
        {"evseId": 2, "connectorId": 1},
    ),
    (
        "unlock-connector",
        {"connector": 2, "evse_connector": 3},
        "UnlockConnector",
        {"evseId": 2, "connectorId": 3},
    ),
    (
        "set-charging-limit",
        {"value": 2000.5, "unit": "W"},
        "SetChargingProfile",
        {
            "evseId": 0,
            "chargingProfile": {
                "id": 100,
                **PROFILE,
                "chargingSchedule": [{"id": 100, **begun(2000.5, "W")}],
            },
        },
    ),
    (
        "clear-charging-limit",
        {"connector": 2},
        "ClearChargingProfile",
        {"chargingProfileCriteria": {"evseId": 2, **PURPOSE}},
    ),
    (
        "change-availability",
        {"connector": 1, "operative": False},
        "ChangeAvailability",
        {"operationalStatus": "Inoperative", "evse": {"id": 1}},
    ),
    (
        "change-availability",
        {"operative": True},
        "ChangeAvailability",
        {"operationalStatus": "Operative"},
    ),
    (
        "trigger-message",
        {"message": "StatusNotification", "connector": 2},
        "TriggerMessage",
        {"requestedMessage": "StatusNotification", "evse": {"id": 2, "connectorId": 1}},
    ),
    (
        "trigger-message",
        {"message": "TransactionEvent", "connector": 2},
        "TriggerMessage",
        {"requestedMessage": "TransactionEvent", "evse": {"id": 2}},
    ),
    (
        "trigger-message",
        {"message": "LogStatusNotification"},
        "TriggerMessage",
        {"requestedMessage": "LogStatusNotification"},
    ),
]


@pytest.mark.parametrize(("name", "values", "action", "payload"), REQUESTS_16)
def test_a_command_in_the_words_of_16(wire, name, values, action, payload):
    assert wire("1.6", name, **values) == (action, payload)


@pytest.mark.parametrize(("name", "values", "action", "payload"), REQUESTS_2)
def test_a_command_in_the_words_of_2(wire, version_2, name, values, action, payload):
    assert wire(version_2, name, **values) == (action, payload)


@pytest.mark.parametrize("limit", [0, 0.1, 8.1, 16.7, 22_000, 10_000_000])
def test_a_limit_has_at_most_one_digit_after_the_point(wire, version, limit):
    _, payload = wire(version, "set-charging-limit", value=limit, unit="W")
    assert str(limit) in str(payload)


def test_profiles_of_two_connectors_do_not_replace_each_other(wire, version):
    requests = [
        wire(version, "set-charging-limit", connector=connector, value=16, unit="A")[1]
        for connector in (0, 1, 2)
    ]
    profiles = [
        request.get("csChargingProfiles") or request["chargingProfile"] for request in requests
    ]
    ids = [profile.get("id") or profile["chargingProfileId"] for profile in profiles]
    assert ids == [100, 101, 102]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("reset", {"evse": 1}),
        ("reset", {"on_idle": True}),
        ("unlock-connector", {"connector": 1, "evse_connector": 2}),
        ("trigger-message", {"message": "TransactionEvent"}),
        ("trigger-message", {"message": "LogStatusNotification"}),
    ],
)
def test_what_16_does_not_have_is_said_so(wire, name, values):
    with pytest.raises(NotSupportedByVersion):
        wire("1.6", name, **values)


def test_what_2_does_not_have_is_said_so(wire, version_2):
    with pytest.raises(NotSupportedByVersion):
        wire(version_2, "trigger-message", message="DiagnosticsStatusNotification")
