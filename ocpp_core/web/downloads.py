"""Files that browsers save: their names, their types, sent piece by piece."""

from __future__ import annotations

import os
import unicodedata
from urllib.parse import quote

from flask import Response
from werkzeug.wsgi import FileWrapper

from .tables import csv, xlsx
from .tables.table import Table
from .tables.written import Formats

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ILLEGAL = frozenset('\\/:*?"<>|%;')  # somewhere in names of files, or in headers
_LONGEST_NAME = 100
_PIECE = 64 * 1024


def csv_file(table: Table, formats: Formats, name: str, encoding: str) -> Response:
    """Answer with a CSV file that is written while it is sent."""
    pieces = csv.written(table, formats, encoding)
    answer = Response(pieces, content_type=f"text/csv; charset={encoding}")
    return _named(answer, f"{clean(name)}.csv")


def xlsx_file(table: Table, formats: Formats, name: str) -> Response:
    """Answer with an XLSX file, which is made first."""
    file = xlsx.made(table, formats)
    answer = Response(FileWrapper(file, _PIECE), content_type=XLSX, direct_passthrough=True)
    answer.content_length = os.fstat(file.fileno()).st_size
    return _named(answer, f"{clean(name)}.xlsx")


def clean(name: str) -> str:
    """Return a name that every system takes: what is illegal somewhere becomes an underscore."""
    kept = "".join("_" if _is_illegal(character) else character for character in name)
    return kept[:_LONGEST_NAME].strip(" .") or "_"


def _is_illegal(character: str) -> bool:
    # Control characters, and those that turn the direction of what follows.
    return character in _ILLEGAL or unicodedata.category(character)[0] == "C"


def _named(answer: Response, name: str) -> Response:
    """Say how the file is called (RFC 6266): in ASCII, and as it is."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    said = f'attachment; filename="{plain}"'
    if plain != name:
        said += f"; filename*=UTF-8''{quote(name, safe='')}"
    answer.headers["Content-Disposition"] = said
    return answer
