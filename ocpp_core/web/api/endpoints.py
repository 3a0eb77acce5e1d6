"""Declaring the routes of the API: one declaration serves, checks, and documents each.

A view gets its path parameters, the checked `query` and the checked `body`; what it returns is
written as the declared `answer`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import Response
from pydantic import BaseModel
from werkzeug.datastructures import Headers

from ... import green
from ...domain.roles import Role
from ...errors import OcppCoreError
from . import reading

M = TypeVar("M", bound=BaseModel)
View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of a path: how Flask finds it and how it is documented."""

    converter: str
    schema: dict[str, Any]
    description: str


PARAMETERS = {
    "station_id": Parameter(
        "text", {"type": "string", "maxLength": 255}, "id of the station, percent-encoded"
    ),
    "tag_id": Parameter(
        "rest", {"type": "string", "maxLength": 255}, "id of the tag, percent-encoded; case is free"
    ),
    "transaction_id": Parameter(
        "int(max=2147483647)",
        {"type": "integer", "minimum": 0, "maximum": 2**31 - 1},
        "number of the transaction",
    ),
    "action": Parameter("text", {"type": "string", "pattern": "^[A-Za-z]+$"}, "name of the CALL"),
}


class Listing(BaseModel, Generic[M]):
    """One page of a list; `next` is the cursor of the following page, null at the end."""

    items: list[M]
    next: str | None


@dataclass(frozen=True, slots=True)
class Created:
    """What a view returns for something new."""

    value: object
    location: str


@dataclass(frozen=True)
class Endpoint:
    """One operation of the API."""

    method: str
    path: str  # below /api/v1, parameters in braces
    role: Role
    view: View
    name: str
    tag: str
    summary: str
    description: str = ""
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    media_type: str = "application/json"
    fails: tuple[type[OcppCoreError], ...] = ()

    @property
    def rule(self) -> str:
        """Return the path as Flask's routing wants it."""
        rule = self.path
        for name, parameter in PARAMETERS.items():
            rule = rule.replace(f"{{{name}}}", f"<{parameter.converter}:{name}>")
        return rule

    def serve(self, **arguments: Any) -> Response:
        """Check what came, call the view, and write what it returns."""
        if self.query is not None:
            arguments["query"] = reading.query(self.query)
        if self.body is not None:
            arguments["body"] = reading.body(self.body)
        result = self.view(**arguments)
        if isinstance(result, Response):
            return result
        headers = Headers()
        if isinstance(result, Created):
            headers["Location"] = result.location
            result = result.value
        return self._response(result, headers)

    def _response(self, value: object, headers: Headers) -> Response:
        if self.answer is None:
            return Response(status=self.status, headers=headers)
        green.breathe()  # writing a long list takes as long as reading it
        model = self.answer.model_validate(value, from_attributes=True)
        # Set means told: a member that a view left out is absent, one that is None is null.
        text = model.model_dump_json(exclude_unset=True)
        return Response(text, self.status, headers, content_type=self.media_type)


class Routes:
    """The operations on one kind of thing."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.endpoints: list[Endpoint] = []

    def get(self, path: str, role: Role, **declared: Any) -> Callable[[View], View]:
        """Declare the view that shows."""
        return self._declare("GET", path, role, declared)

    def post(self, path: str, role: Role, **declared: Any) -> Callable[[View], View]:
        """Declare the view that adds or does something."""
        return self._declare("POST", path, role, declared)

    def patch(self, path: str, role: Role, **declared: Any) -> Callable[[View], View]:
        """Declare the view that changes."""
        return self._declare("PATCH", path, role, declared)

    def delete(self, path: str, role: Role, **declared: Any) -> Callable[[View], View]:
        """Declare the view that removes."""
        return self._declare("DELETE", path, role, {"status": 204, **declared})

    def _declare(
        self, method: str, path: str, role: Role, declared: dict[str, Any]
    ) -> Callable[[View], View]:
        def declare(view: View) -> View:
            summary, _, rest = inspect.getdoc(view).partition("\n")  # type: ignore[union-attr]
            self.endpoints.append(
                Endpoint(
                    method=method,
                    path=path,
                    role=role,
                    view=view,
                    name=view.__name__,
                    tag=self.tag,
                    summary=summary.rstrip("."),
                    description=rest.strip(),
                    **declared,
                )
            )
            return view

        return declare
