"""The first tables."""

from __future__ import annotations

from typing import Any

import peewee

from ocpp_core.models.base import MomentField

# Partial and expression indexes, which the models cannot say.
INDEXES = (
    (
        "CREATE INDEX transactions_active ON transactions (station_id, evse_id, started_at, id)"
        " WHERE active"
    ),
    (
        "CREATE INDEX transactions_active_station ON transactions (station_id, started_at, id)"
        " WHERE active"
    ),
    (
        "CREATE INDEX transactions_active_tag ON transactions (tag_folded, started_at, id)"
        " WHERE active"
    ),
    (
        "CREATE INDEX transactions_active_tag_station"
        " ON transactions (tag_folded, station_id, started_at, id) WHERE active"
    ),
    "CREATE INDEX transactions_active_start ON transactions (started_at, id) WHERE active",
    "CREATE INDEX stations_quarantine ON stations (id) WHERE in_quarantine",
    "CREATE INDEX stations_quarantine_online ON stations (online, id) WHERE in_quarantine",
    "CREATE INDEX tags_blocked ON tags (folded) WHERE blocked",
    "CREATE INDEX tags_blocked_group ON tags (group_id, folded) WHERE blocked",
    """CREATE INDEX meter_samples_transaction ON meter_samples (transaction_id, at)
       WHERE transaction_id IS NOT NULL""",
)


def up(migrator: Any, db: peewee.Database) -> None:
    """Create all tables with their indexes."""

    class Station(peewee.Model):
        id = peewee.CharField(primary_key=True, max_length=255)
        name = peewee.CharField(default="")
        comment = peewee.TextField(default="")
        created_at = MomentField()
        username = peewee.CharField(null=True)
        password_hash = peewee.TextField(null=True)
        default_version = peewee.CharField(null=True, max_length=8)
        cleans_tags = peewee.BooleanField(default=True)
        boot_status = peewee.CharField(default="Accepted", max_length=16)
        in_quarantine = peewee.BooleanField(default=False)
        online = peewee.BooleanField(default=False)
        online_changed_at = MomentField(null=True)
        last_seen_at = MomentField(null=True)
        ocpp_version = peewee.CharField(null=True, max_length=8)
        last_boot_at = MomentField(null=True)
        boot_reason = peewee.CharField(null=True)
        boot_answer = peewee.CharField(null=True, max_length=16)
        vendor = peewee.TextField(null=True)
        model = peewee.TextField(null=True)
        serial_number = peewee.TextField(null=True)
        box_serial_number = peewee.TextField(null=True)
        firmware_version = peewee.TextField(null=True)
        iccid = peewee.TextField(null=True)
        imsi = peewee.TextField(null=True)
        meter_type = peewee.TextField(null=True)
        meter_serial_number = peewee.TextField(null=True)
        firmware_status = peewee.TextField(null=True)
        firmware_status_at = MomentField(null=True)
        log_status = peewee.TextField(null=True)
        log_status_at = MomentField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "stations"
            indexes = ((("online", "id"), False),)

    class Connector(peewee.Model):
        id = peewee.AutoField()
        station = peewee.ForeignKeyField(Station, on_delete="CASCADE", index=False)
        evse_id = peewee.IntegerField()
        connector_id = peewee.IntegerField()
        name = peewee.CharField(default="")
        status = peewee.CharField(null=True)
        ocpp_status = peewee.TextField(null=True)
        error_code = peewee.TextField(null=True)
        info = peewee.TextField(null=True)
        vendor_id = peewee.TextField(null=True)
        vendor_error_code = peewee.TextField(null=True)
        status_at = MomentField(null=True)
        meter_wh = peewee.DoubleField(null=True)
        power_w = peewee.DoubleField(null=True)
        power_derived = peewee.BooleanField(default=False)
        soc_percent = peewee.DoubleField(null=True)
        meter_at = MomentField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "connectors"
            indexes = ((("station", "evse_id", "connector_id"), True),)

    class ChargingLimit(peewee.Model):
        id = peewee.AutoField()
        station = peewee.ForeignKeyField(Station, on_delete="CASCADE", index=False)
        evse_id = peewee.IntegerField()
        value = peewee.DoubleField()
        unit = peewee.CharField(max_length=1)
        set_at = MomentField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "charging_limits"
            indexes = ((("station", "evse_id"), True),)

    class ExternalLimit(peewee.Model):
        id = peewee.AutoField()
        station = peewee.ForeignKeyField(Station, on_delete="CASCADE", index=False)
        evse_id = peewee.IntegerField()
        source = peewee.TextField()
        schedules = peewee.TextField()
        reported_at = MomentField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "external_limits"
            indexes = ((("station", "evse_id"), True),)

    class Tag(peewee.Model):
        id = peewee.CharField(primary_key=True, max_length=255)
        folded = peewee.CharField(unique=True, max_length=255)
        type = peewee.CharField(null=True)
        name = peewee.CharField(default="")
        group = peewee.CharField(null=True, column_name="group_id", max_length=255)
        expires_at = MomentField(null=True)
        blocked = peewee.BooleanField(default=False)
        created_at = MomentField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "tags"
            indexes = ((("group", "folded"), False),)

    class Transaction(peewee.Model):
        id = peewee.BigIntegerField(primary_key=True)
        station_id = peewee.CharField(max_length=255)
        uid = peewee.CharField(null=True, max_length=255)
        start_key = peewee.CharField(null=True, max_length=64)
        stop_key = peewee.CharField(null=True, max_length=64)
        evse_id = peewee.IntegerField(null=True)
        connector_id = peewee.IntegerField(null=True)
        active = peewee.BooleanField()
        start_tag = peewee.CharField(null=True, max_length=255)
        tag_folded = peewee.CharField(null=True, max_length=255)
        started_at = MomentField()
        meter_start_wh = peewee.DoubleField(null=True)
        meter_start_at = MomentField(null=True)
        meter_last_wh = peewee.DoubleField(null=True)
        meter_last_at = MomentField(null=True)
        meter_estimate_wh = peewee.DoubleField(null=True)
        stop_tag = peewee.CharField(null=True, max_length=255)
        stopped_at = MomentField(null=True)
        stop_reason = peewee.CharField(null=True)
        closed_by = peewee.CharField(null=True)
        charging_state = peewee.CharField(null=True)
        sequence = peewee.TextField(default="")
        remote_start_id = peewee.BigIntegerField(null=True)
        flags = peewee.TextField(default="")
        note = peewee.TextField(default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "transactions"
            indexes = (
                (("station_id", "uid"), True),
                (("start_key",), True),
                (("stop_key",), False),
                (("started_at", "id"), False),
                (("station_id", "started_at", "id"), False),
                (("station_id", "evse_id", "started_at", "id"), False),
                (("tag_folded", "started_at", "id"), False),
                (("tag_folded", "station_id", "started_at", "id"), False),
            )

    class SampleKind(peewee.Model):
        id = peewee.AutoField()
        measurand = peewee.CharField()
        phase = peewee.CharField(default="")
        location = peewee.CharField(default="")
        context = peewee.CharField(default="")
        unit = peewee.CharField(default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "sample_kinds"
            indexes = ((("measurand", "phase", "location", "context", "unit"), True),)

    class MeterSample(peewee.Model):
        connector = peewee.IntegerField(column_name="connector_row")
        at = MomentField()
        kind = peewee.IntegerField(column_name="kind_id")
        value = peewee.DoubleField()
        transaction = peewee.BigIntegerField(null=True, column_name="transaction_id")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "meter_samples"
            primary_key = peewee.CompositeKey("connector", "at", "kind", "value")
            without_rowid = isinstance(db, peewee.SqliteDatabase)

    class SignedSample(peewee.Model):
        id = peewee.BigAutoField()
        connector = peewee.IntegerField(column_name="connector_row")
        at = MomentField()
        kind = peewee.IntegerField(column_name="kind_id")
        transaction = peewee.BigIntegerField(null=True, column_name="transaction_id")
        content = peewee.TextField()
        digest = peewee.CharField(max_length=64)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "signed_samples"
            indexes = (
                (("connector", "at", "kind", "digest"), True),
                (("transaction", "at", "kind"), False),
            )

    class Message(peewee.Model):
        id = peewee.BigAutoField()
        station_id = peewee.CharField(max_length=255)
        incoming = peewee.BooleanField()
        message_id = peewee.TextField()
        action = peewee.CharField()
        request = peewee.TextField()
        response = peewee.TextField(null=True)
        error_code = peewee.CharField(null=True)
        at = MomentField()
        latency_ms = peewee.DoubleField(null=True)

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "messages"
            indexes = (
                (("station_id", "id"), False),
                (("station_id", "action", "id"), False),
                (("at",), False),
            )

    class CommandRecord(peewee.Model):
        id = peewee.BigAutoField()
        station_id = peewee.CharField(max_length=255)
        name = peewee.CharField()
        parameters = peewee.TextField()
        user = peewee.CharField(column_name="user_name")
        at = MomentField()
        finished_at = MomentField(null=True)
        status = peewee.CharField(null=True)
        done = peewee.BooleanField(null=True)
        detail = peewee.TextField(default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "commands"
            indexes = ((("station_id", "id"), False),)

    class User(peewee.Model):
        id = peewee.AutoField()
        name = peewee.CharField()
        folded = peewee.CharField(unique=True)
        password_hash = peewee.TextField()
        role = peewee.CharField(max_length=16)
        created_at = MomentField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "users"

    class ApiKey(peewee.Model):
        id = peewee.AutoField()
        name = peewee.CharField(unique=True)
        digest = peewee.CharField(unique=True, max_length=64)
        role = peewee.CharField(max_length=16)
        created_at = MomentField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "api_keys"

    db.create_tables(
        [
            Station,
            Connector,
            ChargingLimit,
            ExternalLimit,
            Tag,
            Transaction,
            SampleKind,
            MeterSample,
            SignedSample,
            Message,
            CommandRecord,
            User,
            ApiKey,
        ]
    )
    for statement in INDEXES:
        db.execute_sql(statement)
