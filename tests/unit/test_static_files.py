"""Static files: names by content, kept for ever only under the right one, compressed, bounded."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from ocpp_core.web import static_files
from tools import compressing

CSS = "a{color:red}" * 500


class Client:
    """Reads answers to their end, which closes the files behind them."""

    def __init__(self, app: Flask) -> None:
        self._client = app.test_client()

    def get(self, path: str, **options: Any) -> TestResponse:
        return self._client.get(path, buffered=True, **options)

    def post(self, path: str) -> TestResponse:
        return self._client.post(path, buffered=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "app.css").write_text(CSS)
    (tmp_path / "secret.txt").with_name("picture.png").write_bytes(b"png")
    compressing.compress(tmp_path)
    return tmp_path


@pytest.fixture
def app(folder: Path) -> Flask:
    app = Flask("pages", static_folder=str(folder), static_url_path="/static")
    app.add_url_rule("/", "page", lambda: static_files.asset_url("css/app.css"))
    app.add_url_rule("/typo", "typo", lambda: static_files.asset_url("css/ap p.css"))
    static_files.register(app)
    return app


@pytest.fixture
def client(app: Flask) -> Client:
    return Client(app)


def test_names_change_with_the_content_and_may_be_kept(client: Client) -> None:
    url = client.get("/").text
    assert url.startswith("/static/css/app.css?v=")
    answer = client.get(url)
    assert answer.text == CSS
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.mimetype == "text/css"


@pytest.mark.parametrize("query", ["", "?v=", "?v=000000000000", "?v=1&v=2", "?x=1"])
def test_other_names_are_asked_for_each_time(client: Client, query: str) -> None:
    answer = client.get("/static/css/app.css" + query)
    assert answer.text == CSS
    assert answer.headers["Cache-Control"] == "no-cache"
    again = client.get("/static/css/app.css", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_missing_file_has_a_name_all_the_same(client: Client) -> None:
    assert client.get("/typo").text == "/static/css/ap%20p.css"
    assert client.get("/static/css/ap%20p.css").status_code == 404


def test_an_application_below_a_path_names_its_files_there(client: Client) -> None:
    text = client.get("/", environ_overrides={"SCRIPT_NAME": "/csms"}).text
    assert text.startswith("/csms/static/css/app.css?v=")


def test_what_is_compressed_is_sent_so_to_who_understands_it(client: Client) -> None:
    answer = client.get("/static/css/app.css", headers={"Accept-Encoding": "br, gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(answer.data).decode() == CSS
    assert "Content-Encoding" not in client.get("/static/css/app.css").headers


def test_a_compressed_file_of_another_content_is_not_sent(folder: Path) -> None:
    file = folder / "css" / "app.css"
    file.write_text("b{}")
    os.utime(file, (1, 1))  # as after going back to an older version
    app = Flask("pages", static_folder=str(folder), static_url_path="/static")
    static_files.register(app)
    answer = Client(app).get("/static/css/app.css", headers={"Accept-Encoding": "gzip"})
    assert answer.text == "b{}"


def test_a_file_that_changed_since_the_start_is_sent_whole(client: Client, folder: Path) -> None:
    url = client.get("/").text
    (folder / "css" / "app.css").write_text("b{}")
    answer = client.get(url, headers={"Accept-Encoding": "gzip"})
    assert answer.text == "b{}"
    assert answer.headers["Cache-Control"] == "no-cache"
    (folder / "css" / "app.css").unlink()
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    "path", ["/static/../conftest.py", "/static/css/../../x", "/static//etc/passwd", "/static/"]
)
def test_nothing_else_can_be_read(client: Client, path: str) -> None:
    assert client.get(path).status_code in (308, 404)


def test_state_cannot_be_changed_there(client: Client) -> None:
    assert client.post("/static/css/app.css").status_code == 405


def test_all_other_paths_are_handed_on_untouched(folder: Path) -> None:
    seen: list[Any] = []

    def application(environ: Any, start_response: Any) -> list[bytes]:
        seen.append((environ, start_response))
        return [b"inner"]

    files = static_files.StaticFiles(application, str(folder), "/static")
    environ, start = {"PATH_INFO": "/OCPP/BOX1"}, object()
    assert files(environ, start) == [b"inner"]
    assert seen[0][0] is environ
    assert seen[0][1] is start
