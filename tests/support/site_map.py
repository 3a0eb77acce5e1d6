"""All addresses of the pages, with something that exists in the place of each parameter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from werkzeug.routing import Rule

from ocpp_core.domain.roles import Role
from ocpp_core.web.pages.area import Area
from tests.support.furnished import Furniture

STREAMS = {"live.stream", "stations.live", "transactions.live"}  # never end
PARTS = {"stations.panel", "transactions.facts", "messages.tail", "tags.heard"}  # of pages


@dataclass(frozen=True, slots=True)
class Address:
    """One route with its URL."""

    rule: str
    url: str
    endpoint: str
    method: str
    role: Role | None
    view: Any

    @property
    def headers(self) -> dict[str, str]:
        """What a browser sends with it."""
        return {"HX-Request": "true"} if self.endpoint in PARTS else {}


def page_rules(app: Flask) -> Iterator[Rule]:
    """Yield the routes of all areas."""
    areas = {name for name, each in app.blueprints.items() if isinstance(each, Area)}
    for rule in app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in areas:
            yield rule


def addresses(app: Flask, method: str, furniture: Furniture) -> list[Address]:
    """Return the addresses that take a method, streams left out."""
    found = []
    for rule in page_rules(app):
        if method not in (rule.methods or ()) or rule.endpoint in STREAMS:
            continue
        view = app.view_functions[rule.endpoint]
        with app.test_request_context():
            url = app.url_for(rule.endpoint, **_values(rule, furniture))
        url += _query(rule.endpoint, furniture)
        role = getattr(view, "_access", None)
        found.append(Address(rule.rule, url, rule.endpoint, method, role, view))
    return sorted(found, key=lambda each: each.url)


def _values(rule: Rule, furniture: Furniture) -> dict[str, Any]:
    known = {
        "station_id": furniture.station_id,
        "tag_id": furniture.tag_id,
        "transaction_id": furniture.ended,
        "message_id": furniture.message_id,
        "evse_id": 1,
        "connector_id": 1,
        "kind": "csv",
        "login_id": 1,
        "command_id": 1,
        "entry_id": 1,
        "entry": 1,
        "user_name": Role.VIEWER.value,
        "name": _name_for(rule, furniture),
    }
    values = {name: known[name] for name in rule.arguments if name in known}
    if "quarantine" in rule.endpoint:
        values |= {"station_id": furniture.waiting_id} if "station_id" in values else {}
    missing = rule.arguments - values.keys()
    assert not missing, f"{rule.rule}: the site map knows nothing for {missing}"
    return values


def _query(endpoint: str, furniture: Furniture) -> str:
    """Return what an address cannot do without."""
    wanted = {
        "live.station_tiles": {"station_id": furniture.station_id},
        "messages.tail": {"after": 0},
    }
    return f"?{urlencode(wanted[endpoint])}" if endpoint in wanted else ""


def _name_for(rule: Rule, furniture: Furniture) -> str:
    """Return a command, a key or a user."""
    if "commands" in rule.endpoint:
        return "unlock-connector"
    return furniture.key if "key" in rule.endpoint else Role.VIEWER.value
