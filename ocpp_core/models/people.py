"""People and programs that use the system."""

from __future__ import annotations

import peewee

from .base import Model, MomentField


class User(Model):
    """A person who logs in; an empty preference leaves the choice to the browser."""

    id = peewee.AutoField()
    name = peewee.CharField()
    folded = peewee.CharField(unique=True)
    password_hash = peewee.TextField()
    role = peewee.CharField(max_length=16)
    created_at = MomentField()
    language = peewee.CharField(max_length=16, default="")
    time_zone = peewee.CharField(max_length=64, default="")  # name of the IANA database
    theme = peewee.CharField(max_length=8, default="")  # light, dark

    class Meta:
        table_name = "users"


class LoginSession(Model):
    """One log-in of a person in one browser; only the digest of its token is kept."""

    id = peewee.BigAutoField()
    digest = peewee.CharField(unique=True, max_length=64)
    user = peewee.ForeignKeyField(User, on_delete="CASCADE", index=False)
    began_at = MomentField()
    last_seen_at = MomentField()
    expires_at = MomentField()
    address = peewee.CharField(max_length=64, default="")
    agent = peewee.CharField(default="")

    class Meta:
        table_name = "login_sessions"
        indexes = ((("user", "id"), False), (("expires_at",), False))


class ApiKey(Model):
    """A key of a program; only its digest is kept."""

    id = peewee.AutoField()
    name = peewee.CharField(unique=True)
    digest = peewee.CharField(unique=True, max_length=64)
    role = peewee.CharField(max_length=16)
    created_at = MomentField()

    class Meta:
        table_name = "api_keys"
