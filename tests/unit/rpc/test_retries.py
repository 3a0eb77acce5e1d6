"""A CALL that is sent again gets the answer it had; a new one with an old id does not."""

import pytest

from ocpp_core.rpc.exchange import Retries, digest

START = digest({"idTag": "A"})


@pytest.fixture
def retries():
    retries = Retries()
    retries.remember("1", "StartTransaction", START, "reply", now=100.0)
    return retries


def test_the_same_call_gets_the_same_answer(retries):
    assert "1" in retries
    assert retries.recall("1", "StartTransaction", START, now=101.0) == "reply"
    assert retries.recall("1", "StartTransaction", START, now=400.0) == "reply"


def test_after_five_minutes_it_is_a_new_call(retries):
    assert retries.recall("1", "StartTransaction", START, now=400.1) is None
    assert "1" not in retries


@pytest.mark.parametrize(
    ("action", "payload"), [("StartTransaction", {"idTag": "B"}), ("Authorize", {"idTag": "A"})]
)
def test_another_call_with_the_id_is_new_and_replaces_the_older_one(retries, action, payload):
    assert retries.recall("1", action, digest(payload), now=101.0) is None
    assert retries.recall("1", "StartTransaction", START, now=101.0) is None


def test_only_the_latest_answer_to_an_id_is_kept(retries):
    later = digest({"idTag": "B"})
    retries.remember("1", "StartTransaction", later, "later", now=102.0)
    assert retries.recall("1", "StartTransaction", later, now=103.0) == "later"
    assert Retries().recall("1", "StartTransaction", START, now=103.0) is None


def test_sixteen_answers_are_kept_the_oldest_goes_first(retries):
    for number in range(2, 17):
        retries.remember(str(number), "Heartbeat", START, "reply", now=101.0)
    assert "1" in retries
    retries.remember("1", "StartTransaction", START, "reply", now=102.0)
    retries.remember("17", "Heartbeat", START, "reply", now=103.0)
    assert "1" in retries
    assert "2" not in retries
    assert "3" in retries


def test_a_restart_makes_every_call_new(retries):
    retries.forget()
    assert "1" not in retries
    assert retries.recall("1", "StartTransaction", START, now=101.0) is None
