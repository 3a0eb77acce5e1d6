"""Importing a file of charge tags: looked at first, then taken. For administrators."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response

from ... import clock
from ...domain.roles import Role
from ...errors import InvalidInput
from ...services import tag_files, tag_import
from ...services import tags as records
from ...services.tag_files import TagFile
from ...wording import Wording
from .. import auth, localization
from .area import done
from .tag_forms import WHOLE, ImportForm, UploadForm
from .tags import area

log = logging.getLogger(__name__)

MOST_SHOWN = 300  # lines of a preview, those with errors first
ORDER = ("error", "changed", "new", "unchanged")
FIELDS = {
    "id": _l("RFID number"),
    "name": _l("Name"),
    "group": _l("Group"),
    "expires_at": _l("Valid through"),
    "blocked": _l("Blocked"),
}


@area.shows("/tags/import", Role.ADMINISTRATOR)
def upload() -> Any:
    """Ask for a file."""
    return _upload_page(UploadForm())


@area.does("/tags/import", Role.ADMINISTRATOR)
def preview() -> Any:
    """Show what the lines of a file would do; nothing is changed yet."""
    form = UploadForm()
    if not form.accepts(lambda: _read(_text_of(form))):
        return _upload_page(form), 422
    return _preview_page(ImportForm(formdata=None, text=_text_of(form)), form.result)


@area.does("/tags/import/take", Role.ADMINISTRATOR)
def take() -> Any:
    """Record what was looked at."""
    form = ImportForm()
    if not form.accepts(lambda: _read(form.text.data or "")):
        return _upload_page(UploadForm(formdata=None), form), 422
    file: TagFile = form.result
    whole = form.extent.data == WHOLE
    result = tag_import.take(file, localization.zone(), clock.utcnow(), whole=whole)
    if whole and result.left:
        form.general.append(_("Nothing was imported: there are errors."))
        return _preview_page(form, file), 422
    counts = {"added": result.added, "changed": result.changed, "left": result.left}
    log.info("tags imported", extra={"user": auth.caller(), **counts})
    return _done(result)


def _text_of(form: UploadForm) -> str:
    uploaded = form.file.data
    content: bytes = uploaded.read() if uploaded else b""
    if uploaded:
        uploaded.seek(0)  # it is read again to be shown
    if not content.strip() and not (form.lines.data or "").strip():
        problem = Wording("Choose a file, or paste its lines.")
        raise InvalidInput(problem, {"file": problem})
    return tag_files.decode(content) if content.strip() else tag_files.clean(form.lines.data)


def _read(text: str) -> TagFile:
    return tag_files.read(text, localization.zone())


def _upload_page(form: UploadForm, refused: ImportForm | None = None) -> str:
    limits = {"lines": tag_files.MOST_LINES, "megabytes": tag_files.MOST_BYTES // 1_000_000}
    return render_template("tags/import.html", form=form, refused=refused, limits=limits)


def _preview_page(form: ImportForm, file: TagFile) -> str:
    compared = tag_import.compare(file, localization.zone())
    counts = Counter(each.outcome for each in compared)
    by_weight = sorted(compared, key=lambda each: ORDER.index(each.outcome))
    return render_template(
        "tags/preview.html",
        form=form,
        file=file,
        counts=counts,
        useful=counts["new"] + counts["changed"],
        shown=sorted(by_weight[:MOST_SHOWN], key=lambda each: each.line.number),
        hidden=max(0, len(compared) - MOST_SHOWN),
        fields=FIELDS,
        last_day=lambda moment: records.last_day(moment, localization.zone()),
    )


def _done(result: tag_import.Result) -> Response:
    told = [
        ngettext("%(num)s tag was added.", "%(num)s tags were added.", result.added),
        ngettext("%(num)s tag was changed.", "%(num)s tags were changed.", result.changed),
    ]
    if result.left:
        told.append(
            ngettext("%(num)s line was left out.", "%(num)s lines were left out.", result.left)
        )
    return done(" ".join(told), url_for("tags.listing"))
