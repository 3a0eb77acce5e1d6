"""What the documents say exists: links, variables, targets, commands."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from ocpp_core import cli
from ocpp_core.config import PREFIX, TEST_PREFIX, Config
from tests.support.pages import DOCS, PAGES, ROOT, text

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
THIS_MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home|tmp|Users)/")
REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|deb\.debian\.org|docker\.(?:io|com)|ghcr\.io"
)
VARIABLE = re.compile(rf"\b{PREFIX}[A-Z_]*[A-Z]\b")


def by_path(path: Path) -> str:
    return str(path.relative_to(ROOT))


each_page = pytest.mark.parametrize("page", PAGES, ids=by_path)


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@each_page
def test_links_lead_somewhere(page):
    broken = []
    for target in LINK.findall(CODE.sub("", text(page))):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        if not goal.exists() or (anchor and anchor not in anchors(goal)):
            broken.append(target)
    assert not broken


def test_the_index_names_every_page_of_its_folders():
    linked = {(DOCS / target).resolve() for target in LINK.findall(text(DOCS / "README.md"))}
    assert set(DOCS.glob("*/*.md")) <= linked


@each_page
def test_no_page_speaks_of_a_machine_or_a_package_host(page):
    assert not THIS_MACHINE.findall(text(page))
    assert not REGISTRY.findall(text(page))


@each_page
def test_variables_exist(page):
    known = {f"{PREFIX}{name.upper()}" for name in Config.model_fields}
    used = {name for name in VARIABLE.findall(text(page)) if not name.startswith(TEST_PREFIX)}
    assert used <= known


@each_page
def test_make_targets_exist(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = re.findall(r"(?:^\s*|`|&& |sudo )make ((?:[a-z-]+ ?)+)", text(page), re.MULTILINE)
    assert {name for line in used for name in line.split()} <= targets


@each_page
def test_flask_commands_exist(page):
    spelled = r"(?:^ +|`|\(|ocpp |quarantine )(?:\.venv/bin/)?flask ([a-z][a-z-]*)(?: ([a-z]+)\b)?"
    known = {command.name: command for command in cli.COMMANDS}
    for name, sub in re.findall(spelled, text(page), re.MULTILINE):
        assert name in known
        if isinstance(known[name], click.Group) and sub:
            assert sub in known[name].commands
