"""A student on one video, without Ray, and what its run refuses."""

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from ike_ray.config import OutputConfig, PredictRunConfig, VideoConfig
from ike_ray.corpus.predict import PREDICT, identify_student
from ike_ray.errors import ConfigError, ExcludedError, InputError
from ike_ray.masks.rle import read_rle
from ike_ray.records import VideoRef
from ike_ray.report.page import build_report
from ike_ray.run.description import create_run
from ike_ray.run.folder import RunFolder
from ike_ray.run.rows import build_outcome_row
from ike_ray.settings import config_digest, read_settings_of
from tests.drawn_run import HEIGHT, WIDTH, DrawnRun, write_student


@pytest.fixture
def model(drawn_run: DrawnRun, tmp_path: Path) -> str:
    return write_student(f"{tmp_path}/model", drawn_run, seed=1)


def predict(drawn_run: DrawnRun, config: PredictRunConfig, tmp_path: Path, name: str) -> tuple[RunFolder, dict]:
    """The run, and its row of one video."""
    ref = VideoRef(video_id=name, uri=drawn_run.video(name).uri)
    run = create_run(f"{tmp_path}/predicted", config, "", [ref])
    signs: list[int] = []
    (columns,) = PREDICT.build(run=run, config=config).load()([ref], lambda: signs.append(1))
    assert isinstance(columns, dict)
    assert signs
    row = build_outcome_row(ref, device="cpu", digest=run.digest, tries=1, losses=0, elapsed_s=1.0) | columns
    run.write_outcome(row)
    return run, row


def test_a_video_becomes_rows_and_pictures(drawn_run: DrawnRun, model: str, tmp_path: Path) -> None:
    output = OutputConfig(masks_png=True, soft_png=True, overlay_mp4=True)
    config = PredictRunConfig(model=model, batch_size=4, output=output)
    run, row = predict(drawn_run, identify_student(config), tmp_path, "sub/cat.mp4")
    assert (row["status"], row["frames"], row["height"], row["width"], row["fps"]) == ("ok", 6, HEIGHT, WIDTH, 10.0)
    rows = run.read_frames("sub/cat.mp4")
    assert [frame["frame_index"] for frame in rows] == list(range(6))
    assert all(0 <= frame["confidence"] <= 1 and frame["cut"] == 0.5 for frame in rows)
    assert row["confidence"] == pytest.approx(np.mean([frame["confidence"] for frame in rows]))
    name = run.video_name("sub/cat.mp4")
    for frame in rows:
        picture = cv2.imread(run.file("masks", name, f"{frame['frame_index']:05d}.png"), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(picture > 0, read_rle(frame["mask"]))
    assert Path(run.file("overlays", f"{name}.mp4")).stat().st_size > 500
    assert cv2.imread(run.file("strips", f"{name}.jpg")).shape == (180, 240 * 6, 3)
    assert cv2.imread(run.file("layers", f"{name}.jpg")).shape == (2 * 180, 240 * 6, 3)
    assert "sub/cat.mp4" in build_report(run)


def test_a_profile_says_what_each_stage_took(drawn_run: DrawnRun, model: str, tmp_path: Path) -> None:
    config = PredictRunConfig(model=model, output=OutputConfig(profile=True))
    _, row = predict(drawn_run, config, tmp_path, "dog.mp4")
    assert [entry["stage"] for entry in row["profile"]] == ["read", "network", "refine", "write"]
    assert all(entry["peak_mb"] > 50 for entry in row["profile"])


def test_what_is_read_of_a_video_is_a_setting(drawn_run: DrawnRun, model: str, tmp_path: Path) -> None:
    config = PredictRunConfig(model=model, video=VideoConfig(start_frame=1, stride=2))
    run, _ = predict(drawn_run, config, tmp_path, "sub/cat.mp4")
    assert [frame["frame_index"] for frame in run.read_frames("sub/cat.mp4")] == [1, 3, 5]
    with pytest.raises(ExcludedError, match=r"more than video\.max_frames"):
        predict(drawn_run, PredictRunConfig(model=model, video=VideoConfig(max_frames=2)), tmp_path / "x", "dog.mp4")


def test_classes_are_objects(drawn_run: DrawnRun, tmp_path: Path) -> None:
    model = write_student(f"{tmp_path}/classes", drawn_run, seed=2, classes=3)
    run, _ = predict(drawn_run, PredictRunConfig(model=model), tmp_path, "bear")
    frames = run.read_frames("bear")
    assert {entry["number"] for frame in frames for entry in frame["objects"]} <= {1, 2, 3}
    for frame in frames:
        parts = sum(read_rle(entry["mask"]).astype(int) for entry in frame["objects"])
        np.testing.assert_array_equal(parts, read_rle(frame["mask"]))


def test_a_run_belongs_to_its_weights(drawn_run: DrawnRun, model: str, tmp_path: Path) -> None:
    config = identify_student(PredictRunConfig(model=model))
    other = identify_student(PredictRunConfig(model=write_student(f"{tmp_path}/other", drawn_run, seed=2)))
    assert config_digest(config) != config_digest(other)
    assert config_digest(config) == config_digest(dataclasses.replace(config, model="/moved"))
    predict(drawn_run, config, tmp_path, "bear")
    with pytest.raises(ConfigError, match="weights_digest: "):
        create_run(f"{tmp_path}/predicted", other, "", [])
    changed = dataclasses.replace(config, model=other.model)
    with pytest.raises(ConfigError, match="has changed: expected weights with the digest"):
        PREDICT.build(run=RunFolder(uri="/x", digest=""), config=changed).load()


def test_no_student(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Set --model"):
        identify_student(PredictRunConfig())
    with pytest.raises(InputError, match="not a student's folder"):
        identify_student(PredictRunConfig(model=str(tmp_path)))
    if not torch.cuda.is_available():
        config = read_settings_of(PredictRunConfig, "workers: {num_gpus: 1}")
        with pytest.raises(ConfigError, match="finds no GPU"):
            PREDICT.build(run=RunFolder(uri="/x", digest=""), config=config).load()


def test_rows_are_any_readers(drawn_run: DrawnRun, model: str, tmp_path: Path) -> None:
    run, _ = predict(drawn_run, PredictRunConfig(model=model), tmp_path, "dog.mp4")
    assert pd.read_parquet(run.file("inbox", "frames"))["video_id"].tolist() == ["dog.mp4"] * 3
