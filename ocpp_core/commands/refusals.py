"""What is wrong with a parameter, in words that pages can translate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from ..wording import Wording

NEEDED = "must not be empty"
WHOLE_NUMBER = "must be a whole number"
NUMBER = "must be a number"
YES_OR_NO = "must be true or false"
TEXT = "must be text"

# pydantic's types of errors; what they tell of the limit is filled in.
TEMPLATES: dict[str, str] = {
    "missing": NEEDED,
    "extra_forbidden": "is no parameter of this command",
    "greater_than_equal": "must be at least %(ge)s",
    "greater_than": "must be more than %(gt)s",
    "less_than_equal": "must be at most %(le)s",
    "less_than": "must be less than %(lt)s",
    "multiple_of": "must be a multiple of %(multiple_of)s",
    "finite_number": NUMBER,
    "int_type": WHOLE_NUMBER,
    "int_parsing": WHOLE_NUMBER,
    "int_parsing_size": WHOLE_NUMBER,
    "int_from_float": WHOLE_NUMBER,
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "bool_type": YES_OR_NO,
    "bool_parsing": YES_OR_NO,
    "string_type": TEXT,
    "string_too_short": "must have at least %(min_length)s characters",
    "string_too_long": "must not have more than %(max_length)s characters",
    "string_pattern_mismatch": "has characters that are not allowed",
    "enum": "must be one of %(expected)s",
    "literal_error": "must be one of %(expected)s",
}


def by_field(error: ValidationError) -> dict[str, str]:
    """Return what is wrong with each parameter by its name; `body`: with all of them together."""
    found: dict[str, str] = {}
    for part in error.errors(include_url=False, include_input=False):
        name = ".".join(map(str, part["loc"])) or "body"
        found.setdefault(name, _worded(part["type"], part["msg"], part.get("ctx", {})))
    return found


def _worded(kind: str, message: str, context: Mapping[str, Any]) -> str:
    """Return pydantic's own words for what the table does not have."""
    if kind == "value_error":  # raised by a validator of the command
        return Wording(str(context["error"]))
    template = TEMPLATES.get(kind)
    if template is None:
        return message
    if context.get("min_length") == 1:
        return Wording(NEEDED)
    limits = {name: _limit(value) for name, value in context.items()}
    return Wording(template, **limits) if "%(" in template else Wording(template)


def _limit(value: Any) -> Any:
    """Write 10000000.0 as 10000000, and what is allowed without a word of English."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.replace(" or ", ", ") if isinstance(value, str) else value
