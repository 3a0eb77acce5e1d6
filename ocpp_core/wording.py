"""Texts for people whose parts are known, so that pages can say them in another language."""

from __future__ import annotations

from typing import Any


class Wording(str):
    """English text that remembers its template (gettext's msgid) and what was filled in.

    `Wording("must be one of %(known)s", known="A, B")` reads as any text does; pages look the
    template up in their catalogue and fill it in again.
    """

    __slots__ = ("template", "values")

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> Wording:
        """Fill the template in; without values it is taken as it stands."""
        text = super().__new__(cls, template % values if values else template)
        text.template, text.values = template, values
        return text
