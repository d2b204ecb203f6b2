import numpy as np

from ike_ray.masks.box import build_box


def test_the_box_is_half_open() -> None:
    mask = np.zeros((6, 9), bool)
    assert build_box(mask) is None
    mask[2, 3] = mask[4, 7] = True
    assert build_box(mask) == (3, 2, 8, 5)
    assert build_box(np.ones((6, 9), bool)) == (0, 0, 9, 6)
