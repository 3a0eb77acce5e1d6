"""Passwords of stations: hashing, verification, and the raw header of HTTP Basic."""

import base64
import re

import pytest

from ocpp_core.domain import credentials
from ocpp_core.errors import InvalidInput

KEY = "00FFa1b2c3d4e5f60718293a4b5c6d7e8f901122"  # AuthorizationKey: 20 bytes in hex


def basic(user_and_password: bytes) -> str:
    return "Basic " + base64.b64encode(user_and_password).decode()


def test_a_generated_secret_suits_every_version_and_is_new_each_time():
    secrets = {credentials.generate() for _ in range(100)}
    assert len(secrets) == 100
    assert all(re.fullmatch("[0-9a-f]{32,40}", secret) for secret in secrets)


def test_a_generated_secret_is_cheap_to_verify():
    secret = credentials.generate()
    stored = credentials.hash_password(secret)
    assert stored.startswith("blake2b$")
    assert not credentials.is_slow(stored)
    assert credentials.verify(stored, secret.encode())
    assert not credentials.verify(stored, credentials.generate().encode())


def test_a_typed_password_costs_scrypt():
    stored = credentials.hash_password("hunter2")
    assert stored.startswith("scrypt$4096$8$1$")
    assert credentials.is_slow(stored)
    assert credentials.verify(stored, b"hunter2")
    assert not credentials.verify(stored, b"Hunter2")


def test_equal_passwords_have_different_hashes():
    for password in ("hunter2", KEY):
        assert credentials.hash_password(password) != credentials.hash_password(password)


def test_the_password_itself_is_not_stored():
    for password in ("hunter2", KEY):
        assert password.lower() not in credentials.hash_password(password).lower()


@pytest.mark.parametrize("configured", [KEY, KEY.lower(), KEY.upper()])
@pytest.mark.parametrize(
    "presented",
    [KEY.encode(), KEY.lower().encode(), KEY.upper().encode(), bytes.fromhex(KEY)],
)
def test_a_hex_key_matches_as_text_of_any_case_and_as_its_bytes(configured, presented):
    assert credentials.verify(credentials.hash_password(configured), presented)


def test_a_hex_key_that_anyone_could_guess_costs_scrypt_and_matches_as_well():
    stored = credentials.hash_password("ab" * 16)
    assert credentials.is_slow(stored)
    assert credentials.verify(stored, b"AB" * 16)
    assert credentials.verify(stored, b"\xab" * 16)


def test_a_short_hex_text_is_an_ordinary_password():
    stored = credentials.hash_password("deadbeef")
    assert credentials.verify(stored, b"deadbeef")
    assert not credentials.verify(stored, b"DEADBEEF")
    assert not credentials.verify(stored, bytes.fromhex("deadbeef"))


def test_a_password_may_be_any_text():
    for password in ("ü:€ \x00\n", "\ud800", "x" * 5000):
        presented = password.encode("utf-8", "surrogatepass")
        assert credentials.verify(credentials.hash_password(password), presented)


def test_an_empty_password_is_refused():
    with pytest.raises(InvalidInput):
        credentials.hash_password("")


@pytest.mark.parametrize(
    "stored",
    ["", "plain", "blake2b", "blake2b$zz$00", "blake2b$00", "blake2b$" + "00" * 17 + "$00",
     "scrypt$1", "scrypt$3$8$1$00$00", "scrypt$x$8$1$00$00", "md5$00$00"],
)  # fmt: skip
def test_a_stored_text_that_is_no_hash_matches_nothing(stored):
    for presented in (b"", b"plain", b"\xff", b"00" * 16):
        assert credentials.verify(stored, presented) is False


@pytest.mark.parametrize(
    ("header", "password"),
    [
        (basic(b"box7:secret"), b"secret"),
        (basic(b"box7:a:b:c"), b"a:b:c"),
        (basic(b"box7:"), b""),
        (basic(b"box7:\xff\x00\xfe"), b"\xff\x00\xfe"),
        (basic(b"box7:p").replace("Basic", "bASIC"), b"p"),
        (basic(b"box7:p").replace(" ", "   ") + "  ", b"p"),
        (basic(b"box7:pw").rstrip("="), b"pw"),
        ("Basic Ym94 Nzpw dw==", b"pw"),
    ],
)
def test_the_password_is_read_from_the_raw_header(header, password):
    assert credentials.parse_basic(header, "box7") == password


def test_the_user_name_may_hold_colons_and_any_unicode_form():
    assert credentials.parse_basic(basic(b"a:b:pw"), "a:b") == b"pw"
    assert credentials.parse_basic(basic("Säule:pw".encode()), "Säule") == b"pw"
    assert credentials.parse_basic(basic("Sa\u0308ule:pw".encode()), "Säule") == b"pw"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic Ym94N",  # no whole number of bytes
        "Basic \xff\xfe",
        "Bearer Ym94NzpzZWNyZXQ=",
        "box7:secret",
        basic(b"box7"),
        basic(b"box77:secret"),
        basic(b"Box7:secret"),
        basic(b":secret"),
        basic(b"box7:secret") + "," + basic(b"box7:secret"),
    ],
)
def test_a_header_that_is_not_the_stations_gives_no_password(header):
    assert credentials.parse_basic(header, "box7") is None


def test_a_user_name_no_header_can_carry_gives_no_password():
    assert credentials.parse_basic(basic(b"x:y"), "\ud800") is None
