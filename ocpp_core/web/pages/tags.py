"""Charge tags: the list, and adding, changing and removing one."""

from __future__ import annotations

import logging
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from ... import clock
from ...domain.roles import Role
from ...services import tag_lists
from ...services import tags as records
from ...services.tag_lists import TagView
from .. import auth, localization
from ..payloads import visible
from .area import Area, done, safe_target
from .tag_forms import NewTagForm, TagFilters, TagForm, TagRemovalForm

area = Area("tags")
log = logging.getLogger(__name__)

PER_PAGE = 50


@area.shows("/tags", Role.VIEWER)
def listing() -> Any:
    """List tags."""
    form = TagFilters()
    sort = request.args.get("sort") or "name"
    page = tag_lists.page(PER_PAGE, request.args.get("cursor"), sort=sort, **form.wanted())
    return render_template(
        "tags/list.html",
        page=page,
        sort=sort,
        filters=form,
        groups=tag_lists.groups(),
        last_day=last_day,
        now=clock.utcnow(),
    )


@area.shows("/tags/new", Role.ADMINISTRATOR)
def new() -> Any:
    """Show the form of a new tag, its number filled in where a card was learned."""
    return _new_page(NewTagForm(id=visible(request.args.get("id", "").strip())))


@area.does("/tags/new", Role.ADMINISTRATOR)
def add() -> Any:
    """Add a tag; who learns cards goes on with the next."""
    form = NewTagForm()
    if not form.validate_on_submit():
        return _new_page(form), 422
    changes = form.changes()
    added = form.accepts(lambda: records.add(form.id.data, changes, clock.utcnow()), **NAMES)
    if not added:
        return _new_page(form), 422
    log.info("tag added", extra={"user": auth.caller()})
    return done(_("RFID tag %(id)s was added.", id=form.result.id), _where_to_go_on())


@area.shows("/tags/edit/<rest:tag_id>", Role.ADMINISTRATOR)
def edit(tag_id: str) -> Any:
    """Show the form of a tag."""
    tag = records.find(tag_id)
    return _edit_page(tag, TagForm.of(tag))


@area.does("/tags/edit/<rest:tag_id>", Role.ADMINISTRATOR)
def change(tag_id: str) -> Any:
    """Change a tag."""
    tag = records.find(tag_id)
    form = TagForm.of(tag)
    if not form.accepts(lambda: records.edit(tag.id, form.changes()), **NAMES):
        return _edit_page(tag, form), 422
    log.info("tag changed", extra={"user": auth.caller()})
    return done(_("RFID tag %(id)s was changed.", id=tag.id), url_for("tags.listing"))


@area.shows("/tags/delete/<rest:tag_id>", Role.ADMINISTRATOR)
def ask_before_removal(tag_id: str) -> Any:
    """Say what is lost with a tag."""
    tag = records.find(tag_id)
    return render_template("tags/delete.html", tag=tag, form=TagRemovalForm(tag.id))


@area.does("/tags/delete/<rest:tag_id>", Role.ADMINISTRATOR)
def remove(tag_id: str) -> Any:
    """Remove a tag; transactions keep its number."""
    tag = records.find(tag_id)
    form = TagRemovalForm(tag.id)
    if not form.accepts(lambda: records.remove(tag.id)):
        return render_template("tags/delete.html", tag=tag, form=form), 422
    log.info("tag removed", extra={"user": auth.caller()})
    return done(_("RFID tag %(id)s was deleted.", id=tag.id), url_for("tags.listing"))


NAMES = {"expires_at": "expires"}  # of fields, where the service calls them otherwise


def last_day(tag: TagView) -> Any:
    """Return the last day of a tag where the visitor is."""
    return records.last_day(tag.expires_at, localization.zone())


def _new_page(form: NewTagForm) -> str:
    return render_template("tags/new.html", form=form, groups=tag_lists.groups())


def _edit_page(tag: TagView, form: TagForm) -> str:
    exact = tag.expires_at if _is_exact(tag) else None
    return render_template(
        "tags/edit.html", tag=tag, form=form, groups=tag_lists.groups(), exact=exact
    )


def _is_exact(tag: TagView) -> bool:
    """Tell whether a tag expires within a day and not at its end."""
    day = last_day(tag)
    return day is not None and tag.expires_at not in (
        records.end_of(day, localization.zone()),
        records.expiry(day),
    )


def _where_to_go_on() -> str:
    given = request.args.get("next")
    return safe_target(given) if given else url_for("tags.listing")
