"""The message log gives up what is old, a little at a time."""

from datetime import UTC, datetime, timedelta

import pytest

from ocpp_core.models.records import Message
from ocpp_core.services import message_log
from ocpp_core.services.message_log import ALL, Entry, MessageLog
from ocpp_core.storage.writer import reading

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("store")


def entry(number, *, days):
    at = NOW - timedelta(days)
    return Entry("CP1", True, f"{days}-{number}", "Heartbeat", "{}", "{}", None, at, 1.0)


@reading
def kept():
    return sorted(row.message_id for row in Message.select())


def test_the_old_is_deleted_in_bites_until_nothing_is_left(monkeypatch):
    monkeypatch.setattr(message_log, "PRUNE_ROWS", 3)
    monkeypatch.setattr(message_log, "PRUNE_BITES", 2)
    log = MessageLog(ALL, 30)
    for number in range(13):
        log.add(entry(number, days=31))
    log.add(entry(0, days=29))
    log.flush()
    assert (log.prune(NOW), len(kept())) == (True, 8)
    assert (log.prune(NOW), len(kept())) == (True, 2)
    assert log.prune(NOW) is False
    assert kept() == ["29-0"]
    assert log.prune(NOW) is False
