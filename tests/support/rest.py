"""A client of the REST API that holds each answer against the API's own OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator, FormatChecker
from werkzeug.test import TestResponse

from ocpp_core import clock
from ocpp_core.commands.base import Outcome
from ocpp_core.config import Config
from ocpp_core.live.dispatch import CallOutcome
from ocpp_core.services import command_log
from ocpp_core.services.message_log import ALL, MessageLog
from ocpp_core.services.presented import Presented
from ocpp_core.web import application
from ocpp_core.web.live_events import LiveEvents
from tests.support.server import API_KEY, ROOT


@dataclass
class FakeDispatcher:
    """Stands for all stations: notes what is sent, answers or fails as it was told."""

    answer: Outcome | CallOutcome | Exception | None = None
    sent: list[tuple[Any, ...]] = field(default_factory=list)

    timeout_s = 60.0

    def note(self, station_id: str, command: Any, user: str) -> int:
        """Put a command into the history."""
        parameters = command.model_dump(mode="json", exclude_defaults=True)
        return command_log.begin(station_id, command.name, parameters, user, clock.utcnow())

    def send(self, station_id: str, command: Any, user: str, entry: int | None = None) -> Any:
        """Take a command."""
        self.sent.append((station_id, command, user))
        return self._answer(Outcome("Accepted", done=True))

    def call(self, station_id: str, action: str, payload: Mapping[str, Any], user: str) -> Any:
        """Take a raw CALL."""
        self.sent.append((station_id, action, payload, user))
        return self._answer(CallOutcome("m-1", result={}))

    def _answer(self, usual: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or usual


def make_app(
    dispatcher: Any = None,
    *,
    api_key: str = API_KEY,
    checks: Mapping[str, Callable[[], object]] | None = None,
) -> tuple[Flask, LiveEvents]:
    """Return an application with the routes for programs, on the database that is open."""
    app = Flask(
        "ocpp_core",
        root_path=str(ROOT),
        static_folder=str(ROOT / "static"),
        template_folder=str(ROOT / "templates"),
    )
    app.extensions["ocpp_core"] = server_of(dispatcher)
    return app, application.register(app, api_key=api_key, checks=checks or {})


def server_of(dispatcher: Any) -> SimpleNamespace:
    """Return what stands for the server behind an application."""
    return SimpleNamespace(
        dispatcher=dispatcher,
        message_log=MessageLog(ALL, 30),
        presented=Presented(),
        config=Config(),
    )


_documents: list[dict[str, Any]] = []


class Rest:
    """Calls paths below /api/v1 with a key; an answer that is not documented fails the test."""

    def __init__(self, client: FlaskClient, key: str | None = API_KEY) -> None:
        self.client = client
        self.headers = {"X-API-Key": key} if key else {}

    def with_key(self, key: str | None) -> Rest:
        """Return the same client for another caller."""
        return Rest(self.client, key)

    @property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document, the same of all applications."""
        if not _documents:
            _documents.append(self.client.get("/api/v1/openapi.json").get_json())
        return _documents[0]

    def get(self, path: str, **options: Any) -> TestResponse:
        """Ask for something."""
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Add or do something."""
        return self.call("POST", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Change something."""
        return self.call("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        """Remove something."""
        return self.call("DELETE", path, **options)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Send a request and check the answer."""
        if body is not None:
            options["json"] = body
        headers = {**self.headers, **options.pop("headers", {})}
        response = self.client.open(f"/api/v1{path}", method=method, headers=headers, **options)
        self.check(method, path, response)
        return response

    def check(self, method: str, path: str, response: TestResponse) -> None:
        """Hold an answer against the document."""
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Request-ID"]
        operation = self._operation(method, path.partition("?")[0])
        if operation is None:  # no such route
            assert response.status_code in (401, 404, 405, 429)
            documented: dict[str, Any] = {}
            content_type = "application/problem+json"
        else:
            documented = operation["responses"][str(response.status_code)]
            content_type = next(iter(documented.get("content", {})), "")
        for name in documented.get("headers", {}):
            assert response.headers[name]
        assert response.mimetype == content_type or not response.data
        if response.is_json:
            schema = documented.get("content", {}).get(content_type, {}).get("schema")
            self._check_schema(
                response.get_json(), schema or {"$ref": "#/components/schemas/Problem"}
            )

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        for template, operations in self.document["paths"].items():
            pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, f"/api/v1{path}") and method.lower() in operations:
                return operations[method.lower()]
        return None

    def _check_schema(self, value: Any, schema: dict[str, Any]) -> None:
        root = {**schema, "components": self.document["components"]}
        Draft202012Validator(root, format_checker=FormatChecker()).validate(value)
