"""Scores as files: Parquet a frame and a sequence, one JSON summary."""

import json
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from ike_ray.evaluate.scores import DatasetScores, SequenceScores
from ike_ray.storage.files import join_uri, write_bytes
from ike_ray.storage.tables import write_table

_FRAME_SCHEMA = pa.schema(
    [
        pa.field("dataset", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("sequence", pa.string(), nullable=False),
        pa.field("frame", pa.string(), nullable=False),
        pa.field("j", pa.float64(), nullable=False),
        pa.field("f", pa.float64(), nullable=False),
    ]
)
_SEQUENCE_SCHEMA = pa.schema(
    [
        pa.field("dataset", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("sequence", pa.string(), nullable=False),
        pa.field("frames", pa.int64(), nullable=False),
        pa.field("missing", pa.int64(), nullable=False),
        pa.field("failure", pa.string()),
        *(pa.field(f"{score}_{kind}", pa.float64()) for score in "jf" for kind in ("mean", "recall", "decay")),
    ]
)


def write_scores(folder: str, scores: DatasetScores, *, system: str, dataset: str, split: str, root: str) -> None:
    """Writes `metrics/frames.parquet`, `metrics/sequences.parquet` and `summary.json` below `folder`."""
    head = {"dataset": dataset, "split": split}
    frame_rows = [
        {**head, "sequence": sequence.name, "frame": name, "j": j, "f": f}
        for sequence in scores.sequences
        for name, j, f in zip(sequence.frame_names, sequence.frame_j, sequence.frame_f, strict=True)
    ]
    sequence_rows = [{**head, **_describe_sequence(sequence)} for sequence in scores.sequences]
    write_table(join_uri(folder, "metrics", "frames.parquet"), frame_rows, _FRAME_SCHEMA)
    write_table(join_uri(folder, "metrics", "sequences.parquet"), sequence_rows, _SEQUENCE_SCHEMA)
    summary = {"system": system, **head, "root": root, **describe_scores(scores)}
    write_bytes(join_uri(folder, "summary.json"), (json.dumps(summary, indent=2) + "\n").encode())


def describe_scores(scores: DatasetScores) -> dict[str, Any]:
    """The scores as plain values, without those of single frames."""
    return {
        "sequence_mean": {"j": asdict(scores.sequence_mean_j), "f": asdict(scores.sequence_mean_f)},
        "frame_mean": {"j": scores.frame_mean_j, "f": scores.frame_mean_f},
        "frame_recall": {"j": scores.frame_recall_j, "f": scores.frame_recall_f},
        "frames": sum(len(sequence.frame_j) for sequence in scores.sequences),
        "sequences": [_describe_sequence(sequence) for sequence in scores.sequences],
    }


def _describe_sequence(sequence: SequenceScores) -> dict[str, Any]:
    return {
        "sequence": sequence.name,
        "frames": len(sequence.frame_j),
        "missing": sequence.num_missing,
        "failure": sequence.failure,
        **{f"j_{kind}": value for kind, value in asdict(sequence.j).items()},
        **{f"f_{kind}": value for kind, value in asdict(sequence.f).items()},
    }
