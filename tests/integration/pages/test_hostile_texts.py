"""Whatever stations, tags and people write is shown as text, on every page and in every export."""

from __future__ import annotations

import csv
import io

import pytest

from ocpp_core.domain.roles import Role
from tests.support.furnished import furnish
from tests.support.site_map import addresses

# No slash where ids stand: no station can have one.
PAYLOADS = {
    "script": "<script>alert(1)<\\script>{}",
    "image": "<img src=x onerror=alert(1)>{}",
    "attribute": "{}\" onmouseover=alert(1) x='",
    "template": "{{{{7*7}}}}{{% raw %}}{}",
    "format": "%(x)s %s %n {{0}} {}",
    "url": "javascript:alert(1);{}",
    "formula": "=cmd|'calc'!A1{}",
    "comment": "--><!--{}]]>",
    "direction": "\N{RIGHT-TO-LEFT OVERRIDE}{}\N{ZERO WIDTH SPACE}",
    "query": "{}?a=b&c=d#e;f=%41",
}


@pytest.fixture(params=PAYLOADS)
def hostile(request, site):
    """A visitor of a site full of such texts."""
    payload = PAYLOADS[request.param]
    site.hostile = True
    site.as_role(Role.VIEWER)
    site.furniture = furnish(payload.format)
    site.payload = payload
    return site


def test_every_page_shows_them_as_text(hostile):
    shown = ""
    for each in addresses(hostile.app, "GET", hostile.furniture):
        # It checks: no inline script, no handler, no broken HTML.
        seen = hostile.get(each.url, headers=each.headers)
        assert seen.status in (200, 303), each
        if not seen.is_html:
            continue
        shown += seen.text
        for element in seen.page.root.iter():
            handlers = [name for name in element.attrib if str(name).lower().startswith("on")]
            assert handlers == [], f"{each.url}: {handlers}"
            for name in ("href", "src", "action", "formaction"):
                assert not (element.get(name) or "").strip().lower().startswith("javascript:"), each
        assert "49" not in [text.strip() for text in seen.texts("td")], each.url
    for name in ("CP comment", "tag name", "note", "reason", "1 info", "command detail"):
        assert " ".join(hostile.payload.format(name).split()) in shown, name


def test_every_csv_keeps_them_in_their_cells_and_no_cell_is_a_formula(hostile):
    for url in (
        "/transactions/export.csv",
        "/report/summary.csv",
        "/report/details.csv",
    ):
        answer = hostile.get(url)
        assert answer.status == 200, url
        text = answer.response.data.decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text), delimiter=";"))
        assert {len(row) for row in rows} == {len(rows[0])}, url
        cells = [cell for row in rows[1:] for cell in row]
        assert [c for c in cells if c[:1] in ("=", "@", "\t", "\r")] == [], url
