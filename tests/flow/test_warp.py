import numpy as np

from ike_ray.datasets.synthetic import draw_clip
from ike_ray.flow.warp import evaluate_warp


def test_the_true_flow_explains_the_frames() -> None:
    clip = draw_clip(2, num_frames=4)
    with_truth = evaluate_warp(clip.frames, clip.forward)
    without = evaluate_warp(clip.frames, np.zeros_like(clip.forward))
    assert with_truth < 0.2 * without


def test_no_pair_no_error() -> None:
    assert evaluate_warp(np.zeros((1, 8, 8, 3), np.uint8), np.zeros((0, 8, 8, 2), np.float32)) == 0
