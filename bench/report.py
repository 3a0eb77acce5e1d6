"""The table that is printed and the file that is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .figures import FIGURES, Spread, ratios, spread

OURS, REFERENCE = "ours", "reference"
Rounds = Mapping[str, Mapping[str, Sequence[float]]]  # side, figure, one value a round

_ROW = "{:<44} {:>22} {:>22} {:>6}   {}\n"


def table(rounds: Rounds) -> str:
    """Return the table: medians with the range of all rounds, and the ratio of each pair."""
    text = _ROW.format("", *rounds, "ratio", "min - max over rounds")
    text += "-" * len(text) + "\n"
    for key, figure in FIGURES.items():
        if key not in rounds[OURS]:
            continue
        sides = {name: spread(figures[key]) for name, figures in rounds.items()}
        ratio = spread(ratios(rounds[OURS][key], rounds[REFERENCE][key]))
        title = f"{figure.title} [{figure.unit}]" + (" (+)" if figure.more_is_better else "")
        shown = [_range(each) for each in sides.values()]
        limits = f"{ratio.least:.3f} - {ratio.most:.3f}"
        text += _ROW.format(title, *shown, f"{ratio.median:.3f}", limits)
    return text + "Ratio: ours over reference, less is better; (+): more is better.\n"


def figures(rounds: Rounds) -> dict[str, Any]:
    """Return the figures as they are kept: all values of all rounds."""
    return {
        key: {
            "title": figure.title,
            "unit": figure.unit,
            **{side: [round(value, 4) for value in rounds[side][key]] for side in rounds},
            "ratio": _rounded(spread(ratios(rounds[OURS][key], rounds[REFERENCE][key]))),
        }
        for key, figure in FIGURES.items()
        if key in rounds[OURS]
    }


def save(content: Mapping[str, Any], folder: Path, began: datetime) -> Path:
    """Write the file of a day, of a minute where the day has one; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    names = (
        f"{began:{pattern}}.json" for pattern in ("%Y-%m-%d", "%Y-%m-%d-%H%M", "%Y-%m-%d-%H%M%S")
    )
    file = next(path for path in (folder / name for name in names) if not path.exists())
    draft = file.with_suffix(".tmp")
    draft.write_text(json.dumps(content, indent=2) + "\n")
    return draft.rename(file)


def now() -> datetime:
    """Return the present moment, UTC."""
    return datetime.now(UTC)


def _range(each: Spread) -> str:
    return f"{_short(each.median)} ({_short(each.least)}-{_short(each.most)})"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _rounded(each: Spread) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(each).items()}
