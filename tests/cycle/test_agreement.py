import numpy as np

from ike_ray.cycle.agreement import evaluate_agreement


def test_it_is_the_mean_over_frames() -> None:
    a, b = np.zeros((3, 1, 4), bool), np.zeros((3, 1, 4), bool)
    a[0, 0, :2] = b[0, 0, 1:3] = True  # one of three shared; the second frame is empty in both
    a[2, 0, 0] = True
    assert evaluate_agreement(a, b) == (1 / 3 + 1 + 0) / 3
