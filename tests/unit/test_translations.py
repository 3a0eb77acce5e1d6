"""Every text has its German, every German its text."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.support import Translations

from tools import extraction, missing_texts, translations

ROOT = Path(__file__).resolve().parents[2]
HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
# Names and units; and the page of the API, which is for programmers.
NO_WORDS = {"OCPP", "Core", "OCPP.Core", "kWh", "kW", "Wh", "ms", "REST", "JSON", "CSV", "XLSX"}
NO_WORDS |= {"API", "ISO", "UTF"}
ENGLISH_ONLY = {"api/docs.html"}
SPOKEN = re.compile(r'\b(?:aria-label|title|alt|placeholder|data-[a-z-]+)="([^"\x00<>]*)"')
TAG = re.compile(r"""<(?:"[^"]*"|'[^']*'|[^>"'])*>""")
ATTRIBUTE = re.compile(r'\b[a-z:-]+="[^"]*"|\bdata(-[a-z]+)+\b')  # a macro of attributes alone
WORD = re.compile(r"[A-Za-z][A-Za-z.]*[A-Za-z]")
SAYING = {"done", "flash"}


def test_every_text_has_its_german() -> None:
    missing = [f"{text.msgid!r} ({text.places[0]})" for text in missing_texts.missing()]
    assert missing == []


def test_every_german_fits_its_text() -> None:
    keys = [text.key for text in extraction.texts()]
    assert list(translations.problems(missing_texts.files(), keys)) == []


def test_templates_say_nothing_by_themselves() -> None:
    wrong = [
        f"{name}: {words}"
        for file in sorted((ROOT / "templates").rglob("*.html"))
        if (name := file.relative_to(ROOT / "templates").as_posix()) not in ENGLISH_ONLY
        and (words := _words(file.read_text(encoding="utf-8")))
    ]
    assert wrong == []


def test_forms_and_messages_say_nothing_by_themselves() -> None:
    pages = (ROOT / "ocpp_core" / "web").rglob("*.py")
    wrong = [f"{file.name}: {said}" for file in sorted(pages) for said in _plain_texts(file)]
    assert wrong == []


def _words(template: str) -> list[str]:
    """Return the words of a template that are not given to gettext."""
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "\x00", template, flags=re.DOTALL)
    text = re.sub(r"<(script|style|code|kbd)\b.*?</\1>|<!--.*?-->", "", text, flags=re.DOTALL)
    said = [value for value in SPOKEN.findall(text) if " " in value]
    shown = re.sub(r"&#?\w+;", " ", ATTRIBUTE.sub(" ", TAG.sub(" ", text)))
    return [word for part in [*said, shown] for word in WORD.findall(part) if word not in NO_WORDS]


def _plain_texts(file: Path) -> Iterator[str]:
    """Yield labels of fields and messages that are plain text."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        first = node.args[0]
        is_saying = name in SAYING or (name.endswith("Field") and name[0].isupper())
        is_text = isinstance(first, ast.Constant | ast.JoinedStr) and ast.unparse(first) != "''"
        if is_saying and is_text:
            yield ast.unparse(node)[:80]


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ('<p>{{ _("Save") }} {# Note #}{% if x %}</p>', []),
        ("<p>Save &amp; go</p>", ["Save", "go"]),
        ('<a title="Two words" class="a b">x</a>', ["Two", "words"]),
        ('<a title="{{ _("Two words") }}">OCPP.Core</a>', []),
        ('<p hx-target="a > b" class="c">x</p>', []),
        ('{% macro x() %}method="post" data-waits{% endmacro %}', []),
        ('<script type="application/json">{"a": 1}</script>', []),
    ],
)
def test_words_of_templates_are_found(template: str, words: list[str]) -> None:
    assert _words(template) == words


ENTRY = 'msgid "{}"\nmsgstr "{}"\n\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENTRY.format("One", "Eins"), None),
        (ENTRY.format("%(n)s of %(m)s.", "%(n)s von %(m)s."), None),
        (ENTRY.format("Two", "Zwei"), "not in use: 'Two'"),
        (ENTRY.format("One", ""), "no translation: 'One'"),
        ("#, fuzzy\n" + ENTRY.format("One", "Eins"), "fuzzy: 'One'"),
        ("#~ " + ENTRY.format("One", "Eins").replace("\nmsgstr", "\n#~ msgstr"), "obsolete"),
        (ENTRY.format("%(n)s of %(m)s.", "%(n)s von %(k)s."), "other placeholders"),
        (ENTRY.format("%(n)s of %(m)s.", "%(n)s von allen."), "other placeholders"),
        (ENTRY.format("%(n)s of %(m)s.", "%(n)s von %(m)s"), "ends in another way"),
        (ENTRY.format("One", " Eins"), "blanks around it"),
        (ENTRY.format("One", "Eins") * 2, "twice"),
    ],
)
def test_wrong_files_are_found(tmp_path: Path, text: str, said: str | None) -> None:
    file = tmp_path / "de" / "area.po"
    file.parent.mkdir()
    file.write_text(HEADER + text)
    problems = " | ".join(translations.problems([file], [(None, "One"), (None, "%(n)s of %(m)s.")]))
    assert (said in problems) if said else problems == ""


def test_two_files_agree_on_a_text(tmp_path: Path) -> None:
    files = [tmp_path / "de" / name for name in ("a.po", "b.po")]
    files[0].parent.mkdir()
    for file, german in zip(files, ("Eins", "Ein"), strict=True):
        file.write_text(HEADER + ENTRY.format("One", german))
    assert "b.po and a.po: two translations: 'One'" in list(
        translations.problems(files, [(None, "One")])
    )


def test_files_become_one_catalogue_when_one_is_new(tmp_path: Path) -> None:
    folder = tmp_path / "de"
    folder.mkdir()
    (folder / "a.po").write_text(HEADER + ENTRY.format("One", "Eins"))
    (folder / "b.po").write_text(HEADER + ENTRY.format("Two", "Zwei"))
    translations.compile_all(tmp_path)
    compiled = folder / "LC_MESSAGES" / "messages.mo"
    catalogue = Translations.load(tmp_path, ["de"])
    assert (catalogue.gettext("One"), catalogue.gettext("Two")) == ("Eins", "Zwei")
    made_at = compiled.stat().st_mtime_ns
    translations.compile_all(tmp_path)
    assert compiled.stat().st_mtime_ns == made_at
    (folder / "b.po").write_text(HEADER + ENTRY.format("Two", "Zwo"))
    os.utime(compiled, ns=(1, 1))
    translations.compile_all(tmp_path)
    assert Translations.load(tmp_path, ["de"]).gettext("Two") == "Zwo"


def test_plural_and_context_are_extracted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "ROOT", tmp_path)
    page, module = tmp_path / "page.html", tmp_path / "page.py"
    page.write_text('{{ _("Save") }}{{ ngettext("%(num)s tag", "%(num)s tags", n) }}')
    module.write_text('x = [_l("Save"), pgettext("verb", "Open"), Wording("is %(n)s", n=1)]')
    found = {text.key: text.plural for text in extraction.texts([page, module])}
    assert found == {
        (None, "Save"): None,
        (None, "%(num)s tag"): "%(num)s tags",
        ("verb", "Open"): None,
        (None, "is %(n)s"): None,
    }
