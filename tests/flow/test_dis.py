import numpy as np
import pytest

from ike_ray.datasets.synthetic import draw_clip
from ike_ray.flow.dis import Effort, estimate_dis


@pytest.mark.parametrize("effort", ["medium", "quick"])
def test_it_finds_the_motion_of_a_drawn_clip(effort: Effort) -> None:
    clip = draw_clip(1, num_frames=4, height=180, width=320)
    flow = estimate_dis(clip.frames, effort)
    errors = np.linalg.norm(flow.forward - clip.forward, axis=-1)
    assert np.median(errors) < 0.1
    inside = clip.masks[:-1]
    assert np.median(errors[inside]) < 0.3
    np.testing.assert_allclose(np.median(flow.backward[:, :20].reshape(-1, 2), axis=0), -clip.forward[0, 0, 0], atol=0.1)


def test_the_efforts_differ_a_little() -> None:
    frames = draw_clip(1, num_frames=3, height=180, width=320).frames
    difference = np.abs(estimate_dis(frames).forward - estimate_dis(frames, "quick").forward)
    assert 0 < difference.mean() < 0.1


def test_one_frame_has_no_flow() -> None:
    flow = estimate_dis(np.zeros((1, 32, 48, 3), np.uint8))
    assert flow.forward.shape == flow.backward.shape == (0, 32, 48, 2)


def test_black_frames_do_not_move() -> None:
    flow = estimate_dis(np.zeros((3, 32, 32, 3), np.uint8))
    assert not flow.forward.any()
