"""Front-end files: the sprite holds the icons that are used, compressed files fit their source."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tools import compressing, sprite

ROOT = Path(__file__).resolve().parents[2]
SYMBOL = "{http://www.w3.org/2000/svg}symbol"
NAMED = re.compile(r"""(?:\bicon\(|\bicon=|\bdata-icon=)\s*["']([a-z0-9-]+)["']""")
QUOTED = re.compile(r"""["']([a-z0-9-]+)["']""")


def _sources() -> list[str]:
    files = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "ocpp_core").rglob("*.py")]
    files += [*(ROOT / "static" / "js").rglob("*.js")]
    return [file.read_text(encoding="utf-8") for file in files]


def test_every_icon_in_use_is_in_the_sprite() -> None:
    used = {name for text in _sources() for name in NAMED.findall(text)}
    assert used - set(sprite.names()) == set()


def test_no_icon_is_in_the_sprite_for_nothing() -> None:
    quoted = {name for text in _sources() for name in QUOTED.findall(text)}
    assert [name for name in sprite.names() if name not in quoted] == []


def test_icons_are_listed_once() -> None:
    assert len(sprite.names()) == len(set(sprite.names()))


def test_the_sprite_has_a_symbol_for_each_name() -> None:
    file = ROOT / "static" / "vendor" / "icons.svg"
    if not sprite.is_made(file):
        pytest.fail("static/vendor/icons.svg is missing or old: run `make assets`")
    symbols = ET.parse(file).getroot().findall(SYMBOL)  # noqa: S314 - made by ourselves
    assert [symbol.get("id") for symbol in symbols] == sprite.names()
    assert all(len(symbol) for symbol in symbols)


def test_an_icon_that_does_not_exist_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sprite, "is_at_hand", lambda: True)
    monkeypatch.setattr(sprite, "OUTLINES", tmp_path)
    with pytest.raises(sprite.SpriteError, match="has no icon plug"):
        sprite.make(tmp_path / "icons.svg")


def test_compressed_files_follow_their_source(tmp_path: Path) -> None:
    file, compressed = tmp_path / "app.css", tmp_path / "app.css.gz"
    file.write_text("a{}" * 1000)
    compressing.compress(tmp_path)
    assert gzip.decompress(compressed.read_bytes()) == file.read_bytes()
    file.write_text("b{}" * 1000)
    os.utime(file, (1, 1))  # older than the compressed one, as after a restored backup
    compressing.compress(tmp_path)
    assert gzip.decompress(compressed.read_bytes()) == file.read_bytes()
    file.unlink()
    compressing.compress(tmp_path)
    assert not compressed.exists()


def test_small_files_and_pictures_are_not_compressed(tmp_path: Path) -> None:
    (tmp_path / "small.css").write_text("a{}")
    (tmp_path / "picture.png").write_bytes(bytes(5000))
    compressing.compress(tmp_path)
    assert list(tmp_path.glob("*.gz")) == []
