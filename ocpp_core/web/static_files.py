"""Static files: names that change with their content, and sending them without Flask.

`asset_url("css/app.css")` is `/static/css/app.css?v=<hash>`, which browsers may keep for a year;
without the hash, or with an old one, they ask each time. What tools/compressing.py compressed is
sent so. A file that was changed since the start is left to Flask, which reads it anew.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote
from wsgiref.headers import Headers

from flask import Flask, current_app, request
from whitenoise import WhiteNoise
from whitenoise.responders import StaticFile

LENGTH = 12  # characters of a hash; enough to tell the versions of one file apart
FOR_EVER = "public, max-age=31536000, immutable"
ASK = "no-cache"
COMMON = (("X-Content-Type-Options", "nosniff"), ("Cross-Origin-Resource-Policy", "same-origin"))


def register(app: Flask) -> None:
    """Send the application's static files before Flask sees their requests."""
    inner, folder, prefix = app.wsgi_app, str(app.static_folder), str(app.static_url_path)
    app.wsgi_app = StaticFiles(inner, folder, prefix)  # type: ignore[method-assign]


def asset_url(path: str) -> str:
    """Return the URL of a static file, with its hash unless the file is missing."""
    place = request.script_root + str(current_app.static_url_path)
    try:
        return place + _versioned(str(current_app.static_folder), path)
    except OSError:
        return f"{place}/{quote(path)}"


class StaticFiles(WhiteNoise):  # type: ignore[misc]  # WhiteNoise has no types
    """WSGI: answers what is below `prefix` from the files of a folder, hands on all the rest."""

    def __init__(self, application: Any, folder: str, prefix: str) -> None:
        self._prefix = prefix.rstrip("/") + "/"
        self._kept: dict[str, tuple[str, StaticFile]] = {}  # by path: hash, and what to keep
        self._stats: dict[str, tuple[str, int, int]] = {}  # by path: file, size, time of change
        super().__init__(application, folder, prefix)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        url: str = environ.get("PATH_INFO", "")
        found = self._find(url, environ) if url.startswith(self._prefix) else None
        if found is None:
            answer: Iterable[bytes] = self.application(environ, start_response)
        else:
            answer = self.serve(found, environ, start_response)
        return answer

    def add_file_to_dictionary(self, url: str, path: str, stat_cache: Any = None) -> None:
        """Note a file, once to be kept by browsers and once not; WhiteNoise calls this."""
        if self.is_compressed_variant(path, stat_cache=stat_cache):
            return
        digest, stat = _digest(path), Path(path).stat()
        self._stats[url] = (path, stat.st_size, stat.st_mtime_ns)
        self._kept[url] = (digest, self._static_file(path, url, digest, FOR_EVER))
        self.files[url] = self._static_file(path, url, digest, ASK)

    def _find(self, url: str, environ: dict[str, Any]) -> StaticFile | None:
        if url not in self.files or not self._unchanged(url):
            return None
        digest, kept = self._kept[url]
        given = parse_qs(environ.get("QUERY_STRING", "")).get("v", [])
        return kept if given == [digest] else self.files[url]

    def _unchanged(self, url: str) -> bool:
        path, size, changed_at = self._stats[url]
        try:
            stat = Path(path).stat()
        except OSError:
            return False
        return (stat.st_size, stat.st_mtime_ns) == (size, changed_at)

    def _static_file(self, path: str, url: str, digest: str, caching: str) -> StaticFile:
        headers = Headers([("Cache-Control", caching), ("ETag", f'"{digest}"'), *COMMON])
        self.add_mime_headers(headers, path, url)
        compressed = f"{path}.gz"
        fits = _changed_at(compressed) == _changed_at(path)
        return StaticFile(path, headers.items(), {"gzip": compressed} if fits else None)


def _changed_at(path: str) -> int | None:
    file = Path(path)
    return int(file.stat().st_mtime) if file.is_file() else None


@functools.cache
def _versioned(folder: str, path: str) -> str:
    """Return the end of a file's URL; pages with a thousand icons ask a thousand times."""
    return f"/{quote(path)}?v={_digest(str(Path(folder) / path))}"


@functools.cache
def _digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:LENGTH]
