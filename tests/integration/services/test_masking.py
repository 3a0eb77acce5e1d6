"""Secrets on their way through payloads are made unreadable before anything is kept."""

from __future__ import annotations

import json
import time

import pytest

from ocpp_core.services.message_log import mask

SECRET = 'tr0ub4dor "\\& 3'
KEPT = [
    {"key": "HeartbeatInterval", "value": "300"},
    {"vendorId": "v", "data": "password of the day: none"},
    {"key": "AuthorizationKeys", "value": "12"},
    {"location": "ftp://files.example:21/a@b"},
    {"meterValue": [{"sampledValue": [{"value": "12.5"}]}]},
]


@pytest.mark.parametrize("compact", [True, False])
@pytest.mark.parametrize(
    "payload",
    [
        {"key": "AuthorizationKey", "value": SECRET},
        {"value": SECRET, "key": "authorizationkey"},
        {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": SECRET}]},
        {
            "setVariableData": [
                {"attributeValue": SECRET, "variable": {"name": "BasicAuthPassword"}},
            ]
        },
        {
            "getVariableResult": [
                {"variable": {"name": "basicauthpassword"}, "attributeValue": SECRET}
            ]
        },
        {"password": SECRET},
        {"connectionData": {"apn": {"apnPassword": SECRET}, "basicAuthPassword": SECRET}},
        {"vendorId": "v", "data": json.dumps({"user": "u", "Password": SECRET, "x": 1})},
        {"data": json.dumps({"authorizationKey": SECRET})},
        {"connectionData": {"vpn": {"user": "u", "password": SECRET, "key": SECRET}}},
    ],
)
def test_secrets_are_hidden_and_nothing_breaks(payload, compact):
    text = json.dumps(payload, separators=(",", ":") if compact else None)
    masked = mask(text)
    assert "tr0ub4dor" not in masked
    assert json.loads(masked).keys() == payload.keys()
    assert json.dumps(json.loads(masked)).count("********") == text.count("tr0ub4dor")


@pytest.mark.parametrize("end", ["", "\\", '\\"'])
@pytest.mark.parametrize(
    "begin", ['{"password":"', '{"key":"AuthorizationKey","value" : "', '{"vpn":{"key":"']
)
def test_what_was_cut_off_in_a_secret_does_not_show_it(begin, end):
    assert SECRET not in mask(f"{begin}{SECRET}{end}")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ftp://user:secret@host/a", "ftp://user:********@host/a"),
        ("sftp://user:sec@ret@host", "sftp://user:********@host"),
        ("https://:secret@host:8080/a?b=c@d", "https://:********@host:8080/a?b=c@d"),
        ("ftp://user@host/a", "ftp://user@host/a"),
        ("ws://host:8080/a", "ws://host:8080/a"),
    ],
)
def test_addresses_lose_their_password_only(address, shown):
    assert json.loads(mask(json.dumps({"location": address}))) == {"location": shown}


@pytest.mark.parametrize("payload", KEPT)
def test_what_is_no_secret_is_kept(payload):
    text = json.dumps(payload)
    assert mask(text) == text


def test_long_payloads_cost_little():
    text = json.dumps({"data": '"' * 50_000 + "://" * 50_000 + "a:" * 50_000})
    started = time.monotonic()
    assert mask(text) == text
    assert time.monotonic() - started < 0.5
