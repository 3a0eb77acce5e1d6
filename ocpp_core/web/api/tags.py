"""Charge tags."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, Field

from ... import clock
from ...domain.roles import Role
from ...errors import AlreadyExists, NotFound
from ...services import tags
from ...services.paging import Page
from ...services.tags import TagChanges
from .endpoints import Created, Listing, Routes
from .reading import Input, Line, Paging
from .values import DayOrMoment, Moment

routes = Routes("Tags")


class TagEdit(Input):
    """What may be said of a tag; what is absent stays as it is."""

    type: Line | None = Field(
        default=None, description="IdTokenEnumType of OCPP 2.x, for example ISO14443"
    )
    name: Line = Field(default="", description="for people")
    group: Line | None = Field(
        default=None, description="tags of one group may stop each other's transactions"
    )
    expires_at: DayOrMoment | None = Field(
        default=None, description="not accepted from then on; a date means the end of that day"
    )
    blocked: bool = False


class NewTag(TagEdit):
    """A tag to be."""

    id: str = Field(min_length=1, max_length=255, description="what the reader reads; case is free")


class Tag(BaseModel):
    """A charge tag."""

    id: str
    type: str | None
    name: str
    group: str | None
    expires_at: Moment | None
    blocked: bool


class Tags(Listing[Tag]):
    """A page of tags, ordered by id."""


class TagQuery(Paging):
    """Which tags."""

    group: Line | None = Field(default=None, description="only those of this group")
    blocked: bool | None = Field(default=None, description="only those that are, or are not")
    search: Line | None = Field(default=None, description="part of id or name")


@routes.get("/tags", Role.VIEWER, query=TagQuery, answer=Tags)
def list_tags(query: TagQuery) -> Page[Any]:
    """List tags."""
    return tags.page(**dict(query))


@routes.post(
    "/tags", Role.ADMINISTRATOR, body=NewTag, answer=Tag, status=201, fails=(AlreadyExists,)
)
def add_tag(body: NewTag) -> Created:
    """Add a tag."""
    values = body.given()
    tag = tags.add(values.pop("id"), TagChanges(**values), clock.utcnow())
    return Created(tag, f"/api/v1/tags/{quote(tag.id, safe='')}")


@routes.get("/tags/{tag_id}", Role.VIEWER, answer=Tag, fails=(NotFound,))
def get_tag(tag_id: str) -> object:
    """Show a tag."""
    return tags.find(tag_id)


@routes.patch("/tags/{tag_id}", Role.ADMINISTRATOR, body=TagEdit, answer=Tag, fails=(NotFound,))
def edit_tag(tag_id: str, body: TagEdit) -> object:
    """Change a tag."""
    return tags.edit(tag_id, TagChanges(**body.given()))


@routes.delete("/tags/{tag_id}", Role.ADMINISTRATOR, fails=(NotFound,))
def remove_tag(tag_id: str) -> None:
    """Remove a tag.

    Transactions keep the id they were started with.
    """
    tags.remove(tag_id)
