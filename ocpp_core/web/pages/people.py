"""Users: who may log in, with which role. For administrators."""

from __future__ import annotations

import logging
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from ... import clock
from ...domain.roles import Role
from ...services import people
from ...services.people import UserView
from .. import auth
from .area import Area, done
from .login import ROLE_NAMES
from .people_forms import NewUserForm, RemovalForm, UserFilter, UserForm

area = Area("people")

PER_PAGE = 100

security = logging.getLogger("ocpp_core.security")


@area.shows("/users", Role.ADMINISTRATOR)
def users() -> Any:
    """List users by name."""
    filters = UserFilter()
    page = people.users(PER_PAGE, request.args.get("cursor"), search=filters.search.data)
    return render_template("people/users.html", page=page, filters=filters, role_names=ROLE_NAMES)


@area.shows("/users/new", Role.ADMINISTRATOR)
def new_user() -> Any:
    """Show the form of a new user."""
    return render_template("people/user_new.html", form=NewUserForm())


@area.does("/users/new", Role.ADMINISTRATOR)
def add_user() -> Any:
    """Add a user."""
    form = NewUserForm()
    if not form.accepts(lambda: _add(form)):
        return render_template("people/user_new.html", form=form), 422
    note("user added", form.result.name, role=form.result.role)
    return done(_("User %(name)s was added.", name=form.result.name), url_for("people.users"))


@area.shows("/users/edit/<rest:name>", Role.ADMINISTRATOR)
def edit_user(name: str) -> Any:
    """Show the form of a user."""
    user = people.find(name)
    return render_template("people/user.html", user=user, form=_form_of(user))


@area.does("/users/edit/<rest:name>", Role.ADMINISTRATOR)
def change_user(name: str) -> Any:
    """Change role and password of a user."""
    user = people.find(name)
    form = _form_of(user)
    if not form.accepts(lambda: _change(user, form)):
        return render_template("people/user.html", user=user, form=form), 422
    note("user changed", user.name, role=form.role.data)
    return done(_("User %(name)s was changed.", name=user.name), _where_to_go_on())


@area.shows("/users/delete/<rest:name>", Role.ADMINISTRATOR)
def ask_before_removal(name: str) -> Any:
    """Say what is lost with a user."""
    user = people.find(name)
    return _removal_page(user, RemovalForm(user.name))


@area.does("/users/delete/<rest:name>", Role.ADMINISTRATOR)
def remove_user(name: str) -> Any:
    """Remove a user."""
    user = people.find(name)
    form = RemovalForm(user.name)
    if not form.accepts(lambda: people.remove_user(user.name)):
        return _removal_page(user, form), 422
    note("user removed", user.name)
    return done(_("User %(name)s was removed.", name=user.name), url_for("people.users"))


def note(what: str, whom: str, **fields: object) -> None:
    """Write to the log of security who did what to whom."""
    address = request.remote_addr or ""
    security.info(
        what, extra={"subject": whom, "user": auth.caller(), "address": address, **fields}
    )


def is_own(name: str) -> bool:
    """Tell whether this is the visitor's own name."""
    return name == auth.caller()


def _removal_page(user: UserView, form: RemovalForm) -> str:
    role = ROLE_NAMES[user.role]
    return render_template("people/user_delete.html", user=user, form=form, role=role)


def _form_of(user: UserView) -> UserForm:
    form = UserForm(role=str(user.role))
    if is_own(user.name):
        del form.password  # changed with the present one, on the page of the account
    return form


def _add(form: NewUserForm) -> UserView:
    role = Role(form.role.data)
    return people.add_user(form.name.data, role, form.password.data, clock.utcnow())


def _change(user: UserView, form: UserForm) -> None:
    people.edit_user(user.name, Role(form.role.data))
    if form.password is not None and form.password.data:
        people.set_password(user.name, form.password.data)


def _where_to_go_on() -> str:
    """Return the list, or the account for who took the role of administrator from himself."""
    may_list = people.find(auth.caller()).role.includes(Role.ADMINISTRATOR)
    return url_for("people.users" if may_list else "people.account")
