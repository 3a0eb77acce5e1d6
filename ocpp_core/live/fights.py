"""Two sockets that fight for one id: each takeover is answered by another one, for ever.

They are damped by delaying who comes next, more each time, and an administrator is told once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from .. import clock, events
from ..domain.admission import Visit
from ..errors import Busy

log = logging.getLogger("ocpp_core.security")

WINDOW_S = 30.0
PEACEFUL = 3  # a station with a bad line takes over from itself now and then
FIRST_DELAY_S, LONGEST_DELAY_S = 0.5, 5.0
MOST_REMEMBERED = 100_000  # stations


@dataclass(slots=True)
class _Fight:
    """The takeovers of one station in the window, and who waits to be the next."""

    takeovers: deque[float] = field(default_factory=deque)
    told: bool = False
    latest: int = 0  # the arrival of whoever may go on


class Fights:
    """The takeovers of all stations of this process."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._lock = threading.Lock()
        self._fights: OrderedDict[str, _Fight] = OrderedDict()

    def note_takeover(self, station_id: str) -> None:
        """Count that a connection took the place of an open one."""
        with self._lock:
            fight = self._fights.setdefault(station_id, _Fight())
            self._fights.move_to_end(station_id)
            fight.takeovers.append(time.monotonic())
            while len(self._fights) > MOST_REMEMBERED:
                self._fights.popitem(last=False)

    def calm(self, visit: Visit) -> None:
        """Delay a newcomer whose station keeps taking over from itself.

        Raises Busy when a newer one came meanwhile: of those who wait only the newest may go on.
        """
        with self._lock:
            fight = self._fights.get(visit.station_id)
            if fight is None:
                return
            fight.latest = max(fight.latest, visit.arrival)
            recent, is_news = _judge(fight)
        if is_news:
            _tell(visit.station_id, recent)
        if recent > PEACEFUL:
            self._sleep(min(FIRST_DELAY_S * 2 ** (recent - PEACEFUL - 1), LONGEST_DELAY_S))
        if fight.latest > visit.arrival:
            raise Busy("a newer connection of the station came", FIRST_DELAY_S)


def _judge(fight: _Fight) -> tuple[int, bool]:
    """Return how many takeovers there were lately, and whether a fight began with them."""
    while fight.takeovers and time.monotonic() - fight.takeovers[0] > WINDOW_S:
        fight.takeovers.popleft()
    recent = len(fight.takeovers)
    was_told, fight.told = fight.told, recent > PEACEFUL
    return recent, fight.told and not was_told


def _tell(station_id: str, recent: int) -> None:
    log.warning("two connections fight for one id", extra={"station": station_id})
    detail = f"{recent} takeovers in {WINDOW_S:.0f} s"
    events.publish(events.SecurityEvent(station_id, clock.utcnow(), "ConnectionFight", detail))
