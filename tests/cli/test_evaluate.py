"""`ike-ray evaluate` in this process: one system, several, and how it refuses."""

import importlib
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pyarrow import parquet as pq

from ike_ray.cli.app import main
from ike_ray.config import Config
from ike_ray.corpus.evaluate import evaluate_corpus
from ike_ray.datasets.synthetic import SPLIT, write_drawn_dataset
from ike_ray.evaluate.benchmark import Report
from ike_ray.evaluate.scores import DatasetScores
from ike_ray.masks.rle import build_rle
from ike_ray.records import VideoRef
from ike_ray.report.scores import describe_summary
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.rows import build_outcome_row
from tests.drawn_review import add_verdicts

evaluate_module = importlib.import_module("ike_ray.cli.evaluate")


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    return int(caught.value.code or 0)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four drawn sequences of four frames, two of them scored."""
    root = tmp_path_factory.mktemp("drawn")
    write_drawn_dataset(str(root), num_frames=4)
    return root


@pytest.fixture(scope="module")
def masks(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two systems: `truth`, and `half`, the left half of it."""
    folder = tmp_path_factory.mktemp("masks")
    for path in (root / "Annotations" / "480p").rglob("*.png"):
        mask = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        columns = np.flatnonzero(mask.any(axis=0))
        half = mask.copy()
        half[:, int(columns.mean()) :] = 0
        for name, image in (("truth", mask), ("half", half)):
            (folder / name / path.parent.name).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(f"{folder}/{name}/{path.parent.name}/{path.name}", image)
    return folder


def test_two_systems_side_by_side(root: Path, masks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--root", root, "--split", SPLIT, "--out", tmp_path / "out", "--supervision", "best=masks"]
    assert run("evaluate", f"best={masks}/truth", masks / "half", *arguments) == 0
    said = capsys.readouterr().out
    assert "half minus best" in said
    assert "Motion Grouping" in said
    assert f"published, of val, not of {SPLIT}:" in (tmp_path / "out" / "comparison.md").read_text()
    comparison = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert [(entry["label"], entry["human_labels"]) for entry in comparison["systems"]] == [
        ("best", "masks"),
        ("half", "unknown"),
    ]
    best, half = (json.loads((tmp_path / "out" / name / "summary.json").read_text()) for name in ("best", "half"))
    assert best["sequence_mean"]["j"]["mean"] == 1
    assert 0.3 < half["sequence_mean"]["j"]["mean"] < 0.6
    gap = comparison["systems"][1]["minus_first"][0]
    assert gap["value"] == pytest.approx(half["sequence_mean"]["j"]["mean"] - 1)
    assert gap["low"] <= gap["value"] <= gap["high"] < 0


def test_one_system_is_shown_by_sequence_and_beside_published_ones(
    root: Path, masks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("evaluate", masks / "truth", "--root", root, "--split", SPLIT) == 0
    said = capsys.readouterr().out
    for word in ("ellipse-0", "rectangle-2", "sequence mean", "frame mean", "1.000 [1.000, 1.000]", "CIS", "HFAN"):
        assert word in said
    assert "Wrote" not in said
    assert not (masks / "truth" / "summary.json").exists()


def write_run(root: Path, uri: str) -> RunFolder:
    """A run whose masks are the truth, but for one video that failed."""
    folder = create_run(uri, Config(), "videos", [])
    for path in sorted((root / "Annotations" / "480p").iterdir()):
        ref = VideoRef(video_id=f"480p/{path.name}", uri=str(path))
        row = build_outcome_row(ref, device="cpu", digest=folder.digest, tries=1, losses=0, elapsed_s=1.0)
        if path.name == "ellipse-1":
            folder.write_outcome(row | {"status": "failed", "error_type": "CrashError", "error_message": "it died"})
            continue
        frames = []
        for index, file in enumerate(sorted(path.iterdir())):
            mask = cv2.imread(str(file), cv2.IMREAD_UNCHANGED) > 0
            frame = {"video_id": ref.video_id, "frame_index": index, "timestamp_s": None, "shot": 1, "window": 1, "cut": 0.5}
            frame |= {"confidence": 0.5, "mask": build_rle(mask), "box": None, "area_fraction": 0.1, "mean_score": 0.9}
            frames.append(frame | {"objects": None})
        folder.write_frames(ref.video_id, frames)
        folder.write_outcome(row | {"status": "ok"})
    return folder


def test_a_run_gets_its_scores_and_failures_are_named(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_run(root, f"{tmp_path}/run")
    assert run("evaluate", folder.uri, "--root", root, "--split", SPLIT) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "ellipse-1 was scored as empty masks: failed: it died" in said
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["sequence_mean"]["j"]["mean"] == pytest.approx(3 / 4)
    assert summary["human_labels"] == "none"
    assert [row["failure"] for row in summary["sequences"]] == [None, "failed: it died", None, None]
    assert summary["unchosen"] is None


def test_only_accepted_sequences_are_scored_and_this_is_said(
    root: Path, masks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_run(root, f"{tmp_path}/run")
    arguments = ["--root", root, "--split", SPLIT, "--reviewed"]
    assert run("evaluate", folder.uri, *arguments) == 1
    assert "found none accepted and 0 rejected" in capsys.readouterr().err
    add_verdicts(folder, {"480p/ellipse-0": "accepted", "480p/rectangle-2": ["leaks"]})
    assert run("evaluate", folder.uri, *arguments) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"davis2016 {SPLIT}, accepted sequences: run" in said
    assert f"Only sequences whose masks a person accepted are scored: 1 of 4 of davis2016 {SPLIT}." in said
    assert f"published, of val, not of accepted sequences of {SPLIT}:" in (tmp_path / "run" / "scores.md").read_text()
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert [row["sequence"] for row in summary["sequences"]] == ["ellipse-0"]
    assert (summary["unchosen"], summary["sequence_mean"]["j"]["mean"]) == (3, 1)
    assert pq.read_table(tmp_path / "run" / "metrics" / "dataset.parquet")["unchosen"].to_pylist() == [3]
    assert (
        f"davis2016 {SPLIT}, only the sequences whose masks a person accepted, without 3 others"
        in describe_summary(summary)["caption"]
    )
    # Another system is scored on the same sequences.
    assert run("evaluate", folder.uri, masks / "half", *arguments, "--out", tmp_path / "out") == 0
    comparison = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert (comparison["frames"], comparison["unchosen"]) == (2, 3)


def test_verdicts_are_those_of_the_first_system_which_is_a_run(
    root: Path, masks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--root", root, "--split", SPLIT, "--reviewed"]
    assert run("evaluate", masks / "half", *arguments) == 2
    assert "expected a run as the first SYSTEM" in " ".join(capsys.readouterr().err.split())
    other = create_run(f"{tmp_path}/other", Config(), "videos", [])
    ref = VideoRef(video_id="cow", uri="/v/cow")
    row = build_outcome_row(ref, device="cpu", digest=other.digest, tries=1, losses=0, elapsed_s=1.0)
    other.write_outcome(row | {"status": "ok"})
    add_verdicts(other, {"cow": "accepted"})
    assert run("evaluate", other.uri, *arguments) == 1
    error = " ".join(capsys.readouterr().err.split())
    assert "expected accepted videos among the 4 sequences" in error


@pytest.mark.ray
@pytest.mark.usefixtures("local_ray")
def test_ray_gives_the_same_where_it_is_asked_for_and_where_there_are_many_frames(
    root: Path, masks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int | None] = []

    def count(*arguments: Any, num_workers: int | None, report: Report) -> DatasetScores:
        counted.append(num_workers)
        return evaluate_corpus(*arguments, num_workers=num_workers, report=report)

    monkeypatch.setattr(evaluate_module, "evaluate_corpus", count)
    arguments = ["evaluate", masks / "half", "--root", root, "--split", SPLIT, "--out"]
    assert run(*arguments, tmp_path / "plain") == 0
    assert counted == []
    assert run(*arguments, tmp_path / "asked", "--workers", "2") == 0
    monkeypatch.setattr(evaluate_module, "_MANY_FRAMES", 8)
    assert run(*arguments, tmp_path / "many") == 0
    assert counted == [2, None]
    assert run(*arguments, tmp_path / "one", "--workers", "1") == 0
    assert counted == [2, None]
    summaries = {(tmp_path / name / "summary.json").read_text() for name in ("plain", "asked", "many", "one")}
    assert len(summaries) == 1


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ([], 2, "2 systems to compare: expected --out"),
        (["--out", "OUT", "--supervision", "hal=none"], 2, "there is no system 'hal'. The nearest is 'half'"),
        (["--out", "OUT", "--dataset", "segtrack_v2"], 1, "The expected tree is"),
    ],
)
def test_what_is_refused(
    root: Path, masks: Path, tmp_path: Path, options: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    placed = [str(tmp_path / "out") if option == "OUT" else option for option in options]
    assert run("evaluate", masks / "truth", masks / "half", "--root", root, "--split", SPLIT, *placed) == code
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


def test_what_names_no_folder_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("evaluate", "/missing", "--root", root, "--split", SPLIT) == 1
    assert "there is no folder /missing" in capsys.readouterr().err
