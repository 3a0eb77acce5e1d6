"""A visitor of the pages for tests: a browser without JavaScript that looks closely.

Each page it is shown is checked (page_checks.py). `site` of tests/integration/pages is logged in
as administrator; `site.as_role(Role.VIEWER)` is somebody else on the same server.

    page = site.get("/tags/new")
    answer = page.submit({"id": "04A2"}, button="Save")   # with the form's token and other values
    assert "04A2" in answer.follow().text                 # 303, and the page behind it
"""

from __future__ import annotations

import functools
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from ocpp_core import clock
from ocpp_core.domain.roles import Role
from ocpp_core.services import logins, passwords, people
from ocpp_core.web import auth
from ocpp_core.web.api.events import EXTENSION
from ocpp_core.web.live_events import LiveEvents
from tests.support.html_forms import HtmlForm
from tests.support.html_page import Element, HtmlPage, text_of
from tests.support.page_checks import problems_of, problems_of_headers
from tests.support.rest import make_app, server_of
from tests.support.server import API_KEY

PASSWORD = "correct horse battery staple"
REDIRECTS = (301, 302, 303, 307, 308)


class Seen:
    """What the server answered: a page, a fragment of one, or something else."""

    def __init__(self, site: Site, response: TestResponse, *, is_fragment: bool) -> None:
        self.site, self.response = site, response
        self.status = response.status_code
        is_page = response.status_code not in REDIRECTS and bool(response.data)
        self.is_html = response.mimetype == "text/html" and is_page
        self.page = HtmlPage(response.text if self.is_html else "", is_fragment=is_fragment)

    @property
    def html(self) -> str:
        """The text of the answer as it was sent."""
        return self.response.text

    @property
    def text(self) -> str:
        """The words of the page, white space collapsed."""
        return text_of(self.page.root)

    @property
    def title(self) -> str:
        """The page's first heading."""
        return text_of(self.page.all("h1")[0])

    @property
    def location(self) -> str:
        """Where a redirect leads."""
        return self.response.headers["Location"]

    def follow(self) -> Seen:
        """Go where the redirect after a form leads."""
        assert self.status == 303, f"{self.status}, not a redirect: {self.text[:500]}"
        return self.site.get(self.location)

    def all(self, tag: str, class_: str = "") -> list[Element]:
        """Return the elements of a tag, and of a class where one is named."""
        found = self.page.all(tag)
        return [e for e in found if not class_ or class_ in e.get("class", "").split()]

    def texts(self, tag: str, class_: str = "") -> list[str]:
        """Return the texts of those elements."""
        return [text_of(each) for each in self.all(tag, class_)]

    def rows(self) -> list[list[str]]:
        """Return the cells of all tables' bodies, row by row."""
        bodies = [row for body in self.page.all("tbody") for row in body.iter("tr")]
        return [[text_of(cell) for cell in row if cell.tag in ("td", "th")] for row in bodies]

    def links(self) -> dict[str, str]:
        """Return where links lead, by what they are called."""
        return {self.page.name_of(a): a.get("href", "") for a in self.page.all("a")}

    def form(self, *, action: str | None = None, button: str | None = None) -> HtmlForm:
        """Return the form inside <main> of this action, or with this button."""
        inside = [form for main in self.all("main") for form in main.iter("form")]
        forms = [HtmlForm(self.page, form) for form in inside or self.page.all("form")]
        found = [
            form
            for form in forms
            if (action is None or urlsplit(form.action).path == urlsplit(action).path)
            and (button is None or button in dict(form.buttons()))
        ]
        if action is None and button is None and len(found) > 1:
            found = [form for form in found if form.method == "POST"]
        told = [(form.action, [name for name, _ in form.buttons()]) for form in forms]
        assert len(found) == 1, f"{len(found)} forms fit among {told}"
        return found[0]

    def submit(
        self,
        values: dict[str, Any] | None = None,
        *,
        action: str | None = None,
        button: str | None = None,
        **options: Any,
    ) -> Seen:
        """Fill in a form and send it."""
        form = self.form(action=action, button=button)
        target = form.action or self.response.request.full_path.rstrip("?")
        sent = form.filled(values or {}, button)
        if form.method == "GET":
            return self.site.get(urlsplit(target).path, query_string=sent, **options)
        return self.site.open("POST", target, data=sent, **options)

    def check(self, *, hostile: bool) -> None:
        """Fail for what is wrong with the page."""
        if not self.is_html:
            return
        problems = problems_of(self.page, hostile=hostile)
        problems += problems_of_headers(self.response.headers)
        where = f"{self.response.request.method} {self.response.request.full_path}"
        assert problems == [], f"{where}: {problems}"


class Site:
    """A visitor; `hostile` says that what stations wrote may look like anything."""

    def __init__(self, app: Flask, role: Role | None, *, hostile: bool = False) -> None:
        self.app, self.role, self.hostile = app, role, hostile
        self.client = app.test_client()
        self.headers: dict[str, str] = {}
        self._rules: dict[str, str] = {}  # of titles
        if role is not None:
            log_in(self, role)

    def as_role(self, role: Role | None) -> Site:
        """Return another visitor of the same server; None: nobody who is known."""
        return Site(self.app, role, hostile=self.hostile)

    def get(self, path: str, **options: Any) -> Seen:
        """Look at a page."""
        return self.open("GET", path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> Seen:
        """Send a form that no page showed, with a token."""
        return self.open("POST", path, data={"csrf_token": self.token(), **(data or {})}, **options)

    def open(self, method: str, path: str, **options: Any) -> Seen:
        """Send a request and check the page that is answered."""
        headers = {**self.headers, **options.pop("headers", {})}
        response = self.client.open(path, method=method, headers=headers, buffered=True, **options)
        seen = Seen(self, response, is_fragment=headers.get("HX-Request") == "true")
        seen.check(hostile=self.hostile)
        if seen.is_html and not seen.page.is_fragment and seen.status == 200:
            self._check_title(seen)
        return seen

    def token(self) -> str:
        """Return a CSRF token of this visitor."""
        with self.client.session_transaction() as session:
            raw = session.setdefault("csrf_token", secrets.token_hex(20))
        signer = URLSafeTimedSerializer(str(self.app.secret_key), salt="wtf-csrf-token")
        return str(signer.dumps(raw))

    def _check_title(self, seen: Seen) -> None:
        """Fail when two pages of different kinds are called the same."""
        request = seen.response.request
        with self.app.test_request_context(request.path, method="GET") as context:
            rule = str(context.request.url_rule)
        title = text_of(seen.page.all("title")[0])
        first = self._rules.setdefault(title, rule)
        assert first == rule, f"{rule} and {first} are both called {title!r}"


def make_site(role: Role | None = Role.ADMINISTRATOR, dispatcher: Any = None) -> Site:
    """Return a visitor of a server that was just started, on the database that is open."""
    app = _application()
    app.config["WTF_CSRF_ENABLED"] = True
    app.extensions["ocpp_core"] = server_of(dispatcher)
    app.extensions[EXTENSION].end()
    app.extensions[EXTENSION] = LiveEvents()
    auth.register(app, API_KEY)
    return Site(app, role)


@functools.cache
def _application() -> Flask:
    """Return the routes and templates, made once: compiling them takes longer than a test."""
    app, _ = make_app()
    app.secret_key = "of the tests"
    return app


def log_in(site: Site, role: Role) -> None:
    """Begin a session for the user of a role; the password is hashed once for all tests."""
    name = role.value
    people.put(name, role, _hashed(), clock.utcnow())
    token = logins.begin(name, "127.0.0.1", "tests", clock.utcnow())
    with site.client.session_transaction() as session:
        session["_user_id"] = token
        session["_fresh"] = True


@functools.cache
def _hashed() -> str:
    return passwords.hashed(PASSWORD)
