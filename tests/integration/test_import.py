"""Taking over an OCPP.Core database."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ocpp_core.domain import credentials
from ocpp_core.domain.connectors import ConnectorRef, StatusReport
from ocpp_core.domain.moments import Reported
from ocpp_core.domain.transactions import TransactionStop
from ocpp_core.errors import InvalidInput
from ocpp_core.importing import take_over
from ocpp_core.models.stations import Connector
from ocpp_core.models.transactions import Transaction
from ocpp_core.services import (
    station_records,
    stations,
    tags,
    transaction_records,
    transactions,
)
from ocpp_core.services.entitlement import Terms
from ocpp_core.services.station_records import StationChanges
from ocpp_core.services.tags import TagChanges
from ocpp_core.storage import writer
from ocpp_core.storage.writer import reading, unit_of_work
from tests.support.ocpp_core_database import (
    EVERYTHING,
    connector,
    create,
    open_transaction,
    station,
    tag,
    transaction,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture(params=["strict", "lax"])
def source(request, tmp_path):
    """Make a source of either schema with the rows given, and take it over."""

    def take(**tables):
        file = tmp_path / "OCPP.Core.sqlite"
        file.unlink(missing_ok=True)
        return take_over(create(file, request.param, **tables), NOW)

    return take


@pytest.fixture
def lax(tmp_path):
    """Take over rows that only the lax schema allows."""

    def take(**tables):
        return take_over(create(tmp_path / "lax.sqlite", "lax", **tables), NOW)

    return take


def counts(summary):
    return {t.kind: (t.taken, t.present, len(t.left)) for t in summary.tallies}


def reasons(summary, kind):
    return dict(next(tally for tally in summary.tallies if tally.kind == kind).left)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- stations and connectors --------------------------------------------------------------------


def test_stations_come_with_hashed_passwords(source):
    summary = source(
        ChargePoint=[
            station(Name="Hall\t1", Comment="a\nb", Username="cp", Password="geheim"),
            station("CP2", Name=None, Username="", Password="unused"),
        ]
    )
    assert counts(summary)["stations"] == (2, 0, 0)
    view = station_records.find("CP1")
    assert (view.name, view.comment, view.username) == ("Hall 1", "a\nb", "cp")
    assert (view.boot_status, view.cleans_tags, view.in_quarantine) == ("Accepted", True, False)
    stored = stations.find_admission("CP1").password_hash
    assert credentials.verify(stored, b"geheim")
    assert "geheim" not in stored
    assert not station_records.find("CP2").has_password


def test_ids_that_no_station_can_have_are_left_and_named(source):
    summary = source(
        ChargePoint=[station("a/b"), station("a\nb"), station("x" * 256), station("CP1")]
    )
    assert counts(summary)["stations"] == (1, 0, 3)
    left = reasons(summary, "stations")
    assert "slash" in left["a/b"]
    assert "control" in left["'a\\nb'"]
    assert "255" in left["x" * 256]
    assert all(line.isprintable() for line in str(summary).splitlines())


def test_what_protected_a_station_and_is_lost_is_told(source):
    summary = source(
        ChargePoint=[station("CP1", ClientCertThumb="AB" * 20), station("CP2", Username="cp")]
    )
    text = str(summary)
    assert "note: CP1 was known by its certificate: set a password" in text
    assert "note: CP2 has a user name but no password: set one" in text


def test_connectors_come_with_name_status_and_meter(source):
    source(
        ChargePoint=[station()],
        ConnectorStatus=[
            connector(
                2,
                ConnectorName="left",
                LastStatus="Occupied",
                LastStatusTime="2025-03-01 10:00:00.1234567",
                LastMeter=12.345,
                LastMeterTime="2025-03-01 10:00:01",
            ),
            connector(0, LastStatus="Undefined", LastMeter=-1, LastMeterTime="x"),
        ],
    )
    whole, second = station_records.connectors("CP1")
    assert (whole.evse_id, whole.connector_id, whole.status, whole.meter_wh) == (0, 0, None, None)
    assert (second.evse_id, second.connector_id, second.name) == (2, 1, "left")
    assert (second.status, second.status_at) == ("Occupied", at("2025-03-01 10:00:00.123"))
    assert (second.meter_wh, second.meter_at) == (12345.0, at("2025-03-01 10:00:01"))


def test_connectors_of_nobody_are_left(lax):
    summary = lax(
        ChargePoint=[station("CP1"), station("a/b")],
        ConnectorStatus=[
            connector(1, "CP9"),
            connector(1, "a/b"),
            connector(-1),
            connector(2**31),
            connector("x"),
        ],
    )
    assert counts(summary)["connectors"] == (0, 0, 5)
    left = reasons(summary, "connectors")
    assert left["CP9/1"] == "its station is not here"
    assert "slash" in left["a/b/1"]
    assert "range" in left["CP1/-1"]
    assert "range" in left[f"CP1/{2**31}"]
    assert "number" in left["CP1/x"]


# --- tags ---------------------------------------------------------------------------------------


def test_tags_are_valid_through_their_last_day(source):
    source(
        ChargeTags=[
            tag("T1", TagName="Ann", ParentTagId="G", ExpiryDate="2026-12-31 00:00:00", Blocked=1),
            tag("T2", ExpiryDate="9999-12-31 00:00:00", Blocked=0),
            tag("T3", ParentTagId="", Blocked=None),
        ]
    )
    view = tags.find("T1")
    assert (view.name, view.group, view.blocked) == ("Ann", "G", True)
    assert view.expires_at == at("2027-01-01")
    assert tags.find("T2").expires_at == tags.LATEST
    third = tags.find("T3")
    assert (third.name, third.group, third.expires_at, third.blocked) == ("", None, None, False)


def test_tags_that_cannot_be_taken_are_left_and_named(lax):
    summary = lax(
        ChargeTags=[
            tag("ABC"),
            tag("abc"),
            tag("T1", ExpiryDate="soon"),
            tag("T2", ExpiryDate="2026-02-30 00:00:00"),
            tag("a\0b"),
            tag(None),
            tag("T3", ParentTagId="\x07"),
        ]
    )
    assert counts(summary)["tags"] == (1, 0, 6)
    left = reasons(summary, "tags")
    assert "ABC" in left["abc"]
    assert "ExpiryDate" in left["T1"]
    assert "ExpiryDate" in left["T2"]
    assert "ParentTagId" in left["T3"]
    with pytest.raises(InvalidInput):
        tags.check_id("a\0b")


# --- transactions -------------------------------------------------------------------------------


def test_transactions_keep_their_numbers(source):
    summary = source(
        ChargePoint=[station()],
        Transactions=[
            transaction(17),
            transaction(18, Uid="a-b-c", ConnectorId=0, StopTagId=None, StopReason="EVDeparted"),
        ],
    )
    assert counts(summary)["transactions"] == (2, 0, 0)
    view = transaction_records.find(17)
    assert (view.uid, view.station_id, view.evse_id, view.connector_id) == ("17", "CP1", 1, 1)
    assert (view.start_tag, view.stop_tag, view.stop_reason) == ("Tag1", "Tag1", "Local")
    assert view.started_at == at("2025-03-01 10:00:00.123")
    assert view.stopped_at == at("2025-03-01 10:30:00")
    assert (view.meter_start_wh, view.meter_stop_wh, view.energy_wh) == (100500, 105500, 5000)
    assert (view.state, view.flags) == ("ended", ())
    second = transaction_records.find(18)
    assert (second.uid, second.evse_id, second.stop_reason) == ("a-b-c", None, "EVDeparted")
    assert [v.id for v in transaction_records.page(tag="TAG1").items] == [18, 17]


def test_what_a_meter_did_not_tell_is_unknown(source):
    source(
        Transactions=[
            transaction(1, MeterStop=-1),
            transaction(2, MeterStart=-1),
            transaction(3, MeterStop=90),
        ]
    )
    first, second, third = (transaction_records.find(number) for number in (1, 2, 3))
    assert (first.meter_stop_wh, first.energy_wh) == (None, None)
    assert (second.meter_start_wh, second.energy_wh) == (None, None)
    assert (third.energy_wh, third.flags) == (0, ("meter-decreased",))


def test_an_open_transaction_is_stopped_by_its_number(source):
    source(ChargePoint=[station()], ChargeTags=[tag()], Transactions=[open_transaction(17)])
    assert transaction_records.find(17).state == "active"
    assert transaction_records.active_at("CP1", 1).id == 17
    report = TransactionStop(17, 101_500, Reported(NOW), "Tag1", "Remote")
    recorded = transactions.stop("CP1", report, Terms(NOW))
    assert recorded.transaction_id == 17
    assert recorded.authorization.accepted
    view = transaction_records.find(17)
    assert (view.state, view.energy_wh, view.stop_reason) == ("ended", 1000, "Remote")


def test_a_running_reading_of_an_open_transaction_is_kept(source):
    source(Transactions=[open_transaction(17, Uid="u", MeterStop=101.0)])
    view = transaction_records.find(17)
    assert (view.state, view.energy_wh, view.meter_stop_wh) == ("active", 500, None)


def test_of_open_transactions_on_a_connector_only_the_last_stays_open(source):
    summary = source(
        Transactions=[
            open_transaction(1, StartTime="2025-03-01 10:00:00", MeterStart=100),
            open_transaction(2, StartTime="2025-03-01 11:00:00", MeterStart=103),
            transaction(3, StartTime="2025-03-01 12:00:00", StopTime="2025-03-01 13:00:00"),
            open_transaction(4, StartTime="2025-03-01 14:00:00"),
            open_transaction(5, StartTime="2025-03-01 10:00:00", ConnectorId=2),
        ]
    )
    states = {v.id: (v.state, v.flags) for v in transaction_records.page().items}
    lost = ("ended", ("superseded",))
    kept = ("active", ())
    assert states == {1: lost, 2: lost, 3: ("ended", ()), 4: kept, 5: kept}
    first = transaction_records.find(1)
    assert (first.stopped_at, first.energy_wh) == (at("2025-03-01 11:00:00"), 3000)
    assert "note: 2 without an end" in str(summary)


def test_a_session_that_runs_here_already_ends_an_older_open_one(source):
    running(NOW)
    source(Transactions=[open_transaction(17)])
    view = transaction_records.find(17)
    assert (view.state, view.flags, view.stopped_at) == ("ended", ("superseded",), NOW)
    assert transaction_records.active_at("CP1", 1).id == 5000


@unit_of_work
def running(since, **values):
    defaults = {"id": 5000, "uid": "5000", "station_id": "CP1", "evse_id": 1, "connector_id": 1}
    Transaction.create(**(defaults | {"active": True, "started_at": since} | values))


def test_transactions_that_cannot_be_taken_are_left_and_named(lax):
    summary = lax(
        Transactions=[
            transaction(0),
            transaction(2**31),
            transaction(1, StartTime=None),
            transaction(2, StartTime="yesterday"),
            transaction(3, StopTime="2025-13-01 00:00:00"),
            transaction(4, MeterStart="much"),
            transaction(5, ChargePointId="a/b"),
            transaction(6, ChargePointId=None),
            transaction(7, ConnectorId=-1),
            transaction(8, StartTagId="a\0b"),
            transaction(9, Uid="x" * 256),
            transaction(10, StartTime="1970-01-01 00:00:00", StopTime=None),
            transaction(11),
        ]
    )
    assert counts(summary)["transactions"] == (1, 0, 12)
    left = reasons(summary, "transactions")
    for number, word in {
        "0": "range",
        str(2**31): "range",
        "1": "missing",
        "2": "StartTime",
        "3": "StopTime",
        "4": "MeterStart",
        "5": "slash",
        "6": "characters",
        "7": "range",
        "8": "StartTagId",
        "9": "Uid",
        "10": "absurd",
    }.items():
        assert word in left[number], left[number]


def test_an_absurd_moment_is_replaced_by_the_other_and_flagged(source):
    source(
        Transactions=[
            transaction(1, StartTime="1970-01-01 00:00:00"),
            transaction(2, StopTime="2099-01-01 00:00:00"),
        ]
    )
    first, second = transaction_records.find(1), transaction_records.find(2)
    assert first.started_at == first.stopped_at == at("2025-03-01 10:30:00")
    assert second.started_at == second.stopped_at == at("2025-03-01 10:00:00.123")
    assert first.flags == second.flags == ("clock",)
    assert first.energy_wh == 5000


def test_a_uid_used_twice_stays_with_the_first(source):
    summary = source(
        Transactions=[
            transaction(1, Uid="u"),
            transaction(2, Uid="u"),
            transaction(3, Uid="u", ChargePointId="CP2"),
            transaction(4, Uid="5"),
            transaction(5),
        ]
    )
    uids = {v.id: v.uid for v in transaction_records.page().items}
    assert uids == {1: "u", 2: "2", 3: "u", 4: "5", 5: None}
    assert "note: 2 with a Uid that another has" in str(summary)


def test_a_number_of_another_session_is_left(source):
    running(NOW, id=17, uid="17")
    summary = source(Transactions=[transaction(17)])
    assert reasons(summary, "transactions") == {"17": "another session has this number"}
    assert transaction_records.find(17).started_at == NOW


# --- again, and large ------------------------------------------------------------------------


@reading
def everything():
    views = {
        "stations": station_records.page().items,
        "connectors": station_records.connectors("CP1"),
        "tags": tags.page().items,
        "transactions": transaction_records.page().items,
        "rows": list(Transaction.select().order_by(Transaction.id).dicts()),
    }
    return views, stations.find_admission("CP1").password_hash


def test_a_second_run_changes_nothing(source):
    source(**EVERYTHING)
    before = everything()
    summary = source(**EVERYTHING)
    assert counts(summary) == {
        "stations": (0, 2, 0),
        "connectors": (0, 2, 0),
        "tags": (0, 2, 0),
        "transactions": (0, 3, 0),
    }
    assert everything() == before


def test_edits_made_since_stay(source):
    source(**EVERYTHING)
    changes = StationChanges(name="other", username=None, password="other")
    station_records.edit("CP1", changes, NOW)
    station_records.rename_connector("CP1", 1, 1, "right", NOW)
    tags.edit("tag1", TagChanges(name="Bob", blocked=True))
    transactions.close(3, "stuck", NOW)
    before = everything()
    source(**EVERYTHING)
    assert everything() == before


def test_what_is_missing_is_taken_later(source):
    source(ChargePoint=[station()], Transactions=[transaction(1)])
    stations.report_status("CP1", ConnectorRef(1), StatusReport("Available"), Reported(NOW), NOW)
    summary = source(**EVERYTHING)
    assert counts(summary) == {
        "stations": (1, 1, 0),
        "connectors": (2, 0, 0),  # one of them got its name
        "tags": (2, 0, 0),
        "transactions": (2, 1, 0),
    }
    first = next(c for c in station_records.connectors("CP1") if c.evse_id == 1)
    assert (first.name, first.status, first.status_at) == ("left", "Available", NOW)


def test_thousands_of_rows_go_in_small_units(tmp_path):
    start = at("2025-01-01")
    rows = [
        transaction(
            number,
            ChargePointId=f"CP{number % 7}",
            StartTime=f"{start + timedelta(hours=number):%Y-%m-%d %H:%M:%S}",
            StopTime=f"{start + timedelta(hours=number, minutes=30):%Y-%m-%d %H:%M:%S.%f}0",
        )
        for number in range(1, 2502)
    ]
    tag_rows = [tag(f"T{number}") for number in range(1001)]
    file = create(tmp_path / "big.sqlite", ChargeTags=tag_rows, Transactions=rows)
    units_before = writer.current().units
    summary = take_over(file, NOW)
    assert counts(summary)["transactions"] == (2501, 0, 0)
    assert counts(summary)["tags"] == (1001, 0, 0)
    assert writer.current().units - units_before == 3 + 2
    assert counts(take_over(file, NOW))["transactions"] == (0, 2501, 0)


# --- the file -----------------------------------------------------------------------------------


def fingerprint(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        each.name: (hashlib.sha256(each.read_bytes()).hexdigest(), each.stat().st_mtime_ns)
        for each in folder.iterdir()
    }


def taken(file):
    return counts(take_over(file, NOW))["transactions"]


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "with blank and %23#?"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("wal", [False, True])
def test_the_file_is_left_as_it_was(folder, wal):
    file = create(folder / "db.sqlite", wal=wal, **EVERYTHING)
    before = fingerprint(folder)
    assert taken(file) == (3, 0, 0)
    assert fingerprint(folder) == before


def test_a_file_in_use_is_read_with_its_latest_rows(folder):
    file = create(folder / "db.sqlite", wal=True)
    with closing(sqlite3.connect(file, isolation_level=None)) as user:
        user.execute("PRAGMA wal_autocheckpoint=0")
        user.execute(
            "INSERT INTO Transactions (TransactionId, ChargePointId, ConnectorId, StartTime,"
            " MeterStart) VALUES (1, 'CP1', 1, '2025-03-01 10:00:00', 1)"
        )
        before = file.read_bytes(), Path(f"{file}-wal").read_bytes()
        assert taken(file) == (1, 0, 0)
        assert (file.read_bytes(), Path(f"{file}-wal").read_bytes()) == before
        user.execute("UPDATE Transactions SET ConnectorId = 2")


def test_what_a_crash_left_in_the_wal_is_read_too(folder, tmp_path):
    file = create(tmp_path / "live.sqlite", wal=True)
    with closing(sqlite3.connect(file, isolation_level=None)) as user:
        user.execute(
            "INSERT INTO Transactions (TransactionId, ChargePointId, ConnectorId, StartTime,"
            " MeterStart) VALUES (1, 'CP1', 1, '2025-03-01 10:00:00', 1)"
        )
        for end in ("", "-wal"):
            (folder / f"db.sqlite{end}").write_bytes(Path(f"{file}{end}").read_bytes())
    before = fingerprint(folder)
    assert taken(folder / "db.sqlite") == (1, 0, 0)
    assert fingerprint(folder) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
@pytest.mark.parametrize("wal", [False, True])
def test_a_read_only_medium_will_do(folder, tmp_path, wal):
    create(folder / "db.sqlite", wal=wal, **EVERYTHING)
    medium = tmp_path / "medium"
    medium.mkdir()
    mounts = [["mount", "--bind", folder, medium], ["mount", "-o", "remount,ro,bind", medium]]
    for command in mounts:
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("no read-only medium can be made here")
    try:
        assert taken(medium / "db.sqlite") == (3, 0, 0)
    finally:
        subprocess.run(["umount", medium], check=True)


def other_database(file):
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE ChargePoint (ChargePointId TEXT)")
    return file


@pytest.mark.parametrize(
    "make",
    [
        lambda file: file,
        lambda file: file.mkdir() or file,
        lambda file: file.write_bytes(b"") or file,
        lambda file: file.write_text("no database" * 100) and file,
        lambda file: file.write_bytes(b"SQLite format 3\0" + b"\xff" * 4000) and file,
        other_database,
    ],
    ids=["missing", "folder", "empty", "text", "damaged", "other"],
)
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path, make):
    file = make(tmp_path / "f.sqlite")
    with pytest.raises(InvalidInput) as refusal:
        take_over(file, NOW)
    assert "f.sqlite" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_older_database_without_connectors_or_uids_will_do(tmp_path):
    file = create(tmp_path / "old.sqlite", "lax", Transactions=[transaction(1)])
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE ConnectorStatus")
        connection.execute("ALTER TABLE Transactions DROP COLUMN Uid")
        connection.commit()
    assert taken(file) == (1, 0, 0)
    assert connector_count() == 0


@reading
def connector_count():
    return Connector.select().count()
