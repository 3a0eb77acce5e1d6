"""What is asked of every page: valid HTML, names for all inputs, tokens, nothing from outside.

`problems_of` returns sentences; a page without any is as it should be. Each check is a function
that yields what is wrong.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from .html_page import SVG, Element, HtmlPage, spoken, text_of

ROOT = Path(__file__).resolve().parents[2]
DATA_SCRIPTS = {"application/json"}
ADDRESSES = {"src", "href", "action", "formaction", "poster", "data", "srcset", "cite"}
ADDRESSES |= {f"hx-{verb}" for verb in ("get", "post", "put", "patch", "delete")}
ADDRESSES |= {"hx-sse:connect", "hx-push-url", "ping"}
SPOKEN_FOR = {"hidden", "submit", "button", "reset", "image"}  # inputs that need no label
REFERENCES = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "list")
PHRASING_ONLY = {"p", "span", "button", "label", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "time"}
FLOW = {"div", "p", "ul", "ol", "dl", "table", "form", "section", "article", "nav", "main", "pre"}
FLOW |= {"h1", "h2", "h3", "h4", "h5", "h6", "header", "footer", "aside", "fieldset", "details"}
SCOPES = ("col", "row", "colgroup", "rowgroup")
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
LEAKS = re.compile(r"%\(\w+\)[sd]|\bLazyString\b|<(?:built-in|function|bound method|ocpp_core)")
BRACES = re.compile(r"\{[{%#]")  # closing ones end JSON too

Problems = Iterator[str]


def problems_of(page: HtmlPage, *, hostile: bool = False) -> list[str]:
    """Return what is wrong with a page; with `hostile` data it may show what looks like Jinja."""
    checks = [*ANYWHERE, *([] if page.is_fragment else WHOLE), *([] if hostile else [_no_leaks])]
    return [*page.errors, *(problem for check in checks for problem in check(page))]


def problems_of_headers(headers: Mapping[str, str]) -> list[str]:
    """Return what is wrong with the headers of a page."""
    policy = _directives(headers.get("Content-Security-Policy", ""))
    wanted = {"default-src": {"'none'"}, "base-uri": {"'none'"}, "frame-ancestors": {"'none'"}}
    wanted |= {"form-action": {"'self'"}, "script-src": {"'self'"}, "style-src": {"'self'"}}
    wrong = [
        f"policy: {name} is {' '.join(sorted(policy.get(name, ()))) or 'missing'}"
        for name, sources in wanted.items()
        if policy.get(name) != sources
    ]
    allowed = {"'self'", "'none'", "data:"}
    wrong += [f"policy: {name} is open" for name, given in policy.items() if given - allowed]
    if headers.get("X-Content-Type-Options") != "nosniff":
        wrong.append("X-Content-Type-Options is not nosniff")
    if "no-store" not in headers.get("Cache-Control", ""):
        wrong.append("Cache-Control is not no-store")
    return wrong


def _directives(policy: str) -> dict[str, set[str]]:
    parts = [part.split() for part in policy.split(";") if part.strip()]
    return {name: set(sources) for name, *sources in parts}


def _has_frame(page: HtmlPage) -> Problems:
    titles = [text_of(each) for each in page.all("title")]
    if len(titles) != 1 or not titles[0].partition("·")[0].strip():
        yield f"titles: {titles}"
    if not page.root.get("lang"):
        yield "html has no lang"
    if not any(each.get("name") == "viewport" for each in page.all("meta")):
        yield "no viewport"
    if len(page.all("main")) != 1:
        yield f"{len(page.all('main'))} main elements"


def _has_headings(page: HtmlPage) -> Problems:
    first = [text_of(each) for each in page.all("h1")]
    if len(first) != 1 or not first[0]:
        yield f"h1: {first}"
    inside = [each for main in page.all("main") for each in main.iter() if each.tag in HEADINGS]
    levels = [int(each.tag[1]) for each in inside]
    for before, after in itertools.pairwise(levels):
        if after > before + 1:
            yield f"h{before} is followed by h{after}"


def _ids_are_unique(page: HtmlPage) -> Problems:
    counts = Counter(each.attrib["id"] for each in page.elements if "id" in each.attrib)
    yield from (f"id {name!r} stands {count} times" for name, count in counts.items() if count > 1)
    yield from (f"id {name!r} is not usable" for name in counts if not name or " " in name)


def _references_exist(page: HtmlPage) -> Problems:
    for element in page.elements:
        targets = [each for name in REFERENCES for each in element.get(name, "").split()]
        fragment = element.get("href", "")
        if element.tag == "a" and fragment.startswith("#"):
            targets.append(fragment[1:])
        yield from (f"<{element.tag}> names {each!r}" for each in targets if each not in page.by_id)


def _things_have_names(page: HtmlPage) -> Problems:
    for element in page.elements:
        wants_name = element.tag in ("select", "textarea", "button") or (
            element.tag == "input" and element.get("type", "text").lower() not in SPOKEN_FOR
        )
        wants_name = wants_name or (element.tag == "a" and "href" in element.attrib)
        if wants_name and not page.name_of(element):
            yield f"<{element.tag}> {element.attrib} has no label"
        if element.tag == "img" and "alt" not in element.attrib:
            yield f"<img> {element.get('src')} has no alt"
        if element.tag == "th" and element.get("scope") not in SCOPES:
            yield f"<th> {spoken(element)!r} has no scope"


def _forms_are_safe(page: HtmlPage) -> Problems:
    for form in page.all("form"):
        method = form.get("method", "get").lower()
        tokens = [each.get("value") for each in form.iter("input") if _is_token(each)]
        if method == "post" and (len(tokens) != 1 or not tokens[0]):
            yield f"form {form.get('action', '')!r} has {len(tokens)} tokens"
        if method == "get" and tokens:
            yield f"form {form.get('action', '')!r} shows its token in the address"
        if method not in ("get", "post", "dialog"):
            yield f"form with method {method!r}"


def _is_token(element: Element) -> bool:
    return element.get("name") == "csrf_token" and element.get("type") == "hidden"


def _nothing_is_inline(page: HtmlPage) -> Problems:
    for element in page.elements:
        if element.tag == "script" and "src" not in element.attrib:
            if element.get("type") not in DATA_SCRIPTS:
                yield "inline script"
        elif element.tag in ("style", f"{SVG}style", f"{SVG}script", "base", "iframe", "object"):
            yield f"<{element.tag}> element"
        for name, value in element.attrib.items():
            if name == "style" or name.startswith(("on", "hx-on")):
                yield f"<{element.tag}> has {name}"
            is_followed = name in ADDRESSES or name.startswith(("hx-", "data-hx-"))
            if is_followed and value.strip().lower().startswith(("js:", "javascript:")):
                yield f"<{element.tag}> {name} runs a script"


def _addresses_stay_here(page: HtmlPage) -> Problems:
    for element in page.elements:
        for name in ADDRESSES & element.attrib.keys():
            value = element.attrib[name].strip()
            if name == "href" and value == "":
                yield f"<{element.tag}> leads nowhere"
            elif _is_outside(value) and not _is_picture_of_data(element, value):
                yield f"<{element.tag}> {name} leads outside: {value[:80]}"
            elif urlsplit(value).path.startswith("/static/"):
                yield from _static_is_known(value)


def _is_outside(address: str) -> bool:
    plain = re.sub(r"[\t\n\r]", "", address).replace("\\", "/")
    return bool(urlsplit(plain).scheme or plain.startswith("//"))


def _is_picture_of_data(element: Element, address: str) -> bool:
    return element.tag in ("img", "link") and address.startswith("data:")


def _static_is_known(address: str) -> Problems:
    parts = urlsplit(address)
    if not (ROOT / unquote(parts.path).lstrip("/")).is_file():
        yield f"no file {parts.path}"
    elif "v" not in parse_qs(parts.query):
        yield f"{parts.path} is not named by asset()"


def _elements_stand_where_they_may(page: HtmlPage) -> Problems:
    for element in page.elements:
        parent = page.parents.get(element)
        if element.tag in FLOW and parent is not None and parent.tag in PHRASING_ONLY:
            yield f"<{element.tag}> inside <{parent.tag}>"
        if element.tag == "li" and (parent is None or parent.tag not in ("ul", "ol", "menu")):
            yield "<li> outside a list"
        if element.tag in ("ul", "ol"):
            yield from (f"<{each.tag}> in a list" for each in element if each.tag != "li")
        if element.tag in ("a", "button") and any(
            each.tag in ("a", "button", "input", "select", "textarea")
            for each in element.iter()
            if each is not element
        ):
            yield f"<{element.tag}> holds something else to click on"
        if element.get("tabindex", "0").isdigit() and int(element.get("tabindex", "0")) > 0:
            yield f"<{element.tag}> has tabindex {element.get('tabindex')}"


def _no_leaks(page: HtmlPage) -> Problems:
    for element in page.elements:
        if element.tag == "script":
            continue
        shown = [element.text or "", *(each.tail or "" for each in element)]
        for text in [*shown, *element.attrib.values()]:
            if BRACES.search(text) or LEAKS.search(text):
                yield f"<{element.tag}> shows {text.strip()[:80]!r}"
            if text.strip() in ("None", "Undefined", "undefined", "NaN"):
                yield f"<{element.tag}> shows {text.strip()}"


Check = Callable[[HtmlPage], Problems]
WHOLE: tuple[Check, ...] = (_has_frame, _has_headings, _references_exist)
ANYWHERE: tuple[Check, ...] = (
    _ids_are_unique,
    _things_have_names,
    _forms_are_safe,
    _nothing_is_inline,
    _addresses_stay_here,
    _elements_stand_where_they_may,
)
