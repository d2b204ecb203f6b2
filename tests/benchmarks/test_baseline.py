"""The simple system that others are compared with, on a drawn clip, from its command to its scores."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from benchmarks.baseline import estimate_motion
from ike_ray.datasets.open import list_sequences
from ike_ray.datasets.synthetic import SPLIT, write_drawn_dataset
from ike_ray.evaluate.benchmark import evaluate_predictions
from ike_ray.evaluate.predictions import open_predictions
from ike_ray.records import Flow
from tests.benchmarks.test_origin import is_origin

REPOSITORY = Path(__file__).parents[2]


def test_a_drawn_clip_is_segmented_and_scored(tmp_path: Path) -> None:
    write_drawn_dataset(f"{tmp_path}/davis", num_frames=6)
    command = [sys.executable, "-m", "benchmarks.baseline", f"{tmp_path}/davis/JPEGImages/480p", "--out", f"{tmp_path}/masks"]
    result = subprocess.run(
        [*command, "--sequences", "ellipse-0"], capture_output=True, text=True, check=False, cwd=REPOSITORY
    )
    assert result.returncode == 0, result.stderr
    origin, line = result.stdout.splitlines()
    assert is_origin(origin)
    assert line.split() == ["ellipse-0", "6", "masks"]
    assert [path.name for path in sorted((tmp_path / "masks" / "ellipse-0").iterdir())] == [f"{i:05d}.png" for i in range(6)]
    sequences = list_sequences("davis2016", f"{tmp_path}/davis", SPLIT)[:1]
    scores = evaluate_predictions(open_predictions(f"{tmp_path}/masks"), sequences, "regions")
    assert scores.averages[0].value > 0.5


def test_motion_of_the_object_alone_remains() -> None:
    """The camera moves everything by (3, 1), a square of 8 x 8 pixels in the first frame by 2 more."""
    forward = np.tile(np.array([3, 1], np.float32), (2, 40, 60, 1))
    forward[0, 10:18, 20:28] += (2, 0)
    motion = estimate_motion(Flow(forward=forward, backward=-forward))
    assert motion.shape == (3, 40, 60)
    np.testing.assert_allclose(motion[0, 10:18, 20:28], 1, atol=1e-3)
    assert motion[0, :8].max() < 0.1
    assert motion[2].max() < 0.1  # nothing moves by itself


def test_a_single_frame_has_no_motion() -> None:
    nothing = np.zeros((0, 4, 6, 2), np.float32)
    np.testing.assert_array_equal(estimate_motion(Flow(forward=nothing, backward=nothing)), np.zeros((1, 4, 6)))
