"""What all commands share: one line for each failure, the database opened for a moment, tables."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, Any, cast

import click
from flask import current_app

from ..config import Config
from ..domain.roles import Role
from ..errors import ConfigurationError, OcppCoreError, StorageUnavailable
from ..storage import database, writer
from ..storage.database import Store
from ..storage.failures import TROUBLE
from ..storage.writer import Writer

SETTINGS = "ocpp_core.settings"  # key in app.extensions
PATIENCE_S = 5.0  # while other processes create the same database
PAUSE_S = 0.1


class Refusal(click.ClickException):
    """Bad input, told in one line on standard error."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line."""
        click.echo(f"Error: {self.format_message()}", file=file, err=file is None)


class Unavailable(Refusal):
    """A service that does not answer: the same may succeed later."""

    exit_code = 1


@contextlib.contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        raise Refusal(error.format_message()) from error
    except StorageUnavailable as error:
        raise Unavailable(f"database not available: {error}") from error
    except OcppCoreError as error:
        raise Refusal(str(error)) from error


class Command(click.Command):
    """A command whose failures take one line each."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Parse the arguments."""
        with _one_line():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _one_line():
            return super().invoke(ctx)


class Group(click.Group):
    """A group whose failures take one line each."""

    command_class = Command

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Parse the arguments."""
        with _one_line():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command of the group."""
        with _one_line():
            return super().invoke(ctx)


Function = Callable[..., Any]


def command(name: str) -> Callable[[Function], click.Command]:
    """Declare a command that stands alone."""
    return cast(Callable[[Function], click.Command], click.command(name, cls=Command))


def group(name: str, help_text: str) -> Group:
    """Return an empty group."""
    return Group(name, help=help_text)


def role_option(function: Function) -> Function:
    """Add the option that names a role."""
    names = [role.value for role in reversed(Role)]
    return click.option("--role", required=True, type=click.Choice(names))(function)


def settings() -> Config:
    """Return the settings of the application at hand."""
    return cast(Config, current_app.extensions[SETTINGS])


@contextlib.contextmanager
def opened() -> Iterator[Config]:
    """Open the database with a writer of its own; in a process that serves, use what is there."""
    if "ocpp_core" in current_app.extensions:
        yield settings()
        return
    with store_alone() as store, _quiet("ocpp_core.storage"):
        _check_version(store)
        own_writer = Writer(store)
        writer.use(own_writer)
        try:
            yield settings()
        finally:
            own_writer.close()
            writer.use(None)


@contextlib.contextmanager
def _quiet(logger: str) -> Iterator[None]:
    """Keep warnings to ourselves: that a busy database is tried again is no news here."""
    log = logging.getLogger(logger)
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


@contextlib.contextmanager
def store_alone() -> Iterator[Store]:
    """Connect to the database in whatever state it is."""
    store = database.connect(settings().database_url)
    try:
        yield store
    finally:
        database.disconnect(store)


def migrations(store: Store) -> list[tuple[str, Any]]:
    """Return all migrations with the moment each was applied."""
    give_up_at = time.monotonic() + PATIENCE_S
    while True:
        try:
            return database.status(store)
        except TROUBLE as error:
            # Only the change of a new SQLite file to WAL mode locks out those who read.
            if "locked" not in str(error) or time.monotonic() > give_up_at:
                text = f"database cannot be opened: {str(error).strip().splitlines()[0]}"
                raise ConfigurationError(text) from error
        time.sleep(PAUSE_S)


def table(rows: Iterable[Sequence[str]], head: Sequence[str]) -> None:
    """Print rows in columns."""
    lines = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _check_version(store: Store) -> None:
    """Make the tables of an empty database; others are changed only when somebody says so."""
    known = migrations(store)
    if not any(applied for _, applied in known):
        database.upgrade(store)
    elif not all(applied for _, applied in known):
        raise ConfigurationError("the database is of an older version: run `flask db upgrade`")
