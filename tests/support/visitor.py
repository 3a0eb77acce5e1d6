"""Somebody who is logged in at a real server: pages are fetched and forms are sent by HTTP."""

from __future__ import annotations

import functools
import re
from typing import Any

import requests

from ocpp_core import clock
from ocpp_core.domain.roles import Role
from ocpp_core.services import passwords, people
from tests.conftest import opened
from tests.support.server import RunningServer

PASSWORD = "correct horse battery staple"
TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


class Visitor:
    """A browser without JavaScript at a running server; its user is made in the database."""

    def __init__(self, server: RunningServer, role: Role = Role.OPERATOR) -> None:
        self.url = server.url
        self.session = requests.Session()
        with opened(server.environment["OCPP_DATABASE_URL"]):
            people.put(role.value, role, _hashed(), clock.utcnow())
        self.token = self._token("/login")
        answer = self.send("/login", name=role.value, password=PASSWORD, follow=False)
        assert answer.status_code == 303, answer.text
        self.token = self._token("/")

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    @property
    def cookies(self) -> str:
        """What a browser sends as its cookies."""
        return "; ".join(f"{each.name}={each.value}" for each in self.session.cookies)

    def get(self, path: str, **options: Any) -> requests.Response:
        """Look at a page."""
        return self.session.get(self.url + path, timeout=10, **options)

    def send(
        self, path: str, *, follow: bool = True, timeout_s: float = 30, **values: Any
    ) -> requests.Response:
        """Send a form with the token, and go where its answer leads."""
        form = {"csrf_token": self.token, **values}
        return self.session.post(
            self.url + path, data=form, timeout=timeout_s, allow_redirects=follow
        )

    def _token(self, path: str) -> str:
        found = TOKEN.search(self.get(path).text)
        assert found, path
        return found[1]


@functools.cache
def _hashed() -> str:
    return passwords.hashed(PASSWORD)
