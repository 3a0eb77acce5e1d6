"""Cursors: what was encoded comes back, anything else is refused."""

import base64
import json
from datetime import UTC, datetime

import pytest

from ocpp_core.errors import InvalidInput
from ocpp_core.services import paging

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)


def test_a_cursor_brings_back_the_sort_key():
    cursor = paging.encode(MOMENT, 17, 0.1, "Ärger/?")
    assert paging.decode(cursor, datetime, int, float, str) == (MOMENT, 17, 0.1, "Ärger/?")
    assert cursor.isascii()
    assert not set(cursor) & set("/?&=+#")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "ä",
        "bm90IGpzb24",
        "A",
        paging.encode(1, 2),
        paging.encode("1"),
        paging.encode(2**63),
        "W3RydWVd",  # [true]
        "WzFlOTk5XQ",  # [1e999]
        "W05hTl0",  # [NaN]
        "ezE6MX0",
        "W" * 5000,
        "W1tbW1tbW1tb",
    ],
)
def test_a_bad_cursor_is_the_callers_fault(cursor):
    with pytest.raises(InvalidInput) as refusal:
        paging.decode(cursor, int)
    assert set(refusal.value.fields) == {"cursor"}


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_that_no_database_takes_is_refused(text):
    cursor = base64.urlsafe_b64encode(json.dumps([text]).encode()).decode()
    with pytest.raises(InvalidInput):
        paging.decode(cursor, str)


@pytest.mark.parametrize("count", [10**18, -(10**18)])
def test_a_moment_out_of_range_is_refused(count):
    with pytest.raises(InvalidInput):
        paging.decode(paging.encode(count), datetime)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_one_to_a_thousand_items(limit):
    with pytest.raises(InvalidInput) as refusal:
        paging.check_limit(limit)
    assert set(refusal.value.fields) == {"limit"}


def test_the_last_page_has_no_next():
    page = paging.page_of([1, 2], 2, str, paging.encode)
    assert page == paging.Page(("1", "2"), None)


def test_a_page_goes_on_after_its_last_item():
    page = paging.page_of([1, 2, 3], 2, str, paging.encode)
    assert page.items == ("1", "2")
    assert paging.decode(page.next, int) == (2,)
