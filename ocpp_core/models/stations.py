"""Stations and their connectors."""

from __future__ import annotations

import peewee

from .base import Model, MomentField


class Station(Model):
    """A charging station (OCPP 1.6: charge point)."""

    id = peewee.CharField(primary_key=True, max_length=255)
    name = peewee.CharField(default="")
    comment = peewee.TextField(default="")
    created_at = MomentField()

    # What it must present, and how its messages are read.
    username = peewee.CharField(null=True)  # None: the id
    password_hash = peewee.TextField(null=True)  # None: no authentication
    default_version = peewee.CharField(null=True, max_length=8)  # for a missing subprotocol header
    cleans_tags = peewee.BooleanField(default=True)  # cut tags at the first underscore
    boot_status = peewee.CharField(default="Accepted", max_length=16)
    in_quarantine = peewee.BooleanField(default=False)

    # What it last said of itself.
    online = peewee.BooleanField(default=False)
    online_changed_at = MomentField(null=True)
    last_seen_at = MomentField(null=True)
    ocpp_version = peewee.CharField(null=True, max_length=8)
    last_boot_at = MomentField(null=True)
    boot_reason = peewee.CharField(null=True)
    boot_answer = peewee.CharField(null=True, max_length=16)  # what that boot was told
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
        table_name = "stations"
        indexes = (
            (("online", "id"), False),
            (("last_seen_at", "id"), False),
            (("online", "last_seen_at", "id"), False),
        )


class Connector(Model):
    """A connector; evse_id 0 and connector_id 0 stand for the station as a whole."""

    id = peewee.AutoField()
    station = peewee.ForeignKeyField(Station, on_delete="CASCADE", index=False)
    evse_id = peewee.IntegerField()
    connector_id = peewee.IntegerField()
    name = peewee.CharField(default="")
    status = peewee.CharField(null=True)  # Available, Occupied, Reserved, Unavailable, Faulted
    ocpp_status = peewee.TextField(null=True)  # as the station spelled it
    error_code = peewee.TextField(null=True)
    info = peewee.TextField(null=True)
    vendor_id = peewee.TextField(null=True)
    vendor_error_code = peewee.TextField(null=True)
    status_at = MomentField(null=True)
    meter_wh = peewee.DoubleField(null=True)
    power_w = peewee.DoubleField(null=True)
    power_derived = peewee.BooleanField(default=False)  # from energy, not reported
    soc_percent = peewee.DoubleField(null=True)
    meter_at = MomentField(null=True)

    class Meta:
        table_name = "connectors"
        indexes = ((("station", "evse_id", "connector_id"), True),)


class ChargingLimit(Model):
    """A limit that an operator set; it is sent again whenever the station boots."""

    id = peewee.AutoField()
    station = peewee.ForeignKeyField(Station, on_delete="CASCADE", index=False)
    evse_id = peewee.IntegerField()  # 0: the whole station
    value = peewee.DoubleField()
    unit = peewee.CharField(max_length=1)  # W or A
    set_at = MomentField()

    class Meta:
        table_name = "charging_limits"
        indexes = ((("station", "evse_id"), True),)


class ExternalLimit(Model):
    """A limit that something else than this system set at the station (NotifyChargingLimit)."""

    id = peewee.AutoField()
    station = peewee.ForeignKeyField(Station, on_delete="CASCADE", index=False)
    evse_id = peewee.IntegerField()
    source = peewee.TextField()
    schedules = peewee.TextField()  # JSON in OCPP's own names
    reported_at = MomentField()

    class Meta:
        table_name = "external_limits"
        indexes = ((("station", "evse_id"), True),)
