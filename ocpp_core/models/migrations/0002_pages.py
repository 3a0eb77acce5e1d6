"""What the pages need: preferences of users, their log-ins, indexes of lists."""

from __future__ import annotations

from typing import Any

import peewee

from ocpp_core.models.base import MomentField

# Indexes of older tables; a plain one, without WHERE, stands in its model as well.
INDEXES: tuple[str, ...] = (
    # The message log: what is rare in it. Heartbeats and meter values enter none of these.
    "CREATE INDEX messages_errors ON messages (id) WHERE error_code IS NOT NULL",
    (
        "CREATE INDEX messages_errors_station ON messages (station_id, id)"
        " WHERE error_code IS NOT NULL"
    ),
    "CREATE INDEX messages_outgoing ON messages (id) WHERE NOT incoming",
    "CREATE INDEX messages_outgoing_station ON messages (station_id, id) WHERE NOT incoming",
    (
        "CREATE INDEX messages_rare ON messages (action, id)"
        " WHERE (action IN ('Heartbeat', 'MeterValues')) IS NOT TRUE"
    ),
    # Tags by name, group and expiry; in both databases `infinity` comes after every moment.
    "CREATE INDEX tags_by_name ON tags (lower(name), folded)",
    "CREATE INDEX tags_by_group ON tags (lower(coalesce(group_id, '')), folded)",
    "CREATE INDEX tags_by_expiry ON tags (coalesce(expires_at, 'infinity'), folded)",
    "CREATE INDEX tags_group_by_name ON tags (group_id, lower(name), folded)",
    (
        "CREATE INDEX tags_group_by_expiry"
        " ON tags (group_id, coalesce(expires_at, 'infinity'), folded)"
    ),
    "CREATE INDEX tags_blocked_by_name ON tags (lower(name), folded) WHERE blocked",
    (
        "CREATE INDEX tags_blocked_by_group"
        " ON tags (lower(coalesce(group_id, '')), folded) WHERE blocked"
    ),
    (
        "CREATE INDEX tags_blocked_by_expiry"
        " ON tags (coalesce(expires_at, 'infinity'), folded) WHERE blocked"
    ),
    # Stations as they are named: by id where there is no name.
    "CREATE INDEX stations_label ON stations (lower(coalesce(nullif(name, ''), id)), id)",
    (
        "CREATE INDEX stations_online_label"
        " ON stations (online, lower(coalesce(nullif(name, ''), id)), id)"
    ),
    "CREATE INDEX stations_last_seen ON stations (last_seen_at, id)",
    "CREATE INDEX stations_online_last_seen ON stations (online, last_seen_at, id)",
    (
        "CREATE INDEX transactions_station_id_evse_id_connector_id_started_at_id"
        " ON transactions (station_id, evse_id, connector_id, started_at, id)"
    ),
    (
        "CREATE INDEX transactions_active_connector"
        " ON transactions (station_id, evse_id, connector_id, started_at, id) WHERE active"
    ),
)

# Finished sessions by their end, for reports. With what a report adds up SQLite needs no row for
# it; PostgreSQL would lose its cheap updates (HOT) of rows whose meter runs.
ENDED = "CREATE INDEX transactions_ended ON transactions (stopped_at, id{more}) WHERE NOT active"
ADDED_UP = (
    ", tag_folded, start_tag, flags, meter_start_wh, meter_last_wh, meter_estimate_wh,"
    " meter_start_at, meter_last_at"
)


def up(migrator: Any, db: peewee.Database) -> None:
    """Add the columns and the table, then the indexes."""
    db.execute_sql("ALTER TABLE users ADD COLUMN language VARCHAR(16) NOT NULL DEFAULT ''")
    db.execute_sql("ALTER TABLE users ADD COLUMN time_zone VARCHAR(64) NOT NULL DEFAULT ''")
    db.execute_sql("ALTER TABLE users ADD COLUMN theme VARCHAR(8) NOT NULL DEFAULT ''")
    db.execute_sql("ALTER TABLE commands ADD COLUMN answer TEXT NOT NULL DEFAULT ''")

    class User(peewee.Model):
        id = peewee.AutoField()

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "users"

    class LoginSession(peewee.Model):
        id = peewee.BigAutoField()
        digest = peewee.CharField(unique=True, max_length=64)
        user = peewee.ForeignKeyField(User, on_delete="CASCADE", index=False)
        began_at = MomentField()
        last_seen_at = MomentField()
        expires_at = MomentField()
        address = peewee.CharField(max_length=64, default="")
        agent = peewee.CharField(default="")

        class Meta:
            database = db
            legacy_table_names = False
            table_name = "login_sessions"
            indexes = ((("user", "id"), False), (("expires_at",), False))

    db.create_tables([LoginSession])
    for statement in INDEXES:
        db.execute_sql(statement)
    db.execute_sql(ENDED.format(more=ADDED_UP if isinstance(db, peewee.SqliteDatabase) else ""))
