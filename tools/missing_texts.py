"""What people who translate want to see: texts without German, and faults of the files."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools import extraction, translations
from tools.extraction import Text

LANGUAGE = translations.FOLDER / "de"


def main(arguments: list[str]) -> int:
    """Print what is asked for; the exit status is 1 where there is something."""
    if arguments[0] == "missing":
        lines = [*_stubs(missing(), arguments[1:])]
    elif arguments == ["problems"]:
        keys = (text.key for text in extraction.texts())
        lines = [*translations.problems(files(), keys)]
    else:
        sys.stderr.write(f"{translations.__doc__}\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if lines else 0


def files() -> list[Path]:
    """Return the files of the translation."""
    return sorted(LANGUAGE.glob("*.po"))


def missing() -> list[Text]:
    """Return the texts that no file has."""
    translated = {
        (message.context, message.id if isinstance(message.id, str) else message.id[0])
        for file in files()
        for message in translations.read(file)
        if message.string
    }
    return [text for text in extraction.texts() if text.key not in translated]


def _stubs(texts: Iterable[Text], paths: list[str]) -> Iterator[str]:
    for text in texts:
        if paths and not any(place.startswith(path) for place in text.places for path in paths):
            continue
        yield from (f"#: {place}" for place in text.places[:5])
        if text.context is not None:
            yield f"msgctxt {_quoted(text.context)}"
        yield f"msgid {_quoted(text.msgid)}"
        if text.plural is None:
            yield 'msgstr ""'
        else:
            yield from (f"msgid_plural {_quoted(text.plural)}", 'msgstr[0] ""', 'msgstr[1] ""')
        yield ""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
