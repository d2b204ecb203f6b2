"""Scores as files: Parquet by frame, sequence, class and dataset, JSON, Markdown and LaTeX."""

import json
from typing import Any

from ike_ray.evaluate.benchmark import Evaluation
from ike_ray.evaluate.columns import (
    build_class_rows,
    build_dataset_row,
    build_frame_schema,
    build_sequence_rows,
    list_frame_tables,
)
from ike_ray.evaluate.comparison import Comparison, build_comparison
from ike_ray.evaluate.comparison_table import build_comparison_table
from ike_ray.evaluate.describe import describe_comparison, describe_evaluation
from ike_ray.evaluate.render import render_latex, render_markdown
from ike_ray.evaluate.sequence_table import build_sequence_table
from ike_ray.storage.files import join_uri, safe_name, write_bytes
from ike_ray.storage.tables import write_groups, write_table


def write_evaluation(folder: str, evaluation: Evaluation) -> None:
    """Writes `metrics/*.parquet`, `summary.json`, `scores.md` and `scores.tex` below `folder`."""
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
    """Writes `comparison.json`, `.md` and `.tex` below `folder`, and what `write_evaluation` does into a folder a system."""
    for evaluation in comparison.evaluations:
        write_evaluation(join_uri(folder, safe_name(evaluation.system.label)), evaluation)
    table = build_comparison_table(comparison)
    _write_json(join_uri(folder, "comparison.json"), describe_comparison(comparison))
    write_bytes(join_uri(folder, "comparison.md"), render_markdown([table]).encode())
    write_bytes(join_uri(folder, "comparison.tex"), render_latex([table]).encode())


def _write_json(uri: str, values: dict[str, Any]) -> None:
    write_bytes(uri, (json.dumps(values, indent=2, allow_nan=False) + "\n").encode())
