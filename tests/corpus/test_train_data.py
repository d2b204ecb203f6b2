"""Samples of a training as plain functions, rows in and rows out."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ike_ray.config import SamplesConfig, TrainConfig
from ike_ray.corpus.train_data import VisitReader, build_batch, plan_reader_cpus
from ike_ray.settings import read_settings_of
from ike_ray.student.model_folder import read_unread
from ike_ray.student.videos import list_training_videos
from tests.drawn_run import HEIGHT, WIDTH, DrawnRun

CONFIG = read_settings_of(
    TrainConfig, f"student: {{area_px: {HEIGHT * WIDTH}}}\nworkers: {{patience_s: 0}}\nsamples: {{frames_a_visit: 2}}"
)


def list_rows(drawn_run: DrawnRun) -> dict[str, dict[str, str]]:
    videos = list_training_videos([drawn_run.run.uri], SamplesConfig(held_out_fraction=0), 0).learned
    return {video.video_id: {"visit": json.dumps(asdict(video) | {"phase": 1})} for video in videos}


def read_visit(row: dict[str, str], model: str, config: TrainConfig = CONFIG) -> list[dict[str, Any]]:
    reader = VisitReader(model, config)
    rows = reader(row)
    reader.close()
    return rows


def test_a_visit_gives_samples(drawn_run: DrawnRun, tmp_path: Path) -> None:
    rows = read_visit(list_rows(drawn_run)["bear"], f"{tmp_path}/model")
    labels = [np.frombuffer(row["labels"], np.uint8).reshape(row["height"], row["width"]) for row in rows]
    np.testing.assert_array_equal(labels, drawn_run.masks["bear"][[1, 3]])
    images, targets, weights = build_batch(rows, CONFIG.augment, torch.Generator().manual_seed(0))
    assert images.shape == (2, 3, *CONFIG.augment.crop_size_px)
    assert set(targets.unique().tolist()) == {0, 1}
    assert weights.tolist() == [1, 1]


def test_a_video_that_has_changed_gives_none_and_is_noted(drawn_run: DrawnRun, tmp_path: Path) -> None:
    visit = json.loads(list_rows(drawn_run)["bear"]["visit"]) | {"height": 7}
    assert read_visit({"visit": json.dumps(visit)}, f"{tmp_path}/model") == []
    assert "has changed" in read_unread(f"{tmp_path}/model")["bear"]


def test_a_video_that_hangs_is_left_out_and_noted(drawn_run: DrawnRun, tmp_path: Path, silent_server: str) -> None:
    visit = json.loads(list_rows(drawn_run)["dog.mp4"]["visit"]) | {"uri": f"{silent_server}/dog.mp4"}
    config = replace(CONFIG, workers=replace(CONFIG.workers, time_limit_s=2.0, max_tries=2))
    assert read_visit({"visit": json.dumps(visit)}, f"{tmp_path}/model", config) == []
    message = read_unread(f"{tmp_path}/model")["dog.mp4"]
    assert re.search(r"TimeLimitError: no sign of life for 2 s.*given up after 2 tries", message)


@pytest.mark.parametrize(("num_cpus", "expected"), [(2.0, 0.0), (3.0, 0.5), (4.0, 1.0), (64.0, 1.0), (2.5, 0.25)])
def test_readers_take_what_workers_leave(num_cpus: float, expected: float) -> None:
    config = read_settings_of(TrainConfig, "workers: {num_workers: 2, num_readers: 2}")
    assert plan_reader_cpus(config, num_cpus) == expected
