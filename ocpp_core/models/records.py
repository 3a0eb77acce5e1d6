"""What was said and done: message log, history of commands."""

from __future__ import annotations

import peewee

from .base import Model, MomentField


class Message(Model):
    """One exchange: a CALL, or text that was none, with what answered it."""

    id = peewee.BigAutoField()
    station_id = peewee.CharField(max_length=255)
    incoming = peewee.BooleanField()  # True: the station asked
    message_id = peewee.TextField()
    action = peewee.CharField()
    request = peewee.TextField()  # payload as JSON, or the raw text
    response = peewee.TextField(null=True)
    error_code = peewee.CharField(null=True)
    at = MomentField()
    latency_ms = peewee.DoubleField(null=True)

    class Meta:
        table_name = "messages"
        indexes = (
            (("station_id", "id"), False),
            (("station_id", "action", "id"), False),
            (("at",), False),
        )


class CommandRecord(Model):
    """One command: who sent what to which station, and how it ended."""

    id = peewee.BigAutoField()
    station_id = peewee.CharField(max_length=255)
    name = peewee.CharField()
    parameters = peewee.TextField()  # JSON
    user = peewee.CharField(column_name="user_name")
    at = MomentField()
    finished_at = MomentField(null=True)
    status = peewee.CharField(null=True)
    done = peewee.BooleanField(null=True)
    detail = peewee.TextField(default="")
    answer = peewee.TextField(default="")  # JSON: what else the station said

    class Meta:
        table_name = "commands"
        indexes = ((("station_id", "id"), False),)
