"""Guessing passwords of stations is slow, and no station is locked out by who guesses.

Failures count per station and address together, per station over all addresses, and per
address. A credential that was right before in this process passes whatever the counts are. An
address over its limit still leaves each station behind it a few tries of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

from ..errors import Busy

WINDOW_S = 60.0
PER_STATION_AND_ADDRESS = 10
PER_STATION = 60
PER_ADDRESS = 30
OWN_TRIES = 3  # of each station, behind an address that is over its limit
REMEMBERED = 20_000

Clock = Callable[[], float]
Verify = Callable[[str, bytes], bool]  # a stored hash, and what is said to be its password


class Tally:
    """Counts per key in windows that start with the first count; forgets the oldest keys.

    Not guarded: its owner holds a lock.
    """

    def __init__(
        self, clock: Clock = time.monotonic, window_s: float = WINDOW_S, capacity: int = REMEMBERED
    ) -> None:
        self._clock = clock
        self._window_s = window_s
        self._capacity = capacity
        self._windows: OrderedDict[Hashable, tuple[float, int]] = OrderedDict()  # by their start

    def add(self, key: Hashable, number: int = 1) -> int:
        """Count, and return the count of the present window."""
        now = self._clock()
        started, count = self._window(key, now)
        count = max(0, count + number)
        if started == now or not count:
            self._windows.pop(key, None)  # a new window goes to the end
        if count:
            self._windows[key] = (started, count)
        while len(self._windows) > self._capacity:
            self._windows.popitem(last=False)
        return count

    def count(self, key: Hashable) -> int:
        """Return the count of the present window."""
        return self._window(key, self._clock())[1]

    def ends_in_s(self, key: Hashable) -> float:
        """Return the seconds until the count is zero again."""
        now = self._clock()
        return self._window(key, now)[0] + self._window_s - now

    def _window(self, key: Hashable, now: float) -> tuple[float, int]:
        started, count = self._windows.get(key, (now, 0))
        return (started, count) if now - started < self._window_s else (now, 0)


class Gatekeeper:
    """Has what stations present verified, and counts what is wrong."""

    def __init__(self, verify: Verify, clock: Clock = time.monotonic) -> None:
        self._verify = verify
        self._lock = threading.Lock()
        self._failures = {kind: Tally(clock) for kind in ("pair", "station", "address")}
        self._key = secrets.token_bytes(32)
        self._proofs: OrderedDict[str, bytes] = OrderedDict()

    def authenticate(
        self, station_id: str, address: str, stored_hash: str, presented: bytes
    ) -> bool:
        """Tell whether a station presented its password.

        Raises Busy when too much was wrong lately.
        """
        proof = self._proof(stored_hash, presented)
        if self._is_known(station_id, proof):
            return True
        keys = _keys(station_id, address)
        with self._lock:  # counted before it is known: many tries at once are no way around
            self._refuse_beyond_limits(keys)
            self._count(keys, 1)
        if not self._verify(stored_hash, presented):
            return False
        with self._lock:
            self._count(keys, -1)
            self._remember(station_id, proof)
        return True

    def _refuse_beyond_limits(self, keys: dict[str, Hashable]) -> None:
        address_is_over = self._failures["address"].count(keys["address"]) >= PER_ADDRESS
        limits = {
            "pair": OWN_TRIES if address_is_over else PER_STATION_AND_ADDRESS,
            "station": PER_STATION,
        }
        for kind, limit in limits.items():
            tally, key = self._failures[kind], keys[kind]
            if tally.count(key) >= limit:
                raise Busy("too many failed log-ins", retry_after_s=tally.ends_in_s(key))

    def _count(self, keys: dict[str, Hashable], number: int) -> None:
        for kind, key in keys.items():
            self._failures[kind].add(key, number)

    def _proof(self, stored_hash: str, presented: bytes) -> bytes:
        """Return what stands in memory for a right password; a new stored hash voids it."""
        text = stored_hash.encode() + b"\x00" + presented
        return hashlib.blake2b(text, key=self._key, digest_size=16).digest()

    def _is_known(self, station_id: str, proof: bytes) -> bool:
        with self._lock:
            return hmac.compare_digest(self._proofs.get(station_id, b""), proof)

    def _remember(self, station_id: str, proof: bytes) -> None:
        self._proofs[station_id] = proof
        self._proofs.move_to_end(station_id)
        while len(self._proofs) > REMEMBERED:
            self._proofs.popitem(last=False)


def _keys(station_id: str, address: str) -> dict[str, Hashable]:
    home = network(address)
    return {"pair": (station_id, home), "station": station_id, "address": home}


def network(address: str) -> str:
    """Return what one household holds: an IPv4 address, the first half of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))
