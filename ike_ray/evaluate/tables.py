"""The tables of scores, which the terminal, Markdown and LaTeX show alike: their contents, and the names of their columns."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ike_ray.datasets.description import Kind
from ike_ray.evaluate.benchmark import Benchmark, Comparison, Evaluation, find_average
from ike_ray.evaluate.protocols import choose_scoring
from ike_ray.evaluate.published import list_published
from ike_ray.evaluate.scores import Key, Metric, Over, SequenceScores, Statistic
from ike_ray.metrics.bootstrap import Interval

Row = tuple[str, ...]

# A table of more sequences is too long to read. It shows the lowest scores, and the Parquet files have all.
_MOST_SEQUENCES, _SHOWN_SEQUENCES = 60, 20
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
    """Rows of text. The first cell of a row names it, a line divides sections, and notes stand below."""

    title: str
    columns: Row
    has_remarks: bool  # whether the last column holds sentences
    sections: tuple[tuple[Row, ...], ...]
    notes: Row


def build_sequence_table(evaluation: Evaluation) -> ScoreTable:
    """Return the table of one system: its sequences, its classes if there are any, its averages, and below them notes."""
    benchmark, scores = evaluation.benchmark, evaluation.scores
    keys = list(dict.fromkeys((average.metric, average.statistic) for average in scores.averages))
    shown = _choose_sequences(scores.sequences)
    sequence_rows = tuple(
        (_name_sequence(entry), str(len(entry.frame_names)), *_format_all(entry.statistics, keys)) for entry in shown
    )
    class_rows = tuple(
        (f"class {entry.name}", str(entry.num_frames), *_format_all(entry.statistics, keys)) for entry in scores.classes
    )
    average_rows = []
    for over in dict.fromkeys(average.over for average in scores.averages):
        values = {(average.metric, average.statistic): average.value for average in scores.averages if average.over == over}
        average_rows.append((name_average(over, benchmark.kind), str(scores.num_frames), *_format_all(values, keys)))
    is_cut = f"Shown: the {len(shown)} lowest of {len(scores.sequences)}." if 0 < len(shown) < len(scores.sequences) else ""
    return ScoreTable(
        title=f"{name_split(benchmark)}: {evaluation.system.label}",
        columns=("image" if benchmark.kind == "image" else "sequence", "frames", *(name_statistic(*key) for key in keys)),
        has_remarks=False,
        sections=tuple(rows for rows in (sequence_rows, class_rows, tuple(average_rows)) if rows),
        notes=(*([is_cut] if is_cut else []), *list_notes(evaluation)),
    )


def list_notes(evaluation: Evaluation) -> Iterator[str]:
    """List what a reader of scores has to know: failures, frames without a mask, what was merged and what was left out."""
    benchmark, scores = evaluation.benchmark, evaluation.scores
    if benchmark.num_unchosen is not None:
        num_chosen = len(benchmark.sequences)
        yield (
            f"Only sequences whose masks a person accepted are scored: {num_chosen} of "
            f"{num_chosen + benchmark.num_unchosen} of {benchmark.dataset} {benchmark.split}. These are no scores of "
            "the whole split."
        )
    for sequence in scores.sequences:
        if sequence.failure:
            yield f"{sequence.name} was scored as empty masks: {sequence.failure}"
    num_missing = sum(sequence.num_missing for sequence in scores.sequences)
    if num_missing:
        yield f"{evaluation.system.label}: {num_missing} of {scores.num_frames} frames have no mask and count as empty."
    num_seeds = choose_scoring(benchmark.protocol).count_seeds(scores.sequences)
    if num_seeds > 1:
        yield f"{evaluation.system.label}: means over {num_seeds} seeds of its clusters, each assigned by itself."
    if benchmark.merged:
        yield f"Several objects in the truth, merged into one foreground: {format_names(benchmark.merged)}."
    if scores.left_out:
        yield f"Left out, since their truth shows nothing to find: {format_names(scores.left_out)}."


def _choose_sequences(sequences: Sequence[SequenceScores]) -> list[SequenceScores]:
    """Return all of a few sequences, of many those whose first score is lowest, and none if sequences have no scores."""
    if not sequences[0].statistics:
        return []
    if len(sequences) <= _MOST_SEQUENCES:
        return list(sequences)
    return sorted(sequences, key=lambda entry: next(iter(entry.statistics.values())))[:_SHOWN_SEQUENCES]


def _name_sequence(scores: SequenceScores) -> str:
    return f"{scores.name} ({scores.num_missing} missing)" if scores.num_missing else scores.name


def _format_all(values: Mapping[tuple[Metric, Statistic], float], keys: Sequence[tuple[Metric, Statistic]]) -> Row:
    return tuple(format_value(values.get(key)) for key in keys)


def build_comparison_table(comparison: Comparison) -> ScoreTable:
    """Return the table of several systems side by side.

    It has a row for each system and for its difference to the first, and below them published figures. The published kind of
    average has 95 % intervals, and the others have none.
    """
    first, keys = comparison.first, comparison.headline
    benchmark = first.benchmark
    what = "images" if benchmark.kind == "image" else "frames"
    sections = (
        tuple(_list_system_rows(comparison)),
        tuple(_list_difference_rows(comparison)),
        tuple(_list_published_rows(benchmark, keys)),
    )
    scores = [(name_statistic(metric, statistic), name_average(over, benchmark.kind)) for over, metric, statistic in keys]
    return ScoreTable(
        title=f"{name_split(benchmark)}, {first.scores.num_frames} {what}",
        columns=("system", "human labels", *(f"{score}, {average}" for score, average in scores), "remark"),
        has_remarks=True,
        sections=tuple(rows for rows in sections if rows),
        notes=tuple(dict.fromkeys(_list_all_notes(comparison))),
    )


def _list_system_rows(comparison: Comparison) -> Iterator[Row]:
    for evaluation in comparison.evaluations:
        averages = [(key, find_average(evaluation, key)) for key in comparison.headline]
        cells = [format_value(found.value) + _format_end(comparison, key, found.interval) for key, found in averages]
        yield evaluation.system.label, evaluation.system.supervision, *cells, ""


def _list_difference_rows(comparison: Comparison) -> Iterator[Row]:
    for evaluation, gaps in zip(comparison.evaluations[1:], comparison.gaps, strict=True):
        cells = [f"{gap.value:+.3f}" + _format_end(comparison, key, gap.interval) for key, gap in gaps.items()]
        yield f"{evaluation.system.label} minus {comparison.first.system.label}", "", *cells, "paired"


def _list_published_rows(benchmark: Benchmark, keys: tuple[Key, ...]) -> Iterator[Row]:
    published = list_published(benchmark.dataset)
    if published:
        other = "" if benchmark.split == benchmark.usual_split else f", not of {benchmark.split}"
        if benchmark.num_unchosen is not None:
            other = f", not of accepted sequences of {benchmark.split}"
        yield f"published, of {benchmark.usual_split}{other}:", "", *("" for _ in keys), ""
    for figures in published:
        cells = [format_value(figures.values.get(key)) for key in keys]
        yield figures.system, figures.supervision, *cells, figures.note


def _format_end(comparison: Comparison, key: Key, interval: Interval | None) -> str:
    """Return the interval for the published kind of average, and nothing for others, because more would fill the page."""
    return format_interval(interval) if key[0] == comparison.headline[0][0] else ""


def _list_all_notes(comparison: Comparison) -> Iterator[str]:
    """List what the columns mean, and what a reader has to know of each system."""
    benchmark, scores = comparison.first.benchmark, comparison.first.scores
    if any(average.interval for average in scores.averages):
        what = "images" if benchmark.kind == "image" else "sequences"
        yield f"In brackets: 95 % intervals, percentiles of a bootstrap over {len(scores.sequences)} {what}."
    yield (
        "Human labels: none; pretraining, if a part was trained before on labels of other things; masks, if it learned from "
        "masks that people drew; unknown, if nobody said."
    )
    for evaluation in comparison.evaluations:
        yield from list_notes(evaluation)


def name_split(benchmark: Benchmark) -> str:
    """Return a name such as `davis2016 val`, which says so if only accepted sequences of the split are scored."""
    accepted = "" if benchmark.num_unchosen is None else ", accepted sequences"
    return f"{benchmark.dataset} {benchmark.split}{accepted}"


def name_statistic(metric: Metric, statistic: Statistic) -> str:
    """Return a name such as `J`, `J recall` or `max F-beta`."""
    match statistic:
        case "mean":
            return _METRIC_NAMES[metric]
        case "max":
            return f"max {_METRIC_NAMES[metric]}"
        case "recall" | "decay" | "deviation":
            return f"{_METRIC_NAMES[metric]} {statistic}"


def name_average(over: Over, kind: Kind) -> str:
    """Return a name such as `sequence mean`. Each image is a sequence of one frame."""
    return "image mean" if over == "sequences" and kind == "image" else _AVERAGE_NAMES[over]


def format_value(value: float | None) -> str:
    """Return the value with three digits, and nothing for None."""
    return "" if value is None else f"{value:.3f}"


def format_interval(interval: Interval | None) -> str:
    """Return a text such as ` [0.702, 0.845]`, which follows a number, and nothing for None."""
    return "" if interval is None else f" [{interval.low:.3f}, {interval.high:.3f}]"


def format_names(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(names[:_SHOWN_NAMES]) + more


def is_number_column(table: ScoreTable, position: int) -> bool:
    """Tell whether the cells of a column begin with numbers, so that they are aligned at the right."""
    cells = [row[position] for rows in table.sections for row in rows if row[position]]
    return position > 0 and bool(cells) and all(re.match(r"[+-]?\d", cell) for cell in cells)
