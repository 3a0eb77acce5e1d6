"""The message log: what stations and we said to each other, as it happens and looked up."""

from __future__ import annotations

from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from flask_babel import ngettext

from ...domain.roles import Role
from ...errors import InvalidInput
from ...services import message_log, message_search, station_lists
from ...services.paging import HIGHEST_INTEGER
from ..pacing import paced
from ..payloads import readable
from .area import Area
from .message_forms import ACTIONS, OUTCOMES, MessageFilters

area = Area("messages")

PER_PAGE = 50
MOST_NEW, MOST_SHOWN = 50, 200  # rows at a time, and in all, while one looks
EVERY_S = 2
BEGINNING = 4_000  # characters of a payload that a list shows
MOST_OFFERED = 300  # stations to choose from; others are typed


@area.shows("/messages", Role.VIEWER)
def listing() -> Any:
    """List exchanges, the newest first."""
    form = MessageFilters()
    _write_what_waits()
    newest = message_search.newest()
    page = message_search.page(form.filters(), PER_PAGE, request.args.get("cursor"))
    is_live = form.until.moment is None and not request.args.get("cursor")
    return render_template(
        "messages/list.html",
        form=form,
        page=page,
        stations=station_lists.page(MOST_OFFERED, sort="name").items,
        actions=ACTIONS,
        config=current_app.extensions["ocpp_core"].config,
        levels=message_log,
        tail=_tail(form, newest) if is_live else None,
        **_words(),
    )


@area.shows("/messages/tail", Role.VIEWER)
def tail() -> Any:
    """Show what was written since a row: for the script of the list."""
    if request.headers.get("HX-Request") != "true":
        return redirect(url_for("messages.listing"), 303)
    form = MessageFilters()
    _write_what_waits()
    news = message_search.newer(form.filters(), _after(), MOST_NEW)
    count = len(news.items)
    told = ngettext("%(num)s new message", "%(num)s new messages", count) if count else ""
    return render_template("messages/tail.html", news=news, told=told, **_words())


@area.shows("/messages/<int:message_id>", Role.VIEWER)
def show(message_id: int) -> Any:
    """Show one exchange with all that was said."""
    message = message_search.find(message_id)
    older, newer = message_search.neighbours(message)
    return render_template(
        "messages/show.html", message=message, older=older, newer=newer, **_words()
    )


def _write_what_waits() -> None:
    """Write the rows of the last second, so that nothing that was said is missing."""
    current_app.extensions["ocpp_core"].message_log.flush()


def _after() -> int:
    text = request.args.get("after", "")
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= HIGHEST_INTEGER):
        problem = "is no number of a message"
        raise InvalidInput(f"after {problem}", fields={"after": problem})
    return int(text)


def _tail(form: MessageFilters, newest: int) -> dict[str, Any]:
    """Return what the script needs to go on from here."""
    given: dict[str, Any] = {**form.given()}
    url = url_for("messages.tail", **given)
    return {"url": url, "after": newest, "every": EVERY_S * 1000, "most": MOST_SHOWN}


def _words() -> dict[str, Any]:
    return {"outcomes": OUTCOMES, "readable": readable, "beginning": BEGINNING, "paced": paced}
