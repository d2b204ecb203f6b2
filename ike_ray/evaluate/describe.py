"""Scores as plain values, for JSON."""

from dataclasses import asdict
from typing import Any

from ike_ray.evaluate.averages import Average, ClassScores, Over, SequenceScores
from ike_ray.evaluate.benchmark import Benchmark, Evaluation
from ike_ray.evaluate.comparison import Comparison, Key
from ike_ray.evaluate.published import PublishedFigures, list_published
from ike_ray.evaluate.scores import DatasetScores
from ike_ray.metrics.bootstrap import Difference, Interval

_NESTED: dict[Over, str] = {
    "sequences": "sequence_mean",
    "classes": "class_mean",
    "objects": "object_mean",
    "set": "set_mean",
}


def describe_evaluation(evaluation: Evaluation) -> dict[str, Any]:
    """Everything but the scores of single frames.

    `averages` has all averages with their intervals; `sequence_mean`, `frame_mean` and so on have them by name.
    """
    scores = evaluation.scores
    return {
        **_describe_system(evaluation),
        **_describe_benchmark(evaluation.benchmark),
        "frames": scores.num_frames,
        "left_out": list(scores.left_out),
        **_nest_averages(scores),
        "averages": [_describe_average(average) for average in scores.averages],
        "classes": [describe_class(entry) for entry in scores.classes],
        "sequences": [describe_sequence(sequence) for sequence in scores.sequences],
        "published": [_describe_published(figures) for figures in list_published(evaluation.benchmark.dataset)],
    }


def describe_comparison(comparison: Comparison) -> dict[str, Any]:
    """The averages of several systems, and the paired differences of the headline averages to the first."""
    first = comparison.first
    return {
        **_describe_benchmark(first.benchmark),
        "frames": first.scores.num_frames,
        "systems": [
            {
                **_describe_system(evaluation),
                "failed": [sequence.name for sequence in evaluation.scores.sequences if sequence.failure],
                "averages": [_describe_average(average) for average in evaluation.scores.averages],
                "minus_first": [_describe_gap(key, gap) for key, gap in gaps.items()],
            }
            for evaluation, gaps in zip(comparison.evaluations, ({}, *comparison.gaps), strict=True)
        ],
        "published": [_describe_published(figures) for figures in list_published(first.benchmark.dataset)],
    }


def describe_sequence(sequence: SequenceScores) -> dict[str, Any]:
    """One sequence: how many frames, and its statistics by name."""
    return {
        "sequence": sequence.name,
        "class": sequence.class_name,
        "frames": len(sequence.frame_names),
        "missing": sequence.num_missing,
        "failure": sequence.failure,
        **{f"{metric}_{statistic}": value for (metric, statistic), value in sequence.statistics.items()},
    }


def describe_class(scores: ClassScores) -> dict[str, Any]:
    """One class: how many sequences and frames, and its statistics by name."""
    return {
        "class": scores.name,
        "sequences": scores.num_sequences,
        "frames": scores.num_frames,
        **{f"{metric}_{statistic}": value for (metric, statistic), value in scores.statistics.items()},
    }


def _describe_system(evaluation: Evaluation) -> dict[str, Any]:
    system = evaluation.system
    return {"label": system.label, "system": system.uri, "human_labels": system.supervision}


def _describe_benchmark(benchmark: Benchmark) -> dict[str, Any]:
    return {
        "dataset": benchmark.dataset,
        "split": benchmark.split,
        "root": benchmark.root,
        "protocol": benchmark.protocol,
        "kind": benchmark.kind,
        "merged": list(benchmark.merged),
    }


def _nest_averages(scores: DatasetScores) -> dict[str, Any]:
    """`sequence_mean.j.recall`, and, since frames have no decay, `frame_mean.j` and `frame_recall.j`."""
    nested: dict[str, Any] = {}
    for average in scores.averages:
        if average.over == "frames":
            name = "frame_recall" if average.statistic == "recall" else "frame_mean"
            nested.setdefault(name, {})[average.metric] = average.value
        else:
            nested.setdefault(_NESTED[average.over], {}).setdefault(average.metric, {})[average.statistic] = average.value
    return nested


def _describe_average(average: Average) -> dict[str, Any]:
    return {**_describe_key(average.key), "value": average.value, **_describe_interval(average.interval)}


def _describe_gap(key: Key, gap: Difference) -> dict[str, Any]:
    return {**_describe_key(key), "value": gap.value, **_describe_interval(gap.interval)}


def _describe_key(key: Key) -> dict[str, Any]:
    return dict(zip(("over", "metric", "statistic"), key, strict=True))


def _describe_interval(interval: Interval | None) -> dict[str, float | None]:
    return asdict(interval) if interval else {"low": None, "high": None}


def _describe_published(figures: PublishedFigures) -> dict[str, Any]:
    return {
        "system": figures.system,
        "human_labels": figures.supervision,
        "values": [{**_describe_key(key), "value": value} for key, value in figures.values.items()],
        "note": figures.note,
    }
