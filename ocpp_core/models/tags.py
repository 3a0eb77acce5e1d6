"""Charge tags: what drivers identify themselves with."""

from __future__ import annotations

import peewee

from .base import Model, MomentField


class Tag(Model):
    """A charge tag; OCPP compares ids without regard to case, `folded` does so here."""

    id = peewee.CharField(primary_key=True, max_length=255)
    folded = peewee.CharField(unique=True, max_length=255)
    type = peewee.CharField(null=True)  # IdTokenEnumType of OCPP 2.x
    name = peewee.CharField(default="")
    group = peewee.CharField(null=True, column_name="group_id", max_length=255)
    expires_at = MomentField(null=True)
    blocked = peewee.BooleanField(default=False)
    created_at = MomentField()

    class Meta:
        table_name = "tags"
        indexes = ((("group", "folded"), False),)
