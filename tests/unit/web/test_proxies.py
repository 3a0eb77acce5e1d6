"""Whose address counts when a proxy hands a request on."""

from __future__ import annotations

import pytest

from ocpp_core.web.proxies import Proxies

LOCAL = ("127.0.0.1", "::1")


def seen(peer, told=None, trusted=LOCAL):
    """Return the address that the application sees."""
    addresses = []

    def application(environ, _start_response):
        addresses.append(environ["REMOTE_ADDR"])
        return [b""]

    environ = {"REMOTE_ADDR": peer} | ({"HTTP_X_FORWARDED_FOR": told} if told else {})
    Proxies(application, lambda: trusted)(environ, None)
    return addresses[0]


@pytest.mark.parametrize(
    ("told", "address"),
    [
        (None, "127.0.0.1"),
        ("192.0.2.7", "192.0.2.7"),
        ("203.0.113.9, 192.0.2.7", "192.0.2.7"),  # what comes before, the visitor wrote
        ("192.0.2.7:4711", "192.0.2.7"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("192.0.2.7, 127.0.0.1", "192.0.2.7"),  # two proxies of ours
        ("unknown", "127.0.0.1"),
        ("192.0.2.7, nonsense", "127.0.0.1"),
        (",,,", "127.0.0.1"),
    ],
)
def test_a_trusted_proxy_tells_the_address(told, address):
    assert seen("127.0.0.1", told) == address


def test_nobody_else_is_believed():
    assert seen("198.51.100.1", "192.0.2.7") == "198.51.100.1"


def test_networks_and_all_can_be_trusted():
    assert seen("10.1.2.3", "192.0.2.7", ("10.0.0.0/8",)) == "192.0.2.7"
    assert seen("10.1.2.3", "192.0.2.7, 10.9.9.9", ("10.0.0.0/8",)) == "192.0.2.7"
    assert seen("198.51.100.1", "192.0.2.7", ("*",)) == "192.0.2.7"


def test_where_all_are_trusted_a_visitor_still_cannot_choose_his_address():
    assert seen("10.1.2.3", "203.0.113.9, 192.0.2.7", ("*",)) == "192.0.2.7"


def test_a_peer_without_an_address_is_not_believed():
    assert seen("", "192.0.2.7") == ""


def test_a_chain_without_end_costs_little():
    assert seen("127.0.0.1", "127.0.0.1," * 100_000 + "192.0.2.7") == "192.0.2.7"
