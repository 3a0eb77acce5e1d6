"""Forms of the pages: what is common to all, and errors of services beside their fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from unicodedata import category

from flask import request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.i18n import translations
from wtforms import FileField, StringField
from wtforms import Form as PlainForm
from wtforms.csrf.core import CSRFTokenField
from wtforms.validators import StopValidation

from ..errors import AlreadyExists, InvalidInput, OcppCoreError
from .localization import say

__all__ = ["FilterForm", "Form", "IdTyped", "UploadField"]

_KEPT, _HIDDEN = "\t\r\n", ("Cc", "Cs")


def _make_showable(form: Any) -> None:
    """Drop from refused texts what HTML cannot show again: control characters, lone surrogates."""
    for field in form:
        if isinstance(field, StringField) and field.data:
            kept = (each for each in field.data if each in _KEPT or category(each) not in _HIDDEN)
            field.data = "".join(kept)


def _as_sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """A form that is sent by POST, with a CSRF token.

    `general` holds the errors that belong to no field. Fields take texts alone: anybody can send
    a file or JSON in their place. Files are the matter of UploadField.
    """

    def __init__(self, **kwargs: Any) -> None:
        if request.method == "POST":
            kwargs.setdefault("formdata", request.form or None)
        super().__init__(**kwargs)
        self.general: list[str] = []
        self.result: Any = None

    def accepts(self, action: Callable[[], Any], **names: str) -> bool:
        """Check the form, then run `action`; tells whether it succeeded (`result` has its value).

        InvalidInput and AlreadyExists of the action become errors beside the fields; `names` maps
        the action's names of fields to the form's where they differ.
        """
        if self.validate_on_submit():
            try:
                self.result = action()
            except (InvalidInput, AlreadyExists) as error:
                self.explain(error, names)
            else:
                return True
        _make_showable(self)
        return False

    def explain(self, error: OcppCoreError, names: Mapping[str, str] | None = None) -> None:
        """Put what is wrong beside the fields, or on top where no field is named."""
        found = error.fields if isinstance(error, InvalidInput) else {}
        for name, text in found.items():
            field = self._fields.get((names or {}).get(name, name))
            if field is not None:
                field.errors = [*field.errors, say(text)]
            else:
                self.general.append(f"{name}: {say(text)}")
        if not found:
            self._place(error)

    def _place(self, error: OcppCoreError) -> None:
        """Put an error that names no field where it belongs: what exists is told by its id."""
        text = _as_sentence(say(error.args[0] if error.args else str(error)))
        own = next((self._fields[name] for name in ("id", "name") if name in self._fields), None)
        if isinstance(error, AlreadyExists) and own is not None:
            own.errors = [*own.errors, text]
        else:
            self.general.append(text)

    @property
    def visible(self) -> list[Any]:
        """The fields that people fill in."""
        return [field for field in self if not isinstance(field, CSRFTokenField)]


class UploadField(FileField):  # type: ignore[misc]  # WTForms has no types
    """A file, None where none was chosen."""

    def process_formdata(self, _texts: list[str]) -> None:
        """Look for the file."""
        self.data = request.files.get(self.name)


class FilterForm(PlainForm):  # type: ignore[misc]  # WTForms has no types
    """Filters of a list: sent by GET, nothing is changed, so there is no token."""

    class Meta:
        """WTForms has its own words for dates and choices that it cannot read."""

        def get_translations(self, form: Any) -> Any:
            """Say them in the language of the page."""
            return translations

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(request.args, **kwargs)
        self.usable = self.validate()
        _make_showable(self)

    def given(self) -> dict[str, str]:
        """Return what was filled in as it stands in the query string, for links."""
        names = [field.name for field in self]  # `from` can be no attribute
        return {name: request.args[name] for name in names if request.args.get(name)}


class IdTyped:
    """Validator: the id of what is lost has to be typed, exactly."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted

    def __call__(self, form: Any, field: StringField) -> None:
        """Refuse any other text."""
        if (field.data or "").strip() != self.wanted:
            raise StopValidation(_l("This is not the id. Nothing was changed."))
