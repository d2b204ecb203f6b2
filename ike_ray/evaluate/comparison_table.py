"""The table of several systems side by side, with published figures under them."""

from collections.abc import Iterator

from ike_ray.evaluate.benchmark import Benchmark
from ike_ray.evaluate.comparison import Comparison, Key, find_average
from ike_ray.evaluate.published import list_published
from ike_ray.evaluate.score_table import Row, ScoreTable, format_interval, format_value, name_average, name_statistic
from ike_ray.evaluate.sequence_table import list_notes
from ike_ray.metrics.bootstrap import Interval


def build_comparison_table(comparison: Comparison) -> ScoreTable:
    """A row a system, a row for each one's difference to the first, a row for each published system.

    The published kind of average has 95 % intervals, the others stand without.
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
        title=f"{benchmark.dataset} {benchmark.split}, {first.scores.num_frames} {what}",
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
        yield f"published, of {benchmark.usual_split}{other}:", "", *("" for _ in keys), ""
    for figures in published:
        cells = [format_value(figures.values.get(key)) for key in keys]
        yield figures.system, figures.supervision, *cells, figures.note


def _format_end(comparison: Comparison, key: Key, interval: Interval | None) -> str:
    """The interval, of the published kind of average only: more would fill the page."""
    return format_interval(interval) if key[0] == comparison.headline[0][0] else ""


def _list_all_notes(comparison: Comparison) -> Iterator[str]:
    """What the columns mean, and what is to know of each system."""
    benchmark, scores = comparison.first.benchmark, comparison.first.scores
    if any(average.interval for average in scores.averages):
        what = "images" if benchmark.kind == "image" else "sequences"
        yield f"In brackets: 95 % intervals, percentiles of a bootstrap over {len(scores.sequences)} {what}."
    yield (
        "Human labels: none; pretraining, labels of other things in a part that was trained before; masks, drawn by people; "
        "unknown, nobody said."
    )
    for evaluation in comparison.evaluations:
        yield from list_notes(evaluation)
