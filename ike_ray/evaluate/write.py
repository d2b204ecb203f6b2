"""The files of an evaluation: Parquet by frame, sequence, class and dataset, and JSON, Markdown and LaTeX of the whole.

Every Parquet file begins with the columns dataset, split and system, so that the files of several systems and datasets can be
read as one. Its other columns have explicit types, which the protocol decides. JSON holds the same scores as plain values.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from ike_ray.evaluate.benchmark import Benchmark, Comparison, Evaluation, build_comparison
from ike_ray.evaluate.protocols import choose_scoring
from ike_ray.evaluate.published import PublishedFigures, list_published
from ike_ray.evaluate.render import render_latex, render_markdown
from ike_ray.evaluate.scores import Average, ClassScores, DatasetScores, Key, Over, SequenceScores
from ike_ray.evaluate.tables import build_comparison_table, build_sequence_table
from ike_ray.metrics.bootstrap import Difference, Interval
from ike_ray.run.tables import build_field, write_groups, write_table
from ike_ray.storage.files import join_uri, safe_name, write_bytes

_HEAD = ("dataset", "split", "system")
_TEXT, _COUNT, _SCORE = pa.string(), pa.int64(), pa.float64()
_HEAD_FIELDS = [
    build_field("dataset", _TEXT, "the name of the dataset", nullable=False),
    build_field("split", _TEXT, "the split that was scored", nullable=False),
    build_field("system", _TEXT, "the name of the system, such as a run's folder", nullable=False),
]
_SEQUENCE = build_field("sequence", _TEXT, "the name of the sequence, or of the image", nullable=False)
_CLASS = build_field("class", _TEXT, "the class of its object; null if the dataset has none")
# The columns of each table before those of scores, which the protocol decides.
FRAME_COLUMNS = [
    *_HEAD_FIELDS,
    _SEQUENCE,
    _CLASS,
    build_field("frame", _TEXT, "the name of the frame", nullable=False),
]
SEQUENCE_COLUMNS = [
    *_HEAD_FIELDS,
    _SEQUENCE,
    _CLASS,
    build_field("frames", _COUNT, "how many frames were scored", nullable=False),
    build_field("missing", _COUNT, "how many of them have no mask and were scored as empty", nullable=False),
    build_field("failure", _TEXT, "why the system has no masks of the sequence; null if it has"),
]
CLASS_COLUMNS = [
    *_HEAD_FIELDS,
    build_field("class", _TEXT, "the name of the class", nullable=False),
    build_field("sequences", _COUNT, "how many sequences have the class", nullable=False),
    build_field("frames", _COUNT, "how many frames those have", nullable=False),
]
DATASET_COLUMNS = [
    *_HEAD_FIELDS,
    build_field("human_labels", _TEXT, "what of human labels the system has learned from", nullable=False),
    build_field("protocol", _TEXT, "the protocol by which the dataset is scored", nullable=False),
    build_field("root", _TEXT, "the folder of the dataset", nullable=False),
    build_field("sequences", _COUNT, "how many sequences were scored", nullable=False),
    build_field("frames", _COUNT, "how many frames were scored", nullable=False),
    build_field("unchosen", _COUNT, "how many sequences were left out because nobody accepted them; null if all count"),
]
# One row group has about this many frames, so that a million frames make some tens of groups.
_FRAMES_A_GROUP = 50_000
_NESTED: dict[Over, str] = {
    "sequences": "sequence_mean",
    "classes": "class_mean",
    "objects": "object_mean",
    "set": "set_mean",
}


def write_evaluation(folder: str, evaluation: Evaluation) -> None:
    """Write `metrics/*.parquet`, `summary.json`, `scores.md` and `scores.tex` below `folder`."""
    frames = list_frame_tables(evaluation)
    write_groups(join_uri(folder, "metrics", "frames.parquet"), frames, build_frame_schema(evaluation))
    write_table(join_uri(folder, "metrics", "sequences.parquet"), *build_sequence_rows(evaluation))
    write_table(join_uri(folder, "metrics", "classes.parquet"), *build_class_rows(evaluation))
    write_table(join_uri(folder, "metrics", "dataset.parquet"), *build_dataset_row(evaluation))
    _write_json(join_uri(folder, "summary.json"), describe_evaluation(evaluation))
    tables = [build_sequence_table(evaluation), build_comparison_table(build_comparison([evaluation]))]
    write_bytes(join_uri(folder, "scores.md"), render_markdown(tables).encode())
    write_bytes(join_uri(folder, "scores.tex"), render_latex(tables).encode())


def write_comparison(folder: str, comparison: Comparison) -> None:
    """Write `comparison.json`, `.md` and `.tex` below `folder`, and for each system a folder as `write_evaluation` does."""
    for evaluation in comparison.evaluations:
        write_evaluation(join_uri(folder, safe_name(evaluation.system.label)), evaluation)
    table = build_comparison_table(comparison)
    _write_json(join_uri(folder, "comparison.json"), describe_comparison(comparison))
    write_bytes(join_uri(folder, "comparison.md"), render_markdown([table]).encode())
    write_bytes(join_uri(folder, "comparison.tex"), render_latex([table]).encode())


def _write_json(uri: str, values: dict[str, Any]) -> None:
    write_bytes(uri, (json.dumps(values, indent=2, allow_nan=False) + "\n").encode())


def build_frame_schema(evaluation: Evaluation) -> pa.Schema:
    """Return the columns of `frames.parquet`: sequence, class, frame, and the protocol's scores of single frames."""
    metrics = choose_scoring(evaluation.benchmark.protocol).metrics
    return pa.schema([*FRAME_COLUMNS, *_numbers(metrics)])


def list_frame_tables(evaluation: Evaluation) -> Iterator[pa.Table]:
    """Return the rows of `frames.parquet`, one for each scored frame, some sequences at a time."""
    schema, metrics = build_frame_schema(evaluation), choose_scoring(evaluation.benchmark.protocol).metrics
    for sequences in _group(evaluation.scores.sequences):
        yield pa.concat_tables(
            pa.table(
                [
                    *([value] * len(sequence.frame_names) for value in _list_head(evaluation)),
                    [sequence.name] * len(sequence.frame_names),
                    [sequence.class_name] * len(sequence.frame_names),
                    list(sequence.frame_names),
                    *(sequence.frames[metric] for metric in metrics),
                ],
                schema=schema,
            )
            for sequence in sequences
        )


def build_sequence_rows(evaluation: Evaluation) -> tuple[list[dict[str, Any]], pa.Schema]:
    """Return a row of `sequences.parquet` for each sequence: its frames, missing frames, failure and statistics."""
    statistics = choose_scoring(evaluation.benchmark.protocol).statistics
    head = dict(zip(_HEAD, _list_head(evaluation), strict=True))
    schema = pa.schema([*SEQUENCE_COLUMNS, *_numbers(f"{metric}_{statistic}" for metric, statistic in statistics)])
    return [{**head, **describe_sequence(sequence)} for sequence in evaluation.scores.sequences], schema


def build_class_rows(evaluation: Evaluation) -> tuple[list[dict[str, Any]], pa.Schema]:
    """Return a row of `classes.parquet` for each class. There is none if the dataset has no classes."""
    classes = evaluation.scores.classes
    keys = dict.fromkeys(key for entry in classes for key in entry.statistics)
    head = dict(zip(_HEAD, _list_head(evaluation), strict=True))
    numbers = _numbers(f"{metric}_{statistic}" for metric, statistic in keys)
    schema = pa.schema([*CLASS_COLUMNS, *numbers])
    return [{**head, **describe_class(entry)} for entry in classes], schema


def build_dataset_row(evaluation: Evaluation) -> tuple[list[dict[str, Any]], pa.Schema]:
    """Return the one row of `dataset.parquet`: what was scored, and each average with its interval.

    `unchosen` is the number of sequences that were left out if only accepted ones are scored, and null otherwise. An average
    is called, for example, `j_mean_over_sequences`. The ends of its interval, `..._low` and `..._high`, are null if it has
    none.
    """
    benchmark, scores = evaluation.benchmark, evaluation.scores
    row: dict[str, Any] = {
        **dict(zip(_HEAD, _list_head(evaluation), strict=True)),
        "human_labels": evaluation.system.supervision,
        "protocol": benchmark.protocol,
        "root": benchmark.root,
        "sequences": len(scores.sequences),
        "frames": scores.num_frames,
        "unchosen": benchmark.num_unchosen,
    }
    ends: dict[str, float | None] = {}
    for average in scores.averages:
        name = f"{average.metric}_{average.statistic}_over_{average.over}"
        low, high = (average.interval.low, average.interval.high) if average.interval else (None, None)
        ends |= {name: average.value, f"{name}_low": low, f"{name}_high": high}
    return [{**row, **ends}], pa.schema([*DATASET_COLUMNS, *(pa.field(name, _SCORE) for name in ends)])


def _group(sequences: Sequence[SequenceScores]) -> Iterator[list[SequenceScores]]:
    group: list[SequenceScores] = []
    num_frames = 0
    for sequence in sequences:
        group.append(sequence)
        num_frames += len(sequence.frame_names)
        if num_frames >= _FRAMES_A_GROUP:
            yield group
            group, num_frames = [], 0
    if group:
        yield group


def _list_head(evaluation: Evaluation) -> tuple[str, str, str]:
    return evaluation.benchmark.dataset, evaluation.benchmark.split, evaluation.system.label


def _numbers(names: Iterable[str]) -> list[pa.Field]:
    return [pa.field(name, _SCORE, nullable=False) for name in names]


def describe_evaluation(evaluation: Evaluation) -> dict[str, Any]:
    """Return everything but the scores of single frames, as plain values.

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
    """Return the averages of several systems, and the paired differences of the headline averages to the first system."""
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
    """Return the number of frames of a sequence, and its statistics by name."""
    return {
        "sequence": sequence.name,
        "class": sequence.class_name,
        "frames": len(sequence.frame_names),
        "missing": sequence.num_missing,
        "failure": sequence.failure,
        **{f"{metric}_{statistic}": value for (metric, statistic), value in sequence.statistics.items()},
    }


def describe_class(scores: ClassScores) -> dict[str, Any]:
    """Return the numbers of sequences and frames of a class, and its statistics by name."""
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
        "unchosen": benchmark.num_unchosen,
    }


def _nest_averages(scores: DatasetScores) -> dict[str, Any]:
    """Return, for example, `sequence_mean.j.recall`, and, since frames have no decay, `frame_mean.j` and `frame_recall.j`."""
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
