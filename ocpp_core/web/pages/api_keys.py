"""API keys of programs: each is shown once, when it is made. For administrators."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from ... import clock
from ...domain.roles import Role
from ...services import api_keys
from ...services.api_keys import KeyView
from .area import done
from .login import ROLE_NAMES
from .people import area as people_area
from .people import note
from .people_forms import KeyForm, RemovalForm


@people_area.shows("/keys", Role.ADMINISTRATOR)
def keys() -> Any:
    """List the keys by name."""
    page = api_keys.page(cursor=request.args.get("cursor"))
    return render_template("people/keys.html", page=page, role_names=ROLE_NAMES)


@people_area.shows("/keys/new", Role.ADMINISTRATOR)
def new_key() -> Any:
    """Show the form of a new key."""
    return render_template("people/key_new.html", form=KeyForm())


@people_area.does("/keys/new", Role.ADMINISTRATOR)
def add_key() -> Any:
    """Make a key and show it, this once: nothing that could show it again is kept."""
    form = KeyForm()
    if not form.accepts(lambda: api_keys.add(form.name.data, Role(form.role.data), clock.utcnow())):
        return render_template("people/key_new.html", form=form), 422
    name = form.name.data.strip()
    note("API key added", name, role=form.role.data)
    role = ROLE_NAMES[Role(form.role.data)]
    return render_template("people/key_made.html", name=name, key=form.result, role=role), 201


@people_area.shows("/keys/delete/<rest:name>", Role.ADMINISTRATOR)
def ask_before_key_removal(name: str) -> Any:
    """Say what is lost with a key."""
    key = api_keys.by_name(name)
    return _removal_page(key, RemovalForm(key.name))


@people_area.does("/keys/delete/<rest:name>", Role.ADMINISTRATOR)
def remove_key(name: str) -> Any:
    """Remove a key."""
    key = api_keys.by_name(name)
    form = RemovalForm(key.name)
    if not form.accepts(lambda: api_keys.remove(key.name)):
        return _removal_page(key, form), 422
    note("API key removed", key.name)
    return done(_("API key %(name)s was removed.", name=key.name), url_for("people.keys"))


def _removal_page(key: KeyView, form: RemovalForm) -> str:
    role = ROLE_NAMES[key.role]
    return render_template("people/key_delete.html", key=key, form=form, role=role)
