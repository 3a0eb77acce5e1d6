"""The checks of pages find what they are for, and let a right page pass."""

from __future__ import annotations

import pytest

from tests.support.html_page import HtmlPage
from tests.support.page_checks import problems_of, problems_of_headers

RIGHT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Tags · OCPP.Core</title><link rel="icon" href="data:,">
<script src="/static/js/api-docs.js?v=1"></script></head>
<body><a href="#content">Skip</a><main id="content"><h1>Tags</h1><h2>List</h2>
<p>Some text</p><img src="/qr.svg" alt="">
<form method="post"><input type="hidden" name="csrf_token" value="x">
<label for="id">Id</label><input id="id" name="id"><label>Name <input name="name"></label>
<input aria-label="Search" name="q"><select aria-labelledby="id-2"><option>1</option></select>
<span id="id-2">Kind</span><button>Save</button></form>
<form><input type="search" aria-label="Search" name="search"></form>
<a href="/tags"><svg role="img" aria-label="Tags"><use href="/static/img.svg#x"></use></svg></a>
<table><thead><tr><th scope="col">Id</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>
<script type="application/json">{"a": "{{"}</script>
</main></body></html>"""

WRONG = [
    ("<title>Tags · OCPP.Core</title>", "", "titles: []"),
    ("<title>Tags ·", "<title> ·", "titles"),
    ('lang="en"', "", "no lang"),
    ('name="viewport"', 'name="x"', "no viewport"),
    ("<h1>Tags</h1>", "", "h1: []"),
    ("<h2>List</h2>", "<h1>List</h1>", "h1: ['Tags', 'List']"),
    ("<h2>List</h2>", "<h3>List</h3>", "h1 is followed by h3"),
    ("<p>Some text</p>", "<p>Some text</span></p>", "invalid HTML: unexpected-end-tag"),
    ("<p>Some text</p>", "<p>Some text<div></div></p>", "invalid HTML"),
    ("<p>Some text</p>", '<p class="a" class="b"></p>', "invalid HTML: duplicate-attribute"),
    ("<p>Some text</p>", "<span><div>x</div></span>", "<div> inside <span>"),
    ("<p>Some text</p>", "<ul><div>x</div></ul>", "<div> in a list"),
    ("<p>Some text</p>", "<li>x</li>", "<li> outside a list"),
    ("<p>Some text</p>", '<a href="/"><button>x</button></a>', "something else to click on"),
    ("<p>Some text</p>", '<p tabindex="1">x</p>', "tabindex"),
    ("<p>Some text</p>", '<p id="id">x</p>', "id 'id' stands 2 times"),
    ("<p>Some text</p>", '<p id="a b">x</p>', "not usable"),
    ("<p>Some text</p>", '<a href="#nowhere">x</a>', "names 'nowhere'"),
    ("<p>Some text</p>", '<a href="">x</a>', "leads nowhere"),
    ("<p>Some text</p>", '<a href="/x"></a>', "<a> {'href': '/x'} has no label"),
    ("<p>Some text</p>", '<p aria-describedby="nowhere">x</p>', "names 'nowhere'"),
    ('<label for="id">Id</label>', "", "<input> {'id': 'id', 'name': 'id'} has no label"),
    ('aria-labelledby="id-2"', "", "<select> {} has no label"),
    ("<button>Save</button>", '<button><svg aria-hidden="true"></svg></button>', "<button> {} has"),
    ("<button>Save</button>", "<textarea></textarea>", "<textarea> {} has no label"),
    (' alt=""', "", "has no alt"),
    (' scope="col"', "", "has no scope"),
    ('<input type="hidden" name="csrf_token" value="x">', "", "has 0 tokens"),
    ('value="x"', 'value=""', "has 1 tokens"),
    ('method="post"', 'method="get"', "shows its token in the address"),
    ('method="post"', 'method="put"', "form with method 'put'"),
    ("<p>Some text</p>", "<script>x</script>", "inline script"),
    ("<p>Some text</p>", '<script type="module">x</script>', "inline script"),
    ("<p>Some text</p>", "<style>x</style>", "<style> element"),
    ("<p>Some text</p>", '<p style="color:red">x</p>', "has style"),
    ("<p>Some text</p>", '<p onclick="x()">x</p>', "has onclick"),
    ("<p>Some text</p>", '<p hx-on:click="x()">x</p>', "has hx-on:click"),
    ("<p>Some text</p>", '<p hx-vals="js:x()">x</p>', "runs a script"),
    ("<p>Some text</p>", '<a href="javascript:x()">x</a>', "runs a script"),
    ("<p>Some text</p>", '<a href="https://elsewhere.example/">x</a>', "leads outside"),
    ("<p>Some text</p>", '<a href="/\\elsewhere.example">x</a>', "leads outside"),
    ("<p>Some text</p>", '<a href="/&#9;/elsewhere.example">x</a>', "leads outside"),
    ('src="/static/js/', 'src="//elsewhere.example/static/js/', "leads outside"),
    ("<p>Some text</p>", '<p hx-get="http://elsewhere.example">x</p>', "leads outside"),
    ('src="/qr.svg"', 'src="https://elsewhere.example/x.png"', "leads outside"),
    ("api-docs.js", "none.js", "no file /static/js/none.js"),
    ("?v=1", "", "not named by asset()"),
    ("Some text", "{{ name }}", "shows '{{ name }}'"),
    ("Some text", "{% if %}", "shows"),
    ("Some text", "None", "shows None"),
    ("Some text", "%(name)s is gone", "shows '%(name)s is gone'"),
    ("Some text", "&lt;function x at 0x1>", "shows"),
    ('aria-label="Search"', 'aria-label="{{ x }}"', "shows '{{ x }}'"),
    ("<main", "<div", "main elements"),
]


def page(html: str) -> HtmlPage:
    return HtmlPage(html.replace("/static/img.svg", "/img.svg"))


def test_a_right_page_passes() -> None:
    assert problems_of(page(RIGHT)) == []


@pytest.mark.parametrize(("right", "wrong", "said"), WRONG)
def test_what_is_wrong_is_said(right: str, wrong: str, said: str) -> None:
    assert right in RIGHT
    problems = problems_of(page(RIGHT.replace(right, wrong, 1)))
    assert said in " | ".join(problems)


def test_hostile_data_may_look_like_a_template() -> None:
    hostile = page(RIGHT.replace("Some text", "{{ 7 * 7 }}"))
    assert problems_of(hostile, hostile=True) == []
    assert problems_of(hostile) != []


def test_fragments_need_no_frame() -> None:
    assert problems_of(HtmlPage("<tr><td>1</td></tr><tr><td>2</td></tr>", is_fragment=True)) == []
    assert problems_of(HtmlPage("<p>x</p>", is_fragment=True)) == []
    assert problems_of(HtmlPage("<p>x</div>", is_fragment=True)) != []
    assert problems_of(HtmlPage('<form method="post"></form>', is_fragment=True)) != []


POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'"
    "; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def test_right_headers_pass() -> None:
    assert problems_of_headers(HEADERS) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("default-src 'none'; ", ""),
        ("script-src 'self'", "script-src 'self' 'unsafe-inline'"),
        ("script-src 'self'", "script-src *"),
        ("style-src 'self'", "style-src 'self' 'unsafe-inline'"),
        ("connect-src 'self'", "connect-src 'self' https://elsewhere.example"),
        ("frame-ancestors 'none'", "frame-ancestors 'self'"),
        ("; base-uri 'none'", ""),
    ],
)
def test_an_open_policy_is_found(right: str, wrong: str) -> None:
    headers = {**HEADERS, "Content-Security-Policy": POLICY.replace(right, wrong)}
    assert problems_of_headers(headers) != []


@pytest.mark.parametrize("name", HEADERS)
def test_a_missing_header_is_found(name: str) -> None:
    assert problems_of_headers({**HEADERS, name: ""}) != []
