"""Reading the documents: pages, their tables, their sections."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


@functools.cache
def text(page: Path) -> str:
    """Return what a page says."""
    return page.read_text(encoding="utf-8")


def reference(name: str) -> str:
    """Return a page for looking up."""
    return text(DOCS / "reference" / f"{name}.md")


def rows(content: str, head: str) -> list[list[str]]:
    """Return the cells of the table whose first column is called `head`."""
    lines = iter(content.splitlines())
    for line in lines:
        if line.startswith(f"| {head} |"):
            next(lines)  # the rule below the head
            break
    else:
        pytest.fail(f"no table begins with {head!r}")
    found = []
    for line in lines:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def names(cell: str) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def section(content: str, title: str) -> str:
    """Return what stands between a heading and the next one of any rank."""
    found = re.search(
        rf"^#+ {re.escape(title)}$\n(.*?)(?=^#+ |\Z)", content, re.MULTILINE | re.DOTALL
    )
    assert found, f"no heading {title!r}"
    return found[1]
