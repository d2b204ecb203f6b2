"""A student's map of the frames of a new video, at the size that the graph works at."""

from pathlib import Path

import numpy as np
import torch

from ike_ray.config import SecondCueConfig
from ike_ray.student.predict import predict_probabilities
from ike_ray.student.read import read_student
from ike_ray.student.second_cue import build_second_cue_finder
from tests.drawn_run import DrawnRun, write_student

CPU = torch.device("cpu")


def test_without_a_student_there_is_none() -> None:
    assert build_second_cue_finder(SecondCueConfig(), "float32", CPU) is None


def test_it_is_the_probability_of_any_object(drawn_run: DrawnRun, tmp_path: Path, rng: np.random.Generator) -> None:
    """At the size that the student has learned at, 32 x 32, nothing is resized."""
    model = write_student(f"{tmp_path}/model", drawn_run, seed=1, classes=2)
    find = build_second_cue_finder(SecondCueConfig(model=model, weight=0.7), "float32", CPU)
    assert find is not None
    frames = rng.integers(256, size=(3, 32, 32, 3), dtype=np.uint8)
    cue = find(frames)
    assert cue.weight == 0.7
    expected = predict_probabilities(read_student(model).network, torch.from_numpy(frames), "float32")[:, 1:].sum(dim=1)
    np.testing.assert_allclose(cue.soft_masks, expected.numpy(), atol=1e-5)
    larger = find(np.repeat(np.repeat(frames, 3, axis=1), 3, axis=2))
    assert larger.soft_masks.shape == (3, 96, 96)
    np.testing.assert_allclose(larger.soft_masks.mean(), cue.soft_masks.mean(), atol=0.05)
