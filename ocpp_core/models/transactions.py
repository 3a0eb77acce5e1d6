"""Charging sessions and their meter samples.

Rows refer to stations by id without a foreign key: a session outlives its station's record.
"""

from __future__ import annotations

import peewee

from .base import Model, MomentField


class Transaction(Model):
    """One charging session.

    `id` is drawn at random (positive, 31 bits) and is the transactionId of OCPP 1.6; `uid` is the
    id on the wire as text, in 2.x chosen by the station.
    """

    id = peewee.BigIntegerField(primary_key=True)
    station_id = peewee.CharField(max_length=255)
    uid = peewee.CharField(null=True, max_length=255)
    start_key = peewee.CharField(null=True, max_length=64)  # tells a repeated StartTransaction
    stop_key = peewee.CharField(null=True, max_length=64)  # tells a repeated StopTransaction
    evse_id = peewee.IntegerField(null=True)
    connector_id = peewee.IntegerField(null=True)
    active = peewee.BooleanField()

    start_tag = peewee.CharField(null=True, max_length=255)
    tag_folded = peewee.CharField(null=True, max_length=255)  # start_tag without regard to case
    started_at = MomentField()
    meter_start_wh = peewee.DoubleField(null=True)
    meter_start_at = MomentField(null=True)
    meter_last_wh = peewee.DoubleField(null=True)  # the latest reading, running
    meter_last_at = MomentField(null=True)
    meter_estimate_wh = peewee.DoubleField(null=True)  # the end as far as the server can guess

    stop_tag = peewee.CharField(null=True, max_length=255)
    stopped_at = MomentField(null=True)
    stop_reason = peewee.CharField(null=True)
    closed_by = peewee.CharField(null=True)  # station, server, operator

    charging_state = peewee.CharField(null=True)
    sequence = peewee.TextField(default="")  # seqNo seen, as ranges: 0-4,6
    remote_start_id = peewee.BigIntegerField(null=True)
    flags = peewee.TextField(default="")  # separated by blanks
    note = peewee.TextField(default="")  # the reason an operator gave

    class Meta:
        table_name = "transactions"
        only_save_dirty = True
        indexes = (
            (("station_id", "uid"), True),
            (("start_key",), True),
            (("stop_key",), False),
            (("started_at", "id"), False),
            (("station_id", "started_at", "id"), False),
            (("station_id", "evse_id", "started_at", "id"), False),
            (("station_id", "evse_id", "connector_id", "started_at", "id"), False),
            (("tag_folded", "started_at", "id"), False),
            (("tag_folded", "station_id", "started_at", "id"), False),
        )


class SampleKind(Model):
    """What a sample measures; few rows, each sample names one."""

    id = peewee.AutoField()
    measurand = peewee.CharField()
    phase = peewee.CharField(default="")
    location = peewee.CharField(default="")
    context = peewee.CharField(default="")
    unit = peewee.CharField(default="")

    class Meta:
        table_name = "sample_kinds"
        indexes = ((("measurand", "phase", "location", "context", "unit"), True),)


class MeterSample(Model):
    """One sampled value in base units; the key makes a repeated message harmless."""

    connector = peewee.IntegerField(column_name="connector_row")
    at = MomentField()
    kind = peewee.IntegerField(column_name="kind_id")
    value = peewee.DoubleField()
    transaction = peewee.BigIntegerField(null=True, column_name="transaction_id")

    class Meta:
        table_name = "meter_samples"
        primary_key = peewee.CompositeKey("connector", "at", "kind", "value")


class SignedSample(Model):
    """A signed meter value, stored untouched."""

    id = peewee.BigAutoField()
    connector = peewee.IntegerField(column_name="connector_row")
    at = MomentField()
    kind = peewee.IntegerField(column_name="kind_id")
    transaction = peewee.BigIntegerField(null=True, column_name="transaction_id")
    content = peewee.TextField()  # JSON: the sampled value as it came
    digest = peewee.CharField(max_length=64)

    class Meta:
        table_name = "signed_samples"
        indexes = (
            (("connector", "at", "kind", "digest"), True),
            (("transaction", "at", "kind"), False),
        )
