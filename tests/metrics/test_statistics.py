import numpy as np
import pytest

from ike_ray.metrics.statistics import aggregate_scores


def test_by_hand() -> None:
    """Nine scores: edges 0, 2, 4, 6, 8, so the first bin is frames 0 to 2, the last 6 to 8."""
    scores = np.array([0.9, 0.9, 0.6, 0.5, 0.5, 0.5, 0.3, 0.2, 0.1])
    statistics = aggregate_scores(scores)
    assert statistics.mean == pytest.approx(0.5)
    assert statistics.recall == pytest.approx(3 / 9)
    assert statistics.decay == pytest.approx(0.8 - 0.2)


@pytest.mark.parametrize("num_frames", [256, 257, 300, 1024, 1700])
def test_decay_is_right_on_long_clips(num_frames: int) -> None:
    """A score that falls in a straight line loses three quarters of its fall from the first bin's middle to the last's.

    Bin edges held in 8 bits would wrap around from frame 256 on.
    """
    scores = np.linspace(1, 0, num_frames)
    assert aggregate_scores(scores).decay == pytest.approx(0.75, abs=0.01)


def test_one_score_does_not_decay() -> None:
    assert aggregate_scores(np.array([0.7])).decay == 0
