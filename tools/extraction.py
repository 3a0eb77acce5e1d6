"""Finds the texts that people read: in templates, in Python, and in declarations of commands."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.messages.extract import extract

from ocpp_core.commands import refusals
from ocpp_core.commands.base import all_commands
from ocpp_core.web.pages import command_parameters

ROOT = Path(__file__).resolve().parent.parent
PACKAGE, TEMPLATES = ROOT / "ocpp_core", ROOT / "templates"
KEYWORDS: Mapping[str, Any] = {
    **dict.fromkeys(("_", "_l", "gettext", "lazy_gettext", "Wording")),
    **dict.fromkeys(("ngettext", "lazy_ngettext"), (1, 2)),
    **dict.fromkeys(("pgettext", "lazy_pgettext"), ((1, "c"), 2)),
    "npgettext": ((1, "c"), 2, 3),
}
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}


@dataclass(frozen=True, slots=True)
class Text:
    """A text to be translated: gettext's key, and where it was found."""

    msgid: str
    context: str | None = None
    plural: str | None = None
    places: list[str] = field(default_factory=list, compare=False)

    @property
    def key(self) -> tuple[str | None, str]:
        """What a catalogue finds it by."""
        return self.context, self.msgid


def texts(files: Iterable[Path] | None = None) -> list[Text]:
    """Return all texts, each once, in the order of their places; or those of some files."""
    found: dict[tuple[str | None, str], Text] = {}
    every = files is None
    for text in _in_files(_sources() if files is None else files):
        _add(found, text)
    if every:
        for text in _in_commands():
            _add(found, text)
    return list(found.values())


def _add(found: dict[tuple[str | None, str], Text], text: Text) -> None:
    known = found.setdefault(text.key, text)
    if known is not text:
        known.places.extend(text.places)
        if known.plural is None and text.plural is not None:
            found[text.key] = Text(text.msgid, text.context, text.plural, known.places)


def _sources() -> list[Path]:
    return [*sorted(TEMPLATES.rglob("*.html")), *sorted(PACKAGE.rglob("*.py"))]


def _in_files(files: Iterable[Path]) -> Iterator[Text]:
    for file in files:
        method = "jinja2.ext:babel_extract" if file.suffix == ".html" else "python"
        with file.open("rb") as source:
            for line, found, _, context in extract(method, source, KEYWORDS, (), OPTIONS):
                place = f"{file.relative_to(ROOT).as_posix()}:{line}"
                yield _text(found, context, place)
        if PACKAGE / "commands" in file.parents:
            yield from _refusals(file)


def _text(found: str | tuple[str, ...], context: str | None, place: str) -> Text:
    if isinstance(found, str):
        return Text(found, context, None, [place])
    return Text(found[0], context, found[1], [place])


def _in_commands() -> Iterator[Text]:
    """Yield what the declarations of commands say, and what is wrong with their parameters."""
    for command in all_commands():
        for word in command_parameters.words(command):
            if word:
                yield Text(word, places=[f"command {command.name}"])
    for template in refusals.TEMPLATES.values():
        yield Text(template, places=["ocpp_core/commands/refusals.py"])


def _refusals(file: Path) -> Iterator[Text]:
    """Yield what validators of parameters raise: pages show it beside the field."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name, arguments = ast.unparse(node.exc.func), node.exc.args
            if name == "ValueError" and arguments and isinstance(arguments[0], ast.Constant):
                place = f"{file.relative_to(ROOT).as_posix()}:{node.lineno}"
                yield Text(str(arguments[0].value), places=[place])
