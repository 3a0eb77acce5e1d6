"""`flask user` and `flask api-key`."""

from __future__ import annotations

import sys

import click

from .. import clock
from ..domain.roles import Role
from ..services import api_keys, people
from .base import Refusal, group, opened, role_option

users = group("user", "People who log in.")
keys = group("api-key", "Keys of programs.")


@users.command("add")
@click.argument("name")
@role_option
@click.option("--password", help="Asked for when omitted.")
def add_user(name: str, role: str, password: str | None) -> None:
    """Add a user, or give an existing one a new role and password."""
    password = _ask() if password is None else password
    with opened():
        view, created = people.add_or_edit_user(name, Role(role), password, clock.utcnow())
        what = "added" if created else "updated, with a new password"
        click.echo(f"user {view.name} {what}: {view.role}")


@keys.command("add")
@click.argument("name")
@role_option
def add_key(name: str, role: str) -> None:
    """Make an API key and print it, this once; an existing key of this name is replaced."""
    with opened():
        existed = api_keys.exists(name)
        key = api_keys.add_or_replace(name, Role(role), clock.utcnow())
        what = "updated, the old key no longer works" if existed else "added"
        click.echo(f"API key {name.strip()} {what}: {role}; it is shown only now:", err=True)
        click.echo(key)


def _ask() -> str:
    if not sys.stdin.isatty():
        raise Refusal("nobody can be asked here: give --password")
    answer: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return answer
