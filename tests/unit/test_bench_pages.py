"""The benchmark of pages asks for every page there is."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from bench import page_list
from bench.history import Size
from bench.page_list import Drawer

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def test_every_page_is_asked_for_with_values_for_all_its_variables() -> None:
    values = Drawer(Size(), NOW, random.Random(1)).values()  # noqa: S311 - for a test
    urls = [page.url(values) for page in page_list.all_pages()]
    assert [url for url in urls if not url.startswith("/") or "{" in url] == []
    assert len(set(urls)) == len(urls)


def test_what_is_left_out_or_filtered_exists() -> None:
    known = {rule.endpoint for rule in page_list.rules()}
    named = page_list.STREAMS | page_list.ELSEWHERE | page_list.FILES | page_list.PARTS
    named |= page_list.QUERIES.keys() | page_list.NAMES.keys() | page_list.NEEDED.keys()
    assert named - known == set()
