"""SQLite files as OCPP.Core leaves them, for tests of the import.

Two schemas are found in the field: the one of its migrations, and the laxer one of its script,
in which nearly everything may be null and meters are text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

STRICT = """
CREATE TABLE ChargePoint (
  ChargePointId TEXT NOT NULL CONSTRAINT PK_ChargePoint PRIMARY KEY,
  Name TEXT NULL, Comment TEXT NULL, Username TEXT NULL, Password TEXT NULL,
  ClientCertThumb TEXT NULL);
CREATE UNIQUE INDEX ChargePoint_Identifier ON ChargePoint (ChargePointId);
CREATE TABLE ChargeTags (
  TagId TEXT NOT NULL CONSTRAINT PK_ChargeKeys PRIMARY KEY,
  TagName TEXT NULL, ParentTagId TEXT NULL, ExpiryDate TEXT NULL, Blocked INTEGER NULL);
CREATE TABLE ConnectorStatus (
  ChargePointId TEXT NOT NULL, ConnectorId INTEGER NOT NULL, ConnectorName TEXT NULL,
  LastStatus TEXT NULL, LastStatusTime TEXT NULL, LastMeter REAL NULL, LastMeterTime TEXT NULL,
  CONSTRAINT PK_ConnectorStatus PRIMARY KEY (ChargePointId, ConnectorId),
  FOREIGN KEY (ChargePointId) REFERENCES ChargePoint (ChargePointId) ON DELETE CASCADE);
CREATE TABLE MessageLog (
  LogId INTEGER NOT NULL CONSTRAINT PK_MessageLog PRIMARY KEY AUTOINCREMENT,
  LogTime TEXT NOT NULL, ChargePointId TEXT NOT NULL, ConnectorId INTEGER NULL,
  Message TEXT NOT NULL, Result TEXT NULL, ErrorCode TEXT NULL);
CREATE TABLE Transactions (
  TransactionId INTEGER NOT NULL CONSTRAINT PK_Transactions PRIMARY KEY AUTOINCREMENT,
  Uid TEXT NULL, ChargePointId TEXT NOT NULL, ConnectorId INTEGER NOT NULL,
  StartTagId TEXT NULL, StartTime TEXT NOT NULL, MeterStart REAL NOT NULL, StartResult TEXT NULL,
  StopTagId TEXT NULL, StopTime TEXT NULL, MeterStop REAL NULL, StopReason TEXT NULL);
CREATE INDEX IX_Transactions_ChargePointId_ConnectorId ON Transactions (ChargePointId, ConnectorId);
CREATE TABLE __EFMigrationsHistory (MigrationId TEXT NOT NULL PRIMARY KEY, ProductVersion TEXT);
"""
LAX = """
CREATE TABLE ChargePoint (
  ChargePointId TEXT, Name TEXT, Comment TEXT, Username TEXT, Password TEXT, ClientCertThumb TEXT,
  PRIMARY KEY (ChargePointId));
CREATE TABLE ChargeTags (
  TagId TEXT, TagName TEXT, ParentTagId TEXT, ExpiryDate TEXT, Blocked INTEGER,
  PRIMARY KEY (TagId));
CREATE TABLE ConnectorStatus (
  ChargePointId TEXT, ConnectorId INTEGER, ConnectorName TEXT, LastStatus TEXT,
  LastStatusTime TEXT, LastMeter TEXT, LastMeterTime TEXT,
  PRIMARY KEY (ChargePointId, ConnectorId));
CREATE TABLE MessageLog (
  LogId INTEGER PRIMARY KEY, LogTime TEXT, ChargePointId TEXT, ConnectorId INTEGER, Message TEXT,
  Result TEXT, ErrorCode TEXT);
CREATE TABLE Transactions (
  TransactionId INTEGER, Uid TEXT, ChargePointId TEXT, ConnectorId INTEGER, StartTagId TEXT,
  StartTime TEXT, MeterStart TEXT, StartResult TEXT, StopTagId TEXT, StopTime TEXT,
  MeterStop TEXT, StopReason TEXT, PRIMARY KEY (TransactionId));
"""
SCHEMAS = {"strict": STRICT, "lax": LAX}

Rows = Iterable[Mapping[str, Any]]


def create(file: Path, schema: str = "strict", *, wal: bool = False, **tables: Rows) -> Path:
    """Make a database file with rows, each table's given by its name."""
    with closing(sqlite3.connect(file)) as connection:
        if wal:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(SCHEMAS[schema])
        for table, rows in tables.items():
            for row in rows:
                insert(connection, table, row)
        connection.commit()
    return file


def insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> None:
    """Insert a row whose columns are given by name."""
    marks = ", ".join("?" * len(row))
    statement = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"  # noqa: S608
    connection.execute(statement, tuple(row.values()))


def station(station_id: Any = "CP1", **values: Any) -> dict[str, Any]:
    """Return a row of ChargePoint."""
    return {"ChargePointId": station_id, **values}


def tag(tag_id: Any = "Tag1", **values: Any) -> dict[str, Any]:
    """Return a row of ChargeTags."""
    return {"TagId": tag_id, **values}


def connector(number: Any = 1, station_id: Any = "CP1", **values: Any) -> dict[str, Any]:
    """Return a row of ConnectorStatus."""
    return {"ChargePointId": station_id, "ConnectorId": number, **values}


def transaction(number: Any, **values: Any) -> dict[str, Any]:
    """Return a row of Transactions: five kWh in half an hour."""
    row = {
        "TransactionId": number,
        "ChargePointId": "CP1",
        "ConnectorId": 1,
        "StartTagId": "Tag1",
        "StartTime": "2025-03-01 10:00:00.1234567",
        "MeterStart": 100.5,
        "StartResult": "Accepted",
        "StopTagId": "Tag1",
        "StopTime": "2025-03-01 10:30:00",
        "MeterStop": 105.5,
        "StopReason": "Local",
    }
    return row | values


def open_transaction(number: Any, **values: Any) -> dict[str, Any]:
    """Return a row of Transactions without an end."""
    nothing = {"StopTagId": None, "StopTime": None, "MeterStop": None, "StopReason": None}
    return transaction(number, **(nothing | values))


EVERYTHING: dict[str, list[dict[str, Any]]] = {
    "ChargePoint": [station(Name="Hall", Username="cp", Password="geheim"), station("CP2")],
    "ConnectorStatus": [connector(1, ConnectorName="left"), connector(2)],
    "ChargeTags": [tag(TagName="Ann"), tag("Tag2")],
    "Transactions": [transaction(1), open_transaction(2), open_transaction(3, ConnectorId=2)],
}
