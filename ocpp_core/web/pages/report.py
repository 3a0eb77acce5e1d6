"""The charge report: what was charged in a range of days, by group and tag."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any

from flask import render_template, request

from ...domain.roles import Role
from ...services import charge_report, paging
from ...services.charge_groups import Group, TagLine
from ...services.charge_report import Summary
from ...services.paging import Page
from .. import localization
from .area import Area
from .report_ranges import RangeForm, offered

area = Area("report")

PER_PAGE = 200  # tags


@area.shows("/report", Role.VIEWER)
def show() -> Any:
    """Show the sums of the sessions that ended in the range."""
    form = RangeForm()
    report = charge_report.summary(form.since, form.until) if form.usable else None
    return render_template(
        "report/show.html",
        form=form,
        report=report,
        page=_page(report) if report else None,
        offered=offered(localization.current_day()),
    )


def _page(report: Summary) -> Page[Group]:
    """Return some tags in their groups, whose sums are those of all their tags."""
    start = _start()
    lines = list(report.lines())
    following = start + PER_PAGE
    more = paging.encode(following) if following < len(lines) else None
    return Page(tuple(_grouped(lines[start:following])), more)


def _start() -> int:
    cursor = request.args.get("cursor")
    return max(0, paging.decode(cursor, int)[0]) if cursor else 0


def _grouped(lines: Iterable[tuple[Group, TagLine]]) -> Iterable[Group]:
    for group, some in groupby(lines, key=itemgetter(0)):
        yield dataclasses.replace(group, lines=tuple(line for _, line in some))
