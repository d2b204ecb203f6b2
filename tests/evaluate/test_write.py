import json
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from ike_ray.datasets.description import Protocol
from ike_ray.evaluate import write
from ike_ray.evaluate.benchmark import Evaluation, build_comparison
from ike_ray.evaluate.write import write_comparison, write_evaluation
from tests.evaluate.drawn import build_benchmark, build_evaluation, draw_row, write_image, write_masks, write_sequence

FULL, HALF = draw_row(255, 255, 0, 0), draw_row(255, 0, 0, 0)


@pytest.fixture
def evaluation(tmp_path: Path) -> Evaluation:
    sequences = [write_sequence(tmp_path, "a", [FULL] * 2), write_sequence(tmp_path, "b", [FULL])]
    write_masks(tmp_path / "mine", "a", [FULL, HALF])
    write_masks(tmp_path / "mine", "b", [HALF])
    return build_evaluation(tmp_path / "mine", build_benchmark(sequences))


def test_a_row_a_frame_a_sequence_and_one_for_all(evaluation: Evaluation, tmp_path: Path) -> None:
    write_evaluation(f"{tmp_path}/out", evaluation)
    folder = tmp_path / "out" / "metrics"
    frames = pd.read_parquet(folder / "frames.parquet")
    assert list(frames.columns) == ["dataset", "split", "system", "sequence", "class", "frame", "j", "f"]
    assert list(zip(frames["sequence"], frames["frame"], frames["j"], strict=True)) == [
        ("a", "00000", 1.0),
        ("a", "00001", 0.5),
        ("b", "00000", 0.5),
    ]
    sequences = pd.read_parquet(folder / "sequences.parquet")
    assert list(sequences["j_mean"]) == [0.75, 0.5]
    assert set(sequences["system"]) == {"mine"}
    dataset = pd.read_parquet(folder / "dataset.parquet")
    assert len(dataset) == 1
    row = dataset.iloc[0]
    assert (row["dataset"], row["protocol"], row["human_labels"], row["frames"]) == ("davis2016", "regions", "unknown", 3)
    assert (row["j_mean_over_sequences"], row["j_mean_over_frames"]) == (pytest.approx(0.625), pytest.approx(2 / 3))
    assert (row["j_mean_over_sequences_low"], row["j_mean_over_sequences_high"]) == (0.5, 0.75)
    classes = pd.read_parquet(folder / "classes.parquet")
    assert len(classes) == 0
    ((mean,),) = duckdb.sql(f"select avg(j) from '{folder}/frames.parquet'").fetchall()
    assert mean == pytest.approx(2 / 3)


def test_the_summary_says_what_was_scored_and_how(evaluation: Evaluation, tmp_path: Path) -> None:
    write_evaluation(f"{tmp_path}/out", evaluation)
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["dataset"], summary["split"], summary["root"], summary["frames"]) == ("davis2016", "val", "/data", 3)
    assert (summary["protocol"], summary["human_labels"], summary["label"]) == ("regions", "unknown", "mine")
    assert summary["sequence_mean"]["j"] == {"mean": 0.625, "recall": 0.25, "decay": 0.25}
    assert summary["frame_mean"]["j"] == pytest.approx(2 / 3)
    assert summary["frame_recall"]["j"] == pytest.approx(1 / 3)
    assert summary["sequences"][0]["sequence"] == "a"
    assert summary["sequences"][0].keys() >= {"frames", "missing", "failure", "j_mean", "j_recall", "f_decay"}
    (average,) = [a for a in summary["averages"] if (a["over"], a["metric"], a["statistic"]) == ("sequences", "j", "mean")]
    assert (average["value"], average["low"], average["high"]) == (0.625, 0.5, 0.75)
    assert "CIS" in [entry["system"] for entry in summary["published"]]
    assert (tmp_path / "out" / "scores.md").read_text().count("| sequence mean |") == 1
    assert (tmp_path / "out" / "scores.tex").read_text().count(r"\begin{tabular}") == 2


def test_systems_have_a_folder_each_and_a_comparison(evaluation: Evaluation, tmp_path: Path) -> None:
    other = replace(evaluation, system=replace(evaluation.system, label="my other"))
    write_comparison(f"{tmp_path}/out", build_comparison([evaluation, other]))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        *("comparison.json", "comparison.md", "comparison.tex", "mine", "my_other")
    ]
    comparison = json.loads((tmp_path / "out" / "comparison.json").read_text())
    first, second = comparison["systems"]
    assert (first["minus_first"], len(second["minus_first"])) == ([], 4)
    gap = second["minus_first"][0]
    assert (gap["over"], gap["metric"], gap["statistic"], gap["value"]) == ("sequences", "j", "mean", 0)
    assert "my other minus mine" in (tmp_path / "out" / "comparison.md").read_text()
    both = pd.concat(pd.read_parquet(tmp_path / "out" / name / "metrics" / "frames.parquet") for name in ("mine", "my_other"))
    assert both.groupby("system")["j"].mean().to_dict() == {"mine": pytest.approx(2 / 3), "my other": pytest.approx(2 / 3)}


@pytest.mark.parametrize("protocol", ["regions", "classes", "saliency"])
def test_columns_go_by_the_protocol_and_types_are_explicit(protocol: Protocol, tmp_path: Path) -> None:
    sequences = [write_sequence(tmp_path, name, [FULL], class_name="cat") for name in "ab"]
    for name in "ab":
        write_masks(tmp_path / "mine", name, [HALF])
    write_evaluation(f"{tmp_path}/out", build_evaluation(tmp_path / "mine", build_benchmark(sequences, protocol=protocol)))
    schemas = {path.stem: parquet.read_schema(path) for path in (tmp_path / "out" / "metrics").iterdir()}
    scores = {"regions": ["j", "f"], "classes": ["j"], "saliency": ["s", "e", "mae"]}[protocol]
    assert schemas["frames"].names[6:] == scores
    for schema in schemas.values():
        assert {field.type for field in schema} <= {pa.string(), pa.int64(), pa.float64()}
        assert schema.names[:3] == ["dataset", "split", "system"]
    assert len(pd.read_parquet(tmp_path / "out" / "metrics" / "classes.parquet")) == 1


def test_pixels_have_classes_and_images_no_scores(tmp_path: Path) -> None:
    images = [write_image(tmp_path, name, draw_row(0, 1, 1, 255), encoding="numbers") for name in "ab"]
    for image in images:
        write_image(tmp_path / "mine", image.name, draw_row(1, 0, 0, 0))
    benchmark = build_benchmark(images, protocol="semantic", kind="image", dataset="voc2012_semantic")
    write_evaluation(f"{tmp_path}/out", build_evaluation(tmp_path / "mine" / "truth", benchmark))
    folder = tmp_path / "out" / "metrics"
    classes = pd.read_parquet(folder / "classes.parquet")
    rows = list(zip(classes["class"], classes["sequences"], classes["iou_mean"], strict=True))
    assert rows == [("0", 2, 1.0), ("1", 2, 1.0)]
    assert list(pd.read_parquet(folder / "frames.parquet").columns)[3:] == ["sequence", "class", "frame"]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["set_mean"] == {"iou": {"mean": 1.0}, "accuracy": {"mean": 1.0}}


def test_frames_of_many_sequences_make_several_row_groups(
    evaluation: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "_FRAMES_A_GROUP", 2)
    write_evaluation(f"{tmp_path}/out", evaluation)
    file = parquet.ParquetFile(tmp_path / "out" / "metrics" / "frames.parquet")
    assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [2, 1]
    np.testing.assert_array_equal(file.read()["j"].to_numpy(), [1, 0.5, 0.5])
