"""Filling in forms as browsers do: what stands in them is sent, and nothing else can be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .html_page import Element, HtmlPage, text_of

NOT_SENT = {"submit", "button", "reset", "image", "file"}


@dataclass(frozen=True)
class HtmlForm:
    """One form of a page."""

    page: HtmlPage
    element: Element

    @property
    def method(self) -> str:
        """GET or POST."""
        return self.element.get("method", "get").upper()

    @property
    def action(self) -> str:
        """Where it is sent to; nothing: to the page itself."""
        return self.element.get("action", "")

    @property
    def controls(self) -> list[Element]:
        """What can be filled in, and buttons."""
        found = [e for e in self.page.all("input", "select", "textarea", "button") if self._owns(e)]
        return [each for each in found if "disabled" not in each.attrib]

    def _owns(self, control: Element) -> bool:
        if "form" in control.attrib:
            return control.get("form") == self.element.get("id")
        return self.element in self.page.above(control)

    def buttons(self) -> list[tuple[str, Element]]:
        """Return what can be pressed to send it, with what it is called."""
        found = [e for e in self.controls if e.tag == "button" and e.get("type") != "button"]
        found += [e for e in self.controls if e.tag == "input" and e.get("type") == "submit"]
        return [(self.page.name_of(each) or each.get("value", ""), each) for each in found]

    def names(self) -> set[str]:
        """Return the names of what can be sent."""
        return {each.get("name", "") for each in self.controls} - {""}

    def values(self) -> dict[str, list[str]]:
        """Return what is sent when nothing is filled in."""
        sent: dict[str, list[str]] = {}
        for control in self.controls:
            name = control.get("name")
            if name:
                sent.setdefault(name, []).extend(_values(control))
        return {name: values for name, values in sent.items() if values}

    def filled(self, changes: dict[str, Any], button: str | None) -> dict[str, Any]:
        """Return what is sent after filling in; None and False clear a box, True checks it."""
        values: dict[str, Any] = self.values()
        for name, value in changes.items():
            controls = [each for each in self.controls if each.get("name") == name]
            assert controls, f"no {name!r} in the form, which has {sorted(self.names())}"
            values.pop(name, None)
            values |= {name: each} if (each := _entered(controls, value)) is not None else {}
        return values | self._pressed(button)

    def _pressed(self, button: str | None) -> dict[str, str]:
        for called, element in self.buttons():
            if called == button or button is None:
                name = element.get("name")
                return {name: element.get("value", "")} if name else {}
        assert button is None, f"no button {button!r}, there are {[b for b, _ in self.buttons()]}"
        return {}


def _values(control: Element) -> Iterator[str]:
    kind = control.get("type", "text").lower()
    if control.tag == "textarea":
        yield (control.text or "").removeprefix("\n")
    elif control.tag == "select":
        yield from _selected(control)
    elif control.tag == "input" and kind in ("checkbox", "radio"):
        yield from [control.get("value", "on")] if "checked" in control.attrib else []
    elif control.tag == "input" and kind not in NOT_SENT:
        yield control.get("value", "")


def _selected(select: Element) -> list[str]:
    options = list(select.iter("option"))
    chosen = [each for each in options if "selected" in each.attrib]
    if not chosen and options and "multiple" not in select.attrib:
        chosen = options[:1]
    return [_value(each) for each in chosen]


def _value(option: Element) -> str:
    return option.get("value", text_of(option))


def _entered(controls: list[Element], value: Any) -> Any:
    """Return what is sent for a value; one that cannot be chosen fails the test."""
    if value is None or value is False:
        return None
    first = controls[0]
    if first.get("type") in ("checkbox", "radio"):
        known = [each.get("value", "on") for each in controls]
        return known[0] if value is True else _known(value, known)
    if first.tag == "select":
        return _known(value, [_value(option) for option in first.iter("option")])
    return value


def _known(value: Any, known: list[str]) -> Any:
    wanted = value if isinstance(value, list) else [value]
    assert {str(each) for each in wanted} <= set(known), f"{value!r} is none of {known}"
    return value
