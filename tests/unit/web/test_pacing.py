"""While a long list is rendered others get their turn."""

import time

from ocpp_core import green
from ocpp_core.web import pacing


def test_a_long_list_is_rendered_in_stretches(monkeypatch):
    pauses = []
    monkeypatch.setattr(green, "breathe", lambda: pauses.append(1))
    monkeypatch.setattr(pacing, "LONGEST_S", 0.002)
    shown = []
    for item in pacing.paced(range(4)):
        shown.append(item)
        time.sleep(0.003)
    assert shown == [0, 1, 2, 3]
    assert len(pauses) == 3


def test_a_short_list_is_rendered_at_once(monkeypatch):
    monkeypatch.setattr(green, "breathe", lambda: 1 / 0)
    assert list(pacing.paced(range(3))) == [0, 1, 2]
