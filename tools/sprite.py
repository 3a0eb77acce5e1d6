"""Makes static/vendor/icons.svg: the icons named in tools/icons.txt as symbols of one file.

A page shows one by `<svg><use href=".../icons.svg#name"></use></svg>`; it takes the colour of the
text around it.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from tools import npm

NAMES = Path(__file__).with_name("icons.txt")
PACKAGE = "@tabler/icons"
OUTLINES = npm.PACKAGES / PACKAGE / "icons" / "outline"
SYMBOL = (
    '<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
    ' stroke-linecap="round" stroke-linejoin="round">{shapes}</symbol>\n'
)
BACKGROUND = '<path stroke="none" d="M0 0h24v24H0z" fill="none"/>'


class SpriteError(Exception):
    """An icon that is listed does not exist."""


def names() -> list[str]:
    """Return the listed icons; a line that begins with # is a comment."""
    lines = NAMES.read_text(encoding="utf-8").splitlines()
    return [name for line in lines if not line.startswith("#") for name in line.split()]


def is_made(file: Path) -> bool:
    """Tell whether the sprite is that of the present list and package."""
    return file.is_file() and file.read_text(encoding="utf-8").startswith(_head())


def is_at_hand() -> bool:
    """Tell whether node_modules holds the right package."""
    return npm.present_version(PACKAGE) == npm.wanted_version(PACKAGE)


def make(file: Path) -> None:
    """Write the sprite; raises SpriteError for a name that the package does not have."""
    if not is_at_hand():
        raise SpriteError(f"{PACKAGE} is not in the packages of package-lock.json")
    text = "".join([_head(), *map(_symbol, names()), "</svg>\n"])
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(file.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(file)


def _head() -> str:
    digest = hashlib.sha256(" ".join(names()).encode()).hexdigest()
    return (
        f"<!-- {PACKAGE} {npm.wanted_version(PACKAGE)}, MIT, see icons/LICENSE; {digest} -->\n"
        '<svg xmlns="http://www.w3.org/2000/svg">\n'
    )


def _symbol(name: str) -> str:
    source = OUTLINES / f"{name}.svg"
    if not source.is_file():
        raise SpriteError(f"tools/icons.txt: {PACKAGE} has no icon {name}")
    drawing = source.read_text(encoding="utf-8")
    inside = drawing[drawing.index(">") + 1 : drawing.rindex("</svg>")]
    shapes = re.sub(r"\s*/>\s*", "/>", inside).strip().replace(BACKGROUND, "")
    return SYMBOL.format(name=name, shapes=shapes)
