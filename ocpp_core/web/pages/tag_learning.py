"""Learning cards: who holds one to a reader sees its number here. For administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app, redirect, render_template, request, url_for

from ... import clock
from ...domain import texts
from ...domain.authorization import fold
from ...domain.roles import Role
from ...errors import InvalidInput
from ...events import TokenPresented
from ...services import station_lists, tag_lists
from ...services.presented import Presented
from ..payloads import readable
from .tag_forms import LearningForm
from .tags import area

MOST_OFFERED = 300  # stations to choose from; others are typed
UNCHANGED = ("", 204)


@area.shows("/tags/learn", Role.ADMINISTRATOR)
def learn() -> Any:
    """Wait for cards; those held to a reader since the page was opened are shown."""
    form = LearningForm()
    since = form.given_since() or clock.to_milliseconds(clock.utcnow())
    form.since.data = str(since)
    return render_template(
        "tags/learn.html",
        form=form,
        stations=station_lists.page(MOST_OFFERED, sort="name").items,
        **_cards(form, since),
    )


@area.shows("/tags/learn/cards", Role.ADMINISTRATOR)
def cards() -> Any:
    """Show the cards held to a reader: for the page, which asks each second."""
    form = LearningForm()
    since = form.given_since()
    if since is None or request.headers.get("HX-Request") != "true":
        return redirect(url_for("tags.learn"), 303)
    found = _cards(form, since)
    if request.args.get("state") == found["state"]:
        return UNCHANGED
    return render_template("tags/cards.html", **found)


def _cards(form: LearningForm, since: int) -> dict[str, Any]:
    """Return the cards, the newest first, and what changes whenever they do."""
    presented: Presented = current_app.extensions["ocpp_core"].presented
    station_id = form.station_id.data or None if form.usable else None
    found = presented.since(_moment(since), station_id)
    known = tag_lists.of_tokens(event.token for event in found)
    given: dict[str, Any] = {"station_id": station_id, "since": since}
    return {
        "cards": [(event, known.get(fold(event.token)), _usable(event)) for event in found],
        "state": _state(found, known),
        "url": url_for("tags.cards", **given),
        "readable": readable,
        "back": url_for("tags.learn", **given),
    }


def _moment(since: int) -> datetime:
    try:
        return clock.from_milliseconds(since)
    except OverflowError as error:
        raise InvalidInput("since is out of range", fields={"since": "is out of range"}) from error


def _usable(event: TokenPresented) -> bool:
    """Tell whether a record can have such a number."""
    return texts.id_problem(event.token) is None


def _state(found: list[TokenPresented], known: dict[str, Any]) -> str:
    latest = clock.to_milliseconds(found[0].at) if found else 0
    return f"{latest}-{len(found)}-{len(known)}"
