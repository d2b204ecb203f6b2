"""A table of words and numbers, which the terminal, Markdown and LaTeX show alike, and what its columns are called."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ike_ray.datasets.description import Kind
from ike_ray.evaluate.averages import Metric, Over, Statistic
from ike_ray.metrics.bootstrap import Interval

Row = tuple[str, ...]

_SHOWN_NAMES = 12
_METRIC_NAMES: dict[Metric, str] = {
    "j": "J",
    "f": "F",
    "jf": "J&F",
    "corloc": "CorLoc",
    "s": "S",
    "e": "E",
    "f_beta": "F-beta",
    "mae": "MAE",
    "iou": "IoU",
    "accuracy": "accuracy",
}
_AVERAGE_NAMES: dict[Over, str] = {
    "sequences": "sequence mean",
    "frames": "frame mean",
    "classes": "class mean",
    "objects": "object mean",
    "set": "whole set",
}


@dataclass(frozen=True, kw_only=True)
class ScoreTable:
    """The first column of a row names it; sections are divided by a line; notes stand below."""

    title: str
    columns: Row
    has_remarks: bool  # whether the last column has sentences
    sections: tuple[tuple[Row, ...], ...]
    notes: Row


def name_statistic(metric: Metric, statistic: Statistic) -> str:
    """Such as `J`, `J recall`, `max F-beta`."""
    match statistic:
        case "mean":
            return _METRIC_NAMES[metric]
        case "max":
            return f"max {_METRIC_NAMES[metric]}"
        case "recall" | "decay" | "deviation":
            return f"{_METRIC_NAMES[metric]} {statistic}"


def name_average(over: Over, kind: Kind) -> str:
    """Such as `sequence mean`; each image is a sequence of one frame."""
    return "image mean" if over == "sequences" and kind == "image" else _AVERAGE_NAMES[over]


def format_value(value: float | None) -> str:
    """Three digits; nothing for None."""
    return "" if value is None else f"{value:.3f}"


def format_interval(interval: Interval | None) -> str:
    """Such as ` [0.702, 0.845]`, to follow a number; nothing for None."""
    return "" if interval is None else f" [{interval.low:.3f}, {interval.high:.3f}]"


def format_names(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(names[:_SHOWN_NAMES]) + more


def is_number_column(table: ScoreTable, position: int) -> bool:
    """Whether the cells of a column begin with numbers, so that they end at the right."""
    cells = [row[position] for rows in table.sections for row in rows if row[position]]
    return position > 0 and bool(cells) and all(re.match(r"[+-]?\d", cell) for cell in cells)
