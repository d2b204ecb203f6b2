"""The Parquet files of an evaluation: columns with explicit types, which go by the protocol, and their rows.

Every file begins with dataset, split and system, so that those of several systems and datasets can be read as one.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from ike_ray.evaluate.averages import SequenceScores
from ike_ray.evaluate.benchmark import Evaluation
from ike_ray.evaluate.describe import describe_class, describe_sequence
from ike_ray.evaluate.protocols import choose_scoring

_HEAD = ("dataset", "split", "system")
# Frames that are put into one row group: a million frames make some tens of groups.
_FRAMES_A_GROUP = 50_000


def build_frame_schema(evaluation: Evaluation) -> pa.Schema:
    """`frames.parquet`, one row a scored frame: sequence, class, frame, and the protocol's scores of single frames."""
    metrics = choose_scoring(evaluation.benchmark.protocol).metrics
    return pa.schema([*_text(*_HEAD, "sequence"), pa.field("class", pa.string()), *_text("frame"), *_numbers(metrics)])


def list_frame_tables(evaluation: Evaluation) -> Iterator[pa.Table]:
    """The rows of `frames.parquet`, some sequences at a time."""
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
    """`sequences.parquet`, one row a sequence: frames, of these missing, failure, and its statistics."""
    statistics = choose_scoring(evaluation.benchmark.protocol).statistics
    head = dict(zip(_HEAD, _list_head(evaluation), strict=True))
    schema = pa.schema(
        [
            *_text(*_HEAD, "sequence"),
            pa.field("class", pa.string()),
            *_counts("frames", "missing"),
            pa.field("failure", pa.string()),
            *_numbers(f"{metric}_{statistic}" for metric, statistic in statistics),
        ]
    )
    return [{**head, **describe_sequence(sequence)} for sequence in evaluation.scores.sequences], schema


def build_class_rows(evaluation: Evaluation) -> tuple[list[dict[str, Any]], pa.Schema]:
    """`classes.parquet`, one row a class, none where the dataset has no classes: sequences, frames, and its statistics."""
    classes = evaluation.scores.classes
    keys = dict.fromkeys(key for entry in classes for key in entry.statistics)
    head = dict(zip(_HEAD, _list_head(evaluation), strict=True))
    numbers = _numbers(f"{metric}_{statistic}" for metric, statistic in keys)
    schema = pa.schema([*_text(*_HEAD, "class"), *_counts("sequences", "frames"), *numbers])
    return [{**head, **describe_class(entry)} for entry in classes], schema


def build_dataset_row(evaluation: Evaluation) -> tuple[list[dict[str, Any]], pa.Schema]:
    """`dataset.parquet`, one row: what was scored, and each average, such as `j_mean_over_sequences`, with its interval.

    The interval's ends, `..._low` and `..._high`, are null where there is none.
    """
    benchmark, scores = evaluation.benchmark, evaluation.scores
    row: dict[str, Any] = {
        **dict(zip(_HEAD, _list_head(evaluation), strict=True)),
        "human_labels": evaluation.system.supervision,
        "protocol": benchmark.protocol,
        "root": benchmark.root,
        "sequences": len(scores.sequences),
        "frames": scores.num_frames,
    }
    ends: dict[str, float | None] = {}
    for average in scores.averages:
        name = f"{average.metric}_{average.statistic}_over_{average.over}"
        low, high = (average.interval.low, average.interval.high) if average.interval else (None, None)
        ends |= {name: average.value, f"{name}_low": low, f"{name}_high": high}
    texts, counts = _text(*_HEAD, "human_labels", "protocol", "root"), _counts("sequences", "frames")
    return [{**row, **ends}], pa.schema([*texts, *counts, *(pa.field(name, pa.float64()) for name in ends)])


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


def _text(*names: str) -> list[pa.Field]:
    return [pa.field(name, pa.string(), nullable=False) for name in names]


def _counts(*names: str) -> list[pa.Field]:
    return [pa.field(name, pa.int64(), nullable=False) for name in names]


def _numbers(names: Iterable[str]) -> list[pa.Field]:
    return [pa.field(name, pa.float64(), nullable=False) for name in names]
