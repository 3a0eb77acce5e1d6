"""The names of several charge tags at once, for lists in which tokens stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..domain import authorization
from ..models.tags import Tag
from ..storage.writer import reading


@reading
def of_tokens(tokens: Iterable[str | None]) -> dict[str, str]:
    """Return the name of the tag of each token, as the token is spelled here.

    Without a name, or without a record, a token is absent. One query.
    """
    folded = {token: authorization.fold(token) for token in tokens if token}
    if not folded:
        return {}
    rows: Any = Tag.select(Tag.folded, Tag.name).where(
        Tag.folded.in_(sorted(set(folded.values()))), Tag.name != ""
    )
    names = dict(rows.tuples())
    return {token: names[form] for token, form in folded.items() if form in names}
