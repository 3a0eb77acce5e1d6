"""Putting the parts together: the only module that knows all of them."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path

from flask import Flask

from . import cli, clock, config, deploy
from .commands.base import all_commands
from .config import Config
from .errors import StorageUnavailable
from .live.automations import Automations
from .live.connection import Pulse, Surroundings
from .live.dispatch import Dispatcher
from .live.housekeeping import Chore, Housekeeping
from .live.presence import Presence
from .live.registry import Registry
from .live.stations import Stations
from .observability import logs, metrics
from .protocol.base import Settings
from .protocol.versions import ALL
from .services import first_start, logins, readiness, stations
from .services.message_log import MessageLog
from .services.presented import Presented
from .storage import database, writer
from .storage.checkpoints import Checkpoints
from .storage.sqlite import SqliteStore
from .storage.writer import Writer
from .web import application, legacy_api, static_files
from .web.live_events import LiveEvents
from .web.proxies import Proxies
from .web.sock import Sock
from .web.station_socket import create_blueprint

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
SEEN_EVERY_S = 5.0
RECONCILE_EVERY_S = 60.0
PRUNE_EVERY_S = 3600.0


class Server:
    """What runs in a process that serves: made at its start, stopped before its end."""

    def __init__(self, settings: Config) -> None:
        self.config = settings
        self.registry = Registry()
        self.presence = Presence()
        self.message_log = MessageLog(settings.message_log, settings.message_log_days)
        self.presented = Presented()
        self.dispatcher = Dispatcher(
            self.registry, timeout_s=settings.call_timeout, validate=settings.validate_messages
        )
        self.automations = Automations(self.dispatcher)
        self.stations = Stations(
            self.registry,
            _protocol_settings(settings),
            self._surroundings(),
            quarantines=settings.unknown_stations == "quarantine",
            on_boot=self.automations.station_booted,
        )
        self.housekeeping = Housekeeping(
            Chore("message log", 1.0, self.message_log.flush),
            Chore("presence", SEEN_EVERY_S, self.presence.flush),
            Chore("reconcile", RECONCILE_EVERY_S, self._reconcile),
            Chore("prune", PRUNE_EVERY_S, lambda: self.message_log.prune(clock.utcnow())),
            Chore("log-ins", PRUNE_EVERY_S, lambda: logins.prune(clock.utcnow())),
        )
        self.store = database.connect(settings.database_url)
        self.writer: Writer | None = None
        self._checkpoints: Checkpoints | None = None

    def start(self) -> None:
        """Open the database, bring it up to date, and begin the work in the background.

        Raises ConfigurationError when the database cannot be opened.
        """
        database.upgrade(self.store)
        self.writer = Writer(self.store)
        writer.use(self.writer)
        if isinstance(self.store, SqliteStore):
            self._checkpoints = Checkpoints(self.store)
        _show_credentials(first_start.create_credentials(clock.utcnow()))
        stations.all_offline(clock.utcnow())
        self.presented.listen()
        self.housekeeping.start()
        log.info("started", extra={"database": type(self.store).__name__})

    def stop(self) -> None:
        """Send the stations away, then write what is still in memory."""
        if self.writer is not None:
            self.writer.hurry()
        self.stations.close_all()
        self.stations.wait_until_empty(1.0)
        self.housekeeping.stop()
        self.presented.end()
        try:
            self.presence.flush()
            self.message_log.flush()
        except StorageUnavailable as error:
            log.error("not written at the stop", extra={"reason": str(error)})
        if self.writer is not None:
            self.writer.close()
        if self._checkpoints is not None:
            database.disconnect(self.store)  # who still reads would keep the WAL as it is
            self._checkpoints.close()
        log.info("stopped")

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            self.message_log,
            self.presence.seen,
            self.presence.fell_silent,
            self.presence.spoke_again,
            Pulse(self.config.ping_interval, self.config.heartbeat_interval),
        )

    def _reconcile(self) -> None:
        connected = frozenset(each.station_id for each in self.registry.all())
        for station_id in stations.reconcile(connected, clock.utcnow()):
            log.warning("station was marked online without a connection", extra={"id": station_id})


def create_app(ini_settings: Mapping[str, str] | None = None, *, serving: bool = False) -> Flask:
    """Create the application; with `serving` the server behind it is started too.

    Without `ini_settings` they are read from wsgi.ini in the working directory. Raises
    ConfigurationError with one line for what does not fit.
    """
    settings = config.load(ini_settings)
    app = Flask(
        "ocpp_core",
        root_path=str(ROOT),
        static_folder=str(ROOT / "static"),
        template_folder=str(ROOT / "templates"),
    )
    cli.register(app, settings)
    if serving:
        serve(app, settings)
    return app


def serve(app: Flask, settings: Config) -> Server:
    """Start the server behind an application and register its routes."""
    logs.set_up()
    server = Server(settings)
    app.secret_key = config.secret_key(settings, config.data_folder(settings))
    server.start()
    app.extensions["ocpp_core"] = server
    live_events = application.register(
        app,
        api_key=settings.api_key.get_secret_value(),
        checks={"database": readiness.check_database},
    )
    sock = Sock(max_size=settings.max_message_size)
    door = server.stations
    app.register_blueprint(create_blueprint(sock, door, door.serve, before_accept=door.calm))
    app.register_blueprint(legacy_api.create_blueprint())
    static_files.register(app)
    app.wsgi_app = Proxies(app.wsgi_app, deploy.trusted_proxies)  # type: ignore[method-assign]
    _name_figures(server, live_events)
    deploy.on_stop(live_events.end)
    deploy.on_stop(server.stop)
    return server


def _name_figures(server: Server, live_events: LiveEvents) -> None:
    for version in ALL:
        metrics.know(actions=version.messages.actions)
    metrics.know(commands=(each.name for each in all_commands()))
    metrics.watch("stations_connected", lambda: len(server.registry))
    metrics.watch("event_listeners", lambda: live_events.count)
    metrics.watch("message_log_dropped_total", lambda: server.message_log.dropped)
    metrics.watch("commits_total", lambda: writer.current().commits)
    metrics.watch("units_total", lambda: writer.current().units)
    metrics.watch("rollbacks_total", lambda: writer.current().rollbacks)


def _protocol_settings(settings: Config) -> Settings:
    return Settings(
        settings.heartbeat_interval,
        settings.pending_interval,
        settings.validate_messages,
        settings.deny_concurrent_tx,
    )


def _show_credentials(credentials: first_start.Credentials | None) -> None:
    """Print once what is needed to log in."""
    if credentials is None:
        return
    sys.stdout.write(
        "First start. These are shown once, keep them:\n"
        f"  user      {credentials.user}\n"
        f"  password  {credentials.password}\n"
        f"  API key   {credentials.api_key}\n"
    )
    sys.stdout.flush()
