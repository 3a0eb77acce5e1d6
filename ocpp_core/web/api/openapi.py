"""The OpenAPI document, made from the declarations that serve the routes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from ... import __version__, errors
from ...domain.roles import Role
from ..problems import KINDS, MEDIA_TYPE, Problem
from .endpoints import PARAMETERS, Endpoint
from .reading import MOST_BYTES

ROOT = "/api/v1"
SCHEMAS = "#/components/schemas/"
DESCRIPTION = """\
Moments are RFC 3339 in UTC with `Z`, energy is Wh, power W. Ids in paths are percent-encoded.
Lists hand out a cursor: ask again with it until `next` is null. Failures are problem documents
(RFC 9457). Each answer has an `X-Request-ID`; the caller's own is taken over."""
TAGS = {
    "Stations": "what is known of stations, and what was said",
    "Commands": "what stations are told to do",
    "Tags": "what drivers identify themselves with",
    "Transactions": "charging sessions",
    "Events": "what happens, as it happens",
}
SECURITY_SCHEMES = {
    "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "Bearer": {"type": "http", "scheme": "bearer", "description": "the same key"},
}
ALWAYS = (errors.Unauthorized, errors.Busy, errors.StorageUnavailable, Exception)
HEADERS: dict[int, dict[str, str]] = {
    401: {"WWW-Authenticate": "how to say who calls"},
    429: {"Retry-After": "seconds until the next try"},
    503: {"Retry-After": "seconds until the next try"},
}

Schema = dict[str, Any]
References = Mapping[tuple[Any, JsonSchemaMode], Schema]


def written(endpoints: Iterable[Endpoint]) -> bytes:
    """Return the document as JSON."""
    return orjson.dumps(document(tuple(endpoints)))


def document(endpoints: tuple[Endpoint, ...]) -> Schema:
    """Return the document of these operations."""
    references, definitions = _schemas(endpoints)
    paths: dict[str, Schema] = {}
    for endpoint in endpoints:
        operation = _Operation(endpoint, references, definitions).written()
        paths.setdefault(ROOT + endpoint.path, {})[endpoint.method.lower()] = operation
    for endpoint in endpoints:
        if endpoint.query is not None:  # written as parameters
            definitions.pop(_name(references[endpoint.query, "validation"]), None)
    return {
        "openapi": "3.1.0",
        "info": {"title": "OCPP.Core", "version": __version__, "description": DESCRIPTION},
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "security": [{name: []} for name in SECURITY_SCHEMES],
        "paths": paths,
        "components": {"schemas": definitions, "securitySchemes": SECURITY_SCHEMES},
    }


def _schemas(endpoints: tuple[Endpoint, ...]) -> tuple[References, dict[str, Schema]]:
    """Return a reference to each model, and all schemas by name."""
    models: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for endpoint in endpoints:
        for model in (endpoint.query, endpoint.body):
            if model is not None:
                models[model, "validation"] = None
        if endpoint.answer is not None:
            models[endpoint.answer, "serialization"] = None
    references, schema = models_json_schema([*models], ref_template=f"{SCHEMAS}{{model}}")
    return references, schema["$defs"]


class _Operation:
    """One operation of the document."""

    def __init__(
        self, endpoint: Endpoint, references: References, definitions: dict[str, Schema]
    ) -> None:
        self._endpoint = endpoint
        self._references = references
        self._definitions = definitions

    def written(self) -> Schema:
        """Return the operation object."""
        endpoint = self._endpoint
        role = f"Needs role {endpoint.role.value}."
        operation: Schema = {
            "tags": [endpoint.tag],
            "summary": endpoint.summary,
            "description": f"{endpoint.description}\n\n{role}".strip(),
            "operationId": endpoint.name,
            "parameters": [*self._path_parameters(), *self._query_parameters()],
            "responses": {**self._success(), **dict(self._failures())},
        }
        if endpoint.body is not None:
            schema = self._references[endpoint.body, "validation"]
            required = bool(self._definitions[_name(schema)].get("required"))
            content = {"application/json": {"schema": schema}}
            operation["requestBody"] = {"required": required, "content": content}
        return operation

    def _path_parameters(self) -> Iterator[Schema]:
        for name, parameter in PARAMETERS.items():
            if f"{{{name}}}" in self._endpoint.path:
                yield {
                    "name": name,
                    "in": "path",
                    "required": True,
                    "description": parameter.description,
                    "schema": parameter.schema,
                }

    def _query_parameters(self) -> Iterator[Schema]:
        if self._endpoint.query is None:
            return
        model = self._definitions[_name(self._references[self._endpoint.query, "validation"])]
        for name, schema in model["properties"].items():
            description = schema.pop("description", "") if "$ref" not in schema else ""
            yield {"name": name, "in": "query", "description": description, "schema": schema}

    def _success(self) -> Schema:
        endpoint = self._endpoint
        response: Schema = {"description": endpoint.summary}
        if endpoint.answer is not None:
            schema = self._references[endpoint.answer, "serialization"]
            response["content"] = {endpoint.media_type: {"schema": schema}}
        elif endpoint.status != 204:
            response["content"] = {endpoint.media_type: {"schema": {"type": "string"}}}
        if endpoint.status == 201:
            response["headers"] = {"Location": _header("where it is now")}
        return {str(endpoint.status): response}

    def _failures(self) -> Iterator[tuple[str, Schema]]:
        content = {MEDIA_TYPE: {"schema": self._references[Problem, "serialization"]}}
        for status, titles in sorted(self._titles().items()):
            response: Schema = {"description": "; ".join(titles), "content": content}
            headers = HEADERS.get(status)
            if headers:
                response["headers"] = {name: _header(text) for name, text in headers.items()}
            yield str(status), response

    def _titles(self) -> dict[int, list[str]]:
        endpoint = self._endpoint
        fails: list[type[Exception]] = [*endpoint.fails, *ALWAYS]
        if endpoint.query is not None or endpoint.body is not None:
            fails.append(errors.InvalidInput)
        if endpoint.role is not Role.VIEWER:
            fails.append(errors.Forbidden)
        titles: dict[int, list[str]] = {}
        if endpoint.body is not None:
            titles[413] = [f"The body has more than {MOST_BYTES} bytes"]
            titles[415] = ["The body is no JSON"]
        for error in fails:
            kind = KINDS[error]
            titles.setdefault(kind.status, []).append(kind.title)
        return titles


def _header(description: str) -> Schema:
    return {"description": description, "schema": {"type": "string"}}


def _name(reference: Schema) -> str:
    return str(reference["$ref"]).removeprefix(SCHEMAS)
