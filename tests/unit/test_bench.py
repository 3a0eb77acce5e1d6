"""The benchmark computes its figures rightly, and its reference does the same work."""

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest

from bench import layer, messages, report, wire
from bench.figures import FIGURES, Spread, percentile, ratios, spread
from bench.reference import CentralSystem
from bench.reference_store import Store
from ocpp_core import clock
from ocpp_core.protocol.base import Settings
from ocpp_core.protocol.v16 import Handlers16
from ocpp_core.services import station_records, stations, tags
from ocpp_core.services.station_records import StationChanges
from ocpp_core.services.tags import TagChanges

STATION = "BENCH00000"
VOLATILE = {"currentTime", "transactionId"}  # of answers: the moment, a number of the server's own

ROWS = {
    "boots": "SELECT vendor, model, serial_number, firmware_version FROM stations",
    "connectors": "SELECT {status}, error_code, meter_wh, power_w, soc_percent FROM connectors",
    "samples": "SELECT at > 0, value, transaction_id IS NULL FROM meter_samples ORDER BY value",
    "transactions": "SELECT active, start_tag, meter_start_wh, meter_last_wh, stop_tag,"
    " stop_reason FROM transactions",
}


class Connection:
    """What a station hears of the reference."""

    def __init__(self):
        self.heard = []

    async def send(self, text):
        self.heard.append(text)


def story(transaction):
    """Yield what measured stations say; `transaction` returns the number that was given."""
    yield "BootNotification", messages.boot(STATION)
    yield "StatusNotification", messages.status(0)
    yield "StartTransaction", messages.start()
    yield "Heartbeat", "{}"
    yield "MeterValues", messages.meter_values(transaction(), 12)
    yield "StatusNotification", messages.status(1)
    yield "StopTransaction", messages.stop(transaction(), 12)


def transaction_of(answers):
    return next(each["transactionId"] for each in answers if "transactionId" in each)


async def answers_of_reference(file):
    store, connection = await Store.open(file), Connection()
    system = CentralSystem(STATION, connection, store)
    try:
        answers = []
        for action, payload in story(lambda: transaction_of(answers)):
            await system.route_message(f'[2,"1","{action}",{payload}]')
            kind, _, answer = json.loads(connection.heard[-1])
            assert kind == 3
            answers.append(answer)
        return answers
    finally:
        await store.close()


def answers_of_ours():
    now = clock.utcnow()
    tags.add(messages.TAG, TagChanges(), now)
    station_records.add(STATION, StationChanges(), now)
    handlers = Handlers16(stations.profile(STATION), Settings())
    answers = []
    for action, payload in story(lambda: transaction_of(answers)):
        answers.append(handlers.answer(action, json.loads(payload)))
    return answers


@pytest.fixture
def reference_file(tmp_path):
    return str(tmp_path / "reference.db")


def rows(file, status):
    with closing(sqlite3.connect(file)) as database:
        queries = {name: query.format(status=status) for name, query in ROWS.items()}
        return {name: database.execute(query).fetchall() for name, query in queries.items()}


def test_the_reference_answers_and_stores_what_we_do(sqlite_store, reference_file):
    theirs, own = asyncio.run(answers_of_reference(reference_file)), answers_of_ours()
    assert [each.keys() for each in theirs] == [each.keys() for each in own]
    for their, our in zip(theirs, own, strict=True):
        assert {k: v for k, v in their.items() if k not in VOLATILE} == {
            k: v for k, v in our.items() if k not in VOLATILE
        }
    kept = rows(reference_file, "status")
    assert len(kept["samples"]) == 4
    assert kept == rows(sqlite_store.database, "ocpp_status")


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_both_ways_of_the_layer_lead_to_the_same(version):
    mix = {"1.6": messages.mix_of_v16, "2.0.1": messages.mix_of_v201}[version]()
    for text in mix:
        heard = []

        def handle(action, values, heard=heard):
            heard.append(values)
            return layer.handler(version)(action, values)

        own, theirs = (way(version)(text, handle) for way in (layer.ours, layer.library))
        assert json.loads(own) == json.loads(theirs)
        assert heard[0] == heard[1]


def test_a_percentile_is_a_value_that_was_measured():
    values = [float(number) for number in range(1, 101)]
    assert [percentile(values, share) for share in (0.0, 0.5, 0.95, 0.99, 1.0)] == [
        *(1.0, 50.0, 95.0, 99.0, 100.0)
    ]
    assert percentile([7.0], 0.99) == 7.0


def test_ratios_pair_the_sides_of_a_round():
    assert ratios([1.0, 3.0, 10.0], [2.0, 2.0, 10.0]) == [0.5, 1.5, 1.0]
    assert spread([0.5, 1.5, 1.0]) == Spread(0.5, 1.0, 1.5)


def test_the_table_shows_what_was_measured_and_nothing_else():
    rounds = {
        "ours": {"memory.kib": [30.0, 33.0], "steady.p99_ms": [1.0, 1.5]},
        "reference": {"memory.kib": [20.0, 20.0], "steady.p99_ms": [4.0, 5.0]},
    }
    head, _, *lines, _ = report.table(rounds).splitlines()
    assert head.split()[:2] == ["ours", "reference"]
    assert [line.partition(" [")[0] for line in lines] == [
        FIGURES[key].title for key in ("steady.p99_ms", "memory.kib")
    ]
    assert lines[0].endswith(" 0.275   0.250 - 0.300")
    assert report.figures(rounds)["memory.kib"]["ratio"] == {
        "least": 1.5,
        "median": 1.575,
        "most": 1.65,
    }


def test_a_second_result_of_a_day_is_a_file_of_its_own(tmp_path):
    began = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    names = [report.save({"round": number}, tmp_path, began).name for number in range(3)]
    assert names == ["2026-01-02.json", "2026-01-02-0304.json", "2026-01-02-030405.json"]
    assert {file.name for file in tmp_path.iterdir()} == set(names)


@pytest.mark.parametrize("size", [0, 125, 126, 65535])
def test_frames_are_whole_and_masked_with_nothing(size):
    payload = b"x" * size
    frame = wire.frame(payload)
    assert frame[1] & 0x80
    assert frame.endswith(bytes(4) + payload)


def test_what_a_server_sends_is_cut_wherever_it_was_torn():
    long = b"y" * 300
    sent = b"\x81\x02[]" + b"\x81\x7e" + len(long).to_bytes(2, "big") + long + b"\x89\x00"
    for at in range(len(sent) + 1):
        first, rest = wire.split(sent[:at])
        second, rest = wire.split(rest + sent[at:])
        assert first + second == [(wire.TEXT, b"[]"), (wire.TEXT, long), (wire.PING, b"")]
        assert rest == b""
