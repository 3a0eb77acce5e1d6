"""Runs the benchmark: `python -m bench`, or `make bench BENCH="--quick saturated"`."""

from __future__ import annotations

import argparse
import dataclasses
import functools
import itertools
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

from . import machine, pages, report, template
from .figures import Measured
from .fleet import ROOT, BenchError
from .scenarios import FULL, MANY, QUICK, SCENARIOS, WARM_STATIONS, Extent
from .servers import Ours, Reference, Side

PAGES = "pages"  # takes minutes to prepare: only when it is named
PAGE_REPEATS = {False: 20, True: 5}
Values = dict[str, dict[str, list[float]]]  # side, figure, one value a round


def main() -> int:
    """Measure, print the table, keep the result; returns the exit status."""
    options = _read_options()
    extent = QUICK if options.quick else FULL
    if options.rounds:
        extent = dataclasses.replace(extent, rounds=options.rounds)
    signal.signal(signal.SIGTERM, _leave)
    began, facts, watch = report.now(), machine.facts(), machine.Watch()
    names = options.scenarios or list(SCENARIOS)
    try:
        if PAGES in names:
            return _measure_pages(options, began)
        values = measure(names, extent)
    except BenchError as error:
        sys.stderr.write(f"The benchmark failed: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    others = watch.others_share()
    sys.stdout.write("\n" + report.table(values) + _warning(others))
    content = {
        "began": began.isoformat(timespec="seconds"),
        "extent": dataclasses.asdict(extent),
        "machine": {**facts, "used_by_others": round(others, 3)},
        "figures": report.figures(values),
    }
    file = report.save(content, options.results, began)
    sys.stdout.write(f"Written to {_shown(file)}\n")
    return 0


def _measure_pages(options: argparse.Namespace, began: datetime) -> int:
    """Measure pages alone: there is nothing to compare them with."""
    facts, watch = machine.facts(), machine.Watch()
    figures = pages.measure(options.database, PAGE_REPEATS[options.quick])
    others = watch.others_share()
    sys.stdout.write(_warning(others))
    content = {
        "began": began.isoformat(timespec="seconds"),
        "machine": {**facts, "used_by_others": round(others, 3)},
        "pages": figures,
    }
    sys.stdout.write(f"Written to {_shown(report.save(content, options.results, began))}\n")
    return 0


def measure(names: Sequence[str], extent: Extent) -> Values:
    """Run the scenarios; both sides of a scene stand beside each other and take turns."""
    with TemporaryDirectory(prefix="ocpp-bench-") as folder:
        file = Path(folder) / "template.db"
        template.make(file, MANY + WARM_STATIONS)
        sides = [
            Side(report.OURS, functools.partial(Ours, template=file)),
            Side(report.REFERENCE, Reference),
        ]
        values: Values = {side.name: {} for side in sides}
        in_order = [name for name in SCENARIOS if name in names]
        for prepare, group in itertools.groupby(in_order, lambda name: SCENARIOS[name].prepare):
            with ExitStack() as stack:
                scenes = {each.name: stack.enter_context(prepare(each)) for each in sides}
                for name in group:
                    _alternate(name, scenes, extent, values)
    return values


def _alternate(name: str, scenes: dict[str, Any], extent: Extent, values: Values) -> None:
    """Measure one scenario in rounds; in each the other side begins."""
    scenario = SCENARIOS[name]
    for number in range(min(extent.rounds, scenario.most_rounds)):
        for side in list(scenes) if number % 2 == 0 else reversed(scenes):
            figures = scenario.measure(scenes[side], extent)
            _note(values[side], figures)
            shown = "  ".join(f"{key} {value:.4g}" for key, value in figures.items())
            sys.stdout.write(f"round {number + 1}  {side:<10} {shown}\n")
            sys.stdout.flush()


def _note(values: dict[str, list[float]], figures: Measured) -> None:
    for key, value in figures.items():
        values.setdefault(key, []).append(value)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    known = " ".join([*SCENARIOS, PAGES])
    parser.add_argument("scenarios", nargs="*", metavar="scenario", help=known)
    parser.add_argument("--quick", action="store_true", help="one short round, about a minute")
    parser.add_argument("--rounds", type=_positive, help="how often each scenario is measured")
    parser.add_argument("--results", type=Path, default=ROOT / "bench" / "results")
    parser.add_argument("--database", action="append", default=[], help="URL, for pages: kept")
    options = parser.parse_args()
    for unknown in set(options.scenarios) - {*SCENARIOS, PAGES}:
        parser.error(f"unknown scenario {unknown}, there are: {known}")
    if PAGES in options.scenarios and len(options.scenarios) > 1:
        parser.error(f"{PAGES} is measured alone")
    return options


def _warning(others: float) -> str:
    if others < machine.DISTURBED:
        return ""
    return f"Others used {others:.0%} of this machine meanwhile: do not rely on the latencies.\n"


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text}")
    return int(text)


def _shown(file: Path) -> Path:
    return file.relative_to(ROOT) if file.is_relative_to(ROOT) else file


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does, so that all that was started is stopped."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
