"""Reading what a caller sends, into models that say what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

import orjson
from flask import request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from ...errors import InvalidInput

M = TypeVar("M", bound=BaseModel)

MOST_BYTES = 1_048_576
# No control characters: nothing that is shown or stored may hold them (PostgreSQL: no U+0000).
Line = Annotated[str, StringConstraints(max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Input(BaseModel):
    """Base of what callers send: nothing unknown, no type guessed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def given(self) -> dict[str, Any]:
        """Return the members that were sent."""
        return self.model_dump(exclude_unset=True)


class Paging(Input):
    """Query of every list."""

    limit: int = Field(default=100, ge=1, le=1000, description="most items of one page")
    cursor: str | None = Field(
        default=None, max_length=1000, description="`next` of the page before"
    )


def query(model: type[M]) -> M:
    """Return the checked query. Raises InvalidInput with what is wrong with each parameter."""
    values = {name: found[0] if len(found) == 1 else found for name, found in request.args.lists()}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise InvalidInput("the query cannot be used", _by_field(error)) from error


def body(model: type[M]) -> M:
    """Return the checked body; none at all is an empty object.

    Raises InvalidInput with what is wrong with each member, UnsupportedMediaType for anything
    but JSON, RequestEntityTooLarge beyond 1 MiB.
    """
    try:
        return model.model_validate_json(orjson.dumps(_json_object()), strict=True)
    except ValidationError as error:
        raise InvalidInput("the body cannot be used", _by_field(error)) from error
    except TypeError as error:  # of orjson.dumps: what it reads, it may not write
        raise InvalidInput("the body is nested too deeply") from error


def _json_object() -> Mapping[str, Any]:
    request.max_content_length = MOST_BYTES
    data = request.get_data(cache=False)
    if not data:
        return {}
    if not request.is_json:
        raise UnsupportedMediaType("send application/json")
    try:
        values = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"the body is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise InvalidInput("the body is not a JSON object")
    return values


def _by_field(error: ValidationError) -> dict[str, str]:
    fields: dict[str, str] = {}
    for entry in error.errors(include_url=False, include_input=False):
        fields.setdefault(_name(entry["loc"]), entry["msg"].removeprefix("Value error, "))
    return fields


def _name(location: Iterable[int | str]) -> str:
    return ".".join(str(part) for part in location) or "body"
