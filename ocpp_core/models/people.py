"""People and programs that use the system."""

from __future__ import annotations

import peewee

from .base import Model, MomentField


class User(Model):
    """A person who logs in."""

    id = peewee.AutoField()
    name = peewee.CharField()
    folded = peewee.CharField(unique=True)
    password_hash = peewee.TextField()
    role = peewee.CharField(max_length=16)
    created_at = MomentField()

    class Meta:
        table_name = "users"


class ApiKey(Model):
    """A key of a program; only its digest is kept."""

    id = peewee.AutoField()
    name = peewee.CharField(unique=True)
    digest = peewee.CharField(unique=True, max_length=64)
    role = peewee.CharField(max_length=16)
    created_at = MomentField()

    class Meta:
        table_name = "api_keys"
