"""The address of who asks, where a proxy stands between.

gunicorn believes its `forwarded_allow_ips` (by default this machine) about https; they are believed
here about addresses too: of `X-Forwarded-For` the last one that is no such proxy. What anybody
else claims is not looked at. Where all are trusted, nobody is known to be a proxy but who asks:
then it is the last one alone.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ALL = "*"
LONGEST_CHAIN = 2000  # characters of the header that are read


class Proxies:
    """WSGI: puts the address that trusted proxies tell in the place of theirs."""

    def __init__(self, application: Application, trusted: Callable[[], Sequence[str]]) -> None:
        self._application = application
        self._trusted = trusted
        self._networks: tuple[Network, ...] | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Hand a request on."""
        told = environ.get("HTTP_X_FORWARDED_FOR")
        if told:
            found = self._visitor(environ.get("REMOTE_ADDR", ""), told[-LONGEST_CHAIN:])
            environ["REMOTE_ADDR"] = found
        return self._application(environ, start_response)

    def _visitor(self, peer: str, told: str) -> str:
        """Return the first address, from our side, that is no proxy of ours."""
        address = peer
        for each in reversed(told.split(",")):
            if not self._is_trusted(address):
                break
            named = _plain(each)
            if named is None:
                break  # no address: whoever wrote it is the last that is known
            address = named
            if ALL in self._trusted():
                break  # what comes before, the visitor may have written
        return address

    def _is_trusted(self, text: str) -> bool:
        if self._networks is None:  # known once gunicorn has started its worker
            everything = ("0.0.0.0/0", "::/0")
            named = self._trusted()
            self._networks = tuple(
                ipaddress.ip_network(each, strict=False)
                for each in (everything if ALL in named else named)
            )
        address = _address(text)
        return address is not None and any(address in network for network in self._networks)


def _plain(text: str) -> str | None:
    """Return an address without its port and brackets, None for anything else."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return text if _address(text) is not None else None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
