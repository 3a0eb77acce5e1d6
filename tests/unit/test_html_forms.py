"""Forms are filled in as browsers do: all that stands in them is sent, nothing else can be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.html_forms import HtmlForm
from tests.support.html_page import HtmlPage

HTML = """<form id="f" method="post" action="/tags">
<input type="hidden" name="csrf_token" value="t">
<input name="id" value="A"><input name="note"><textarea name="text">
Some
text</textarea>
<input type="checkbox" name="blocked"><input type="checkbox" name="kept" value="y" checked>
<input type="radio" name="kind" value="one"><input type="radio" name="kind" value="two" checked>
<select name="role"><option value="viewer">Viewer</option>
<option selected>operator</option></select>
<select name="first"><option value="1">One</option><option value="2">Two</option></select>
<select name="many" multiple><option>a</option><option>b</option></select>
<input name="off" value="x" disabled><input type="file" name="file">
<button type="button" name="other" value="1">Other</button>
<button name="do" value="save">Save</button><button name="do" value="drop">Drop</button></form>
<input form="f" name="outside" value="too"><input name="elsewhere" value="no">"""
SENT = {
    "csrf_token": ["t"],
    "id": ["A"],
    "note": [""],
    "text": ["Some\ntext"],
    "kept": ["y"],
    "kind": ["two"],
    "role": ["operator"],
    "first": ["1"],
    "outside": ["too"],
}


@pytest.fixture
def form() -> HtmlForm:
    page = HtmlPage(HTML)
    return HtmlForm(page, page.all("form")[0])


def test_what_stands_in_a_form_is_sent(form: HtmlForm) -> None:
    assert form.values() == SENT
    assert (form.method, form.action) == ("POST", "/tags")


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"id": "B"}, {"id": "B"}),
        ({"blocked": True}, {"blocked": "on"}),
        ({"kept": False}, {"kept": None}),
        ({"kind": "one"}, {"kind": "one"}),
        ({"role": "viewer"}, {"role": "viewer"}),
        ({"first": 2}, {"first": 2}),
        ({"many": ["a", "b"]}, {"many": ["a", "b"]}),
        ({"file": "content"}, {"file": "content"}),
    ],
)
def test_what_is_filled_in_is_sent(
    form: HtmlForm, changes: dict[str, Any], sent: dict[str, Any]
) -> None:
    wanted = {**SENT, **sent, "do": "save"}
    expected = {name: value for name, value in wanted.items() if value is not None}
    assert form.filled(changes, None) == expected


def test_the_pressed_button_is_sent(form: HtmlForm) -> None:
    assert form.filled({}, "Drop")["do"] == "drop"


@pytest.mark.parametrize(
    "changes", [{"none": "x"}, {"off": "x"}, {"elsewhere": "x"}, {"role": "king"}, {"kind": "3"}]
)
def test_what_a_browser_cannot_send_fails(form: HtmlForm, changes: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        form.filled(changes, None)


def test_a_button_that_is_not_there_fails(form: HtmlForm) -> None:
    with pytest.raises(AssertionError, match="no button 'Other'"):
        form.filled({}, "Other")
