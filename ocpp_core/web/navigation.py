"""The menu: one line for each page that is in it, with the role that sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import lazy_gettext as _l

from ..domain.roles import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the menu."""

    endpoint: str
    title: Any
    icon: str
    role: Role = Role.VIEWER

    @property
    def is_current(self) -> bool:
        """Tell whether the page that is shown is this one, or below it."""
        url = url_for(self.endpoint)
        is_below = url != "/" and request.path.startswith(f"{url}/")
        return request.path == url or is_below


@dataclass(frozen=True, slots=True)
class Group:
    """Entries below a heading."""

    title: Any
    entries: tuple[Entry, ...]


MENU = (
    Group(
        "",
        (
            Entry("overview.show", _l("Overview"), "home"),
            Entry("transactions.listing", _l("Transactions"), "bolt"),
            Entry("report.show", _l("Charge report"), "report"),
        ),
    ),
    Group(
        _l("Stations"),
        (
            Entry("stations.listing", _l("Charging stations"), "charging-pile"),
            Entry("connectors.listing", _l("Connectors"), "plug"),
            Entry("tags.listing", _l("RFID tags"), "id-badge-2"),
            Entry("quarantine.listing", _l("Quarantine"), "shield", Role.ADMINISTRATOR),
        ),
    ),
    Group(
        _l("Operation"),
        (
            Entry("diagnostics.show", _l("Diagnostics"), "stethoscope"),
            Entry("messages.listing", _l("Message log"), "message-2"),
        ),
    ),
    Group(
        _l("Administration"),
        (
            Entry("people.users", _l("Users"), "users", Role.ADMINISTRATOR),
            Entry("people.keys", _l("API keys"), "key", Role.ADMINISTRATOR),
            Entry("people.sessions", _l("Sessions"), "device-desktop", Role.ADMINISTRATOR),
            Entry("api.page", _l("API"), "terminal-2"),
        ),
    ),
)


def menu(role: Role) -> tuple[Group, ...]:
    """Return what somebody of this role sees."""
    groups = (
        Group(group.title, tuple(entry for entry in group.entries if role.includes(entry.role)))
        for group in MENU
    )
    return tuple(group for group in groups if group.entries)
