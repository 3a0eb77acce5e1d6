"""Translations of the pages: `python -m tools.translations [missing [path ...] | problems]`.

The German texts stand in ocpp_core/translations/de/*.po, one file for each area of the site, which
together are one catalogue. Without arguments what is new is compiled into messages.mo, which the
server reads. `missing` prints what has no German yet, ready to be put into a .po file; `problems`
what is wrong with them.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "ocpp_core" / "translations"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|%(?!\()")
ENDS = (".", ":", "!", "?", "…")
ENTRY = re.compile(r'^(?:msgctxt (".*"(?:\n".*")*)\n)?msgid (".*"(?:\n".*")*)', re.MULTILINE)


class TranslationError(Exception):
    """A catalogue cannot be compiled."""


def compile_all(folder: Path = FOLDER) -> None:
    """Bring the compiled catalogues of all languages up to date."""
    for language in sorted(each for each in folder.iterdir() if each.is_dir()):
        files = sorted(language.glob("*.po"))
        target = language / "LC_MESSAGES" / "messages.mo"
        if files and not _is_new(target, [language, *files]):
            _write(target, merged(files))


def _is_new(target: Path, sources: Iterable[Path]) -> bool:
    if not target.is_file():
        return False
    made_at = target.stat().st_mtime_ns
    return all(source.stat().st_mtime_ns < made_at for source in sources)


def _write(target: Path, catalog: Catalog) -> None:
    target.parent.mkdir(exist_ok=True)
    partial = target.with_name("messages.mo.partial")
    with partial.open("wb") as out:
        write_mo(out, catalog)
    partial.replace(target)


def merged(files: Iterable[Path]) -> Catalog:
    """Return the catalogue that the files make together."""
    whole: Catalog | None = None
    for file in files:
        catalog = read(file)
        if whole is None:
            whole = Catalog(locale=catalog.locale, fuzzy=False)
        for message in catalog:
            if message.id:
                whole[message.id] = message
    if whole is None:
        raise TranslationError("no file")
    return whole


def read(file: Path) -> Catalog:
    """Read one file; its language is that of its folder."""
    with file.open("rb") as source:
        return read_po(source, locale=file.parent.name, abort_invalid=True)


def problems(files: Iterable[Path], known: Iterable[tuple[str | None, str]]) -> Iterator[str]:
    """Yield what is wrong with files, where `known` are the keys of all texts in use."""
    in_use, seen = set(known), dict[tuple[str | None, str], tuple[str, Message]]()
    for file in files:
        catalog = read(file)
        entries = Counter(ENTRY.findall(file.read_text(encoding="utf-8")))
        yield from (f"{file.name}: twice: {e[1]}" for e, count in entries.items() if count > 1)
        yield from (f"{file.name}: obsolete: {each}" for each in catalog.obsolete)
        for message in catalog:
            if not message.id:
                continue
            key = message.context, _first(message.id)
            yield from (f"{file.name}: {said}: {key[1]!r}" for said in _faults(message))
            if key not in in_use:
                yield f"{file.name}: not in use: {key[1]!r}"
            name, other = seen.setdefault(key, (file.name, message))
            if other.string != message.string:
                yield f"{file.name} and {name}: two translations: {key[1]!r}"


def _faults(message: Message) -> Iterator[str]:
    wanted, given = _forms(message.id), _forms(message.string)
    if not all(given):
        yield "no translation"
        return
    if message.fuzzy:
        yield "fuzzy"
    allowed = {tuple(sorted(PLACEHOLDER.findall(form))) for form in wanted}
    if any(tuple(sorted(PLACEHOLDER.findall(form))) not in allowed for form in given):
        yield "other placeholders"
    if wanted[0].endswith(ENDS) and not all(form.endswith(ENDS) for form in given):
        yield "ends in another way"
    if any(form != form.strip() for form in given) and wanted[0] == wanted[0].strip():
        yield "blanks around it"


def _forms(text: str | list[str] | tuple[str, ...] | None) -> list[str]:
    return [text or ""] if isinstance(text, str | None) else list(text)


def _first(text: str | list[str] | tuple[str, ...]) -> str:
    return _forms(text)[0]


def main(arguments: list[str]) -> int:
    """Do what is asked; returns the exit status."""
    if not arguments:
        compile_all()
        return 0
    from tools import missing_texts  # noqa: PLC0415 - `make run` does not need it

    return missing_texts.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
