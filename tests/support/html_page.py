"""Reading HTML as browsers do: the tree, what elements are called, and errors of the text."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import html5lib

SVG = "{http://www.w3.org/2000/svg}"
CONTAINERS = {"<tr": "tbody", "<td": "tr", "<th": "tr", "<option": "select"}
LABELLED = {"input", "select", "textarea", "meter", "progress", "output"}
Element = ET.Element


@dataclass(frozen=True)
class HtmlPage:
    """A document, or a fragment of one that JavaScript puts into a page."""

    html: str
    is_fragment: bool = False

    @functools.cached_property
    def _parsed(self) -> tuple[Element, list[str]]:
        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        if self.is_fragment:
            start = self.html.lstrip()[:7].lower()
            container = next((v for k, v in CONTAINERS.items() if start.startswith(k)), "div")
            root = parser.parseFragment(self.html, container=container)
        else:
            root = parser.parse(self.html)
        return root, [f"invalid HTML: {code} {more or ''}" for _, code, more in parser.errors]

    @property
    def root(self) -> Element:
        """The html element, or what holds a fragment."""
        return self._parsed[0]

    @property
    def errors(self) -> list[str]:
        """What a strict parser does not accept."""
        return self._parsed[1]

    @functools.cached_property
    def elements(self) -> list[Element]:
        """All elements in their order."""
        return [each for each in self.root.iter() if isinstance(each.tag, str)]

    @functools.cached_property
    def parents(self) -> dict[Element, Element]:
        """The parent of each element."""
        return {child: parent for parent in self.elements for child in parent}

    @functools.cached_property
    def by_id(self) -> dict[str, Element]:
        """The elements that have an id."""
        return {each.attrib["id"]: each for each in self.elements if "id" in each.attrib}

    def all(self, *tags: str) -> list[Element]:
        """Return the elements of these tags."""
        return [each for each in self.elements if each.tag in tags]

    def above(self, element: Element) -> Iterator[Element]:
        """Yield what an element stands in, from the inside out."""
        while (parent := self.parents.get(element)) is not None:
            yield parent
            element = parent

    def name_of(self, element: Element) -> str:
        """Return what an element is called for those who do not see it (roughly)."""
        if label := element.get("aria-label", "").strip():
            return label
        named_by = [self.by_id.get(each) for each in element.get("aria-labelledby", "").split()]
        if texts := [text_of(each) for each in named_by if each is not None]:
            return " ".join(texts).strip()
        return self._label_of(element) if element.tag in LABELLED else spoken(element)

    def _label_of(self, element: Element) -> str:
        labels = [each for each in self.above(element) if each.tag == "label"]
        wanted = element.get("id")
        labels += [each for each in self.all("label") if wanted and each.get("for") == wanted]
        return " ".join(text_of(each) for each in labels).strip()


def text_of(element: Element) -> str:
    """Return the text of an element, white space collapsed."""
    return " ".join("".join(element.itertext()).split())


def spoken(element: Element) -> str:
    """Return the text of an element, with what its pictures are called."""
    pictures = [each for each in element.iter() if each.tag in ("img", f"{SVG}svg")]
    called = [each.get("alt") or each.get("aria-label") or "" for each in pictures]
    return " ".join([text_of(element), *called]).strip()
