"""The files that set-up rests on: pinned, hashed, and free of addresses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PINNED = ("requirements.txt", "requirements-dev.txt", "tools/requirements-node.txt")


@pytest.mark.parametrize("name", PINNED)
def test_packages_are_pinned_with_hashes_and_name_no_index(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line[:1] not in "# "]
    assert lines
    for line in lines:
        assert re.fullmatch(r"[a-z0-9-]+==[\w.]+ \\", line)  # and no option, as --index-url


def test_same_versions_serve_and_test() -> None:
    served, tested = (
        dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))
        for name in PINNED[:2]
    )
    assert {name: served[name] for name in served.keys() & tested} == {
        name: tested[name] for name in served.keys() & tested
    }


def test_front_end_packages_are_exact_and_hold_no_download_addresses() -> None:
    described = json.loads((ROOT / "package.json").read_text())
    wanted = described["dependencies"] | described["devDependencies"]
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, version in wanted.items():
        assert packages[f"node_modules/{name}"]["version"] == version
    for path, package in packages.items():
        assert "resolved" not in package
        assert not path or package["integrity"].startswith("sha512-")


@pytest.mark.parametrize("name", ["files", "tests"])
def test_every_front_end_package_keeps_its_licence(name: str) -> None:
    files = json.loads((ROOT / "tools" / "assets.json").read_text())[name]
    folders = {file["to"].partition("/")[0] for file in files}
    licensed = {f["to"].partition("/")[0] for f in files if Path(f["to"]).name == "LICENSE"}
    assert folders == licensed


def test_what_is_served_is_a_dependency_and_what_tests_need_is_none() -> None:
    described = json.loads((ROOT / "package.json").read_text())
    listed = json.loads((ROOT / "tools" / "assets.json").read_text())
    assert _packages(listed["files"]) == described["dependencies"].keys()
    assert _packages(listed["tests"]) == described["devDependencies"].keys()


def _packages(files: list[dict[str, str]]) -> set[str]:
    """Return the npm packages that files come from; a text of ours names the one it is for."""
    names = {re.match(r"(@[^/]+/)?[^/]+", file["from"])[0] for file in files}  # type: ignore[index]
    return names - {".."}
