"""Which pages are measured: every route of the site, lists with their filters too."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from flask import Flask
from werkzeug.routing import Rule

from ocpp_core.web import application, pages

from . import history
from .history import Size

NAME = "administrator"  # who asks

# Not pages: streams without an end, and where nobody goes who is logged in. And what hands out
# all that there is of a month.
STREAMS = {"live.stream", "stations.live", "transactions.live"}
ELSEWHERE = {"login.show"}
NEEDED = {
    "live.station_tiles": "station_id={station}",
    "messages.tail": "after=0",
    "tags.cards": "since=0",
}
PARTS = {"messages.tail", "tags.cards"}  # what scripts ask for
FILES = {"exports.transactions", "exports.summary", "exports.details"}
MONTH, YEAR = "from={first}&to={last}", "from={first_of_year}&to={last}"
HOURS = "from={hour}&to={next_hour}"  # while there is a message log
QUERIES: dict[str, tuple[str, ...]] = {
    "overview.show": ("state=faulted", "state=occupied", "search=place+3", "group=station"),
    "transactions.listing": (
        *("station_id={station}", "station_id={station}&evse_id=1", "tag={tag}", "state=active"),
        *("state=ended", MONTH, f"station_id={{station}}&{MONTH}", "sort=started_at"),
        *("tag={tag}&station_id={station}", "tag={tag}&state=active", "tag=nobody"),
    ),
    "stations.listing": (
        *("search=place+3", "search=nothing", "online=false", "online=true", "sort=-last_seen"),
        *("sort=online", "in_quarantine=all&sort=-name"),
    ),
    "connectors.listing": (
        *("status=Faulted", "status=Occupied", "station_id={station}", "search=place+3"),
        "search=nothing",
    ),
    "tags.listing": (
        *("search=Driver+01", "search=nothing", "group=COMPANY7", "blocked=true", "sort=-name"),
        *("sort=expires_at", "sort=group", "group=COMPANY7&search=9"),
    ),
    "messages.listing": (
        *("station_id={station}", "direction=outgoing", "action=StatusNotification"),
        *("action=Heartbeat", "action=nothing", "error=any", "error=timeout", HOURS),
        *("search=04A2B6", "search=nothing", "station_id={station}&action=MeterValues"),
        *("station_id={station}&error=any", f"station_id={{station}}&{HOURS}"),
        "station_id={station}&search=nothing",
    ),
    "report.show": (MONTH, YEAR),
}


@dataclass
class Drawer:
    """Draws what pages are asked for."""

    size: Size
    now: datetime
    dice: random.Random

    def values(self) -> dict[str, Any]:
        """Return values for the variables of a URL or a query."""
        entry = self.dice.randrange(1, self.size.commands + 1)
        number = self.dice.randrange(1, self.size.transactions + 1)
        step = max(1, self.size.transactions // max(1, self.size.long_sessions))
        number = max(step, number // step * step) if self.dice.random() < 0.5 else number
        station = history.station_id((entry - 1) * 7 % self.size.stations)
        tag = history.tag_id(int(self.dice.random() ** 2 * self.size.tags))
        day = self.now - timedelta(days=self.dice.randrange(30, self.size.days))
        hour = self.now - timedelta(hours=self.dice.randrange(2, 24 * self.size.message_days - 2))
        return {
            "station_id": station,
            "station": station,
            "evse_id": 1,
            "connector_id": 1,
            "transaction_id": number * history.FACTOR % history.PRIME,
            "entry": entry,
            "message_id": self.dice.randrange(1, self.size.messages + 1),
            "kind": "csv",
            "tag_id": tag,
            "tag": tag,
            "first": f"{day:%Y-%m-01}",
            "last": f"{day:%Y-%m-28}",
            "first_of_year": f"{day:%Y-01-01}",
            "hour": f"{hour:%Y-%m-%dT%H:00}",
            "next_hour": f"{hour + timedelta(hours=2):%Y-%m-%dT%H:00}",
        }


@dataclass(frozen=True)
class Page:
    """A page that is measured: what its URL is made of."""

    name: str
    endpoint: str
    path: str
    query: str

    def url(self, values: dict[str, Any]) -> str:
        """Return a URL of it."""
        quoted = {name: quote(str(value)) for name, value in values.items()}
        url = self.path.format(**quoted)
        return f"{url}?{self.query.format(**quoted)}" if self.query else url

    @property
    def headers(self) -> dict[str, str]:
        """Return what a browser sends with it."""
        return {"HX-Request": "true"} if self.endpoint in PARTS else {}

    @property
    def is_file(self) -> bool:
        """Tell whether it hands out whole files, as long as they may take."""
        return self.endpoint in FILES


def rules() -> list[Rule]:
    """Return the routes of all pages."""
    app = Flask("ocpp_core")
    application.register(app, api_key="", checks={})
    areas = {area.name for area in pages.areas()}
    found = [rule for rule in app.url_map.iter_rules() if rule.endpoint.split(".")[0] in areas]
    return [rule for rule in found if "GET" in (rule.methods or ()) and rule.redirect_to is None]


def all_pages() -> list[Page]:
    """Return what is measured."""
    found = []
    for rule in sorted(rules(), key=str):
        if rule.endpoint in STREAMS or rule.endpoint in ELSEWHERE:
            continue
        template = _template(str(rule), NAMES.get(rule.endpoint, ""))
        first = MONTH if rule.endpoint in FILES else NEEDED.get(rule.endpoint, "")
        queries = (first, *QUERIES.get(rule.endpoint, ()))
        found += [
            Page(" ?".join(filter(None, (str(rule), query))), rule.endpoint, template, query)
            for query in queries
        ]
    return found


def _template(rule: str, name: str) -> str:
    """Return a rule with {braces} around its variables."""
    return re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule).replace("{name}", name)


# Variables that are called the same and mean different things.
NAMES = {
    "people.edit_user": NAME,
    "people.ask_before_removal": NAME,
    "people.ask_before_key_removal": "benchmark",
    "commands.form": "unlock-connector",
}
