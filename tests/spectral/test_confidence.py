import numpy as np
import pytest

from ike_ray.spectral.confidence import estimate_confidence


def test_one_part_off_the_border_is_trusted() -> None:
    mask = np.zeros((6, 8), bool)
    mask[2:4, 2:5] = True
    assert estimate_confidence(mask) == 1
    mask[4, 6] = True
    mask[4, 5] = True  # touches the corner of the first part
    assert estimate_confidence(mask) == 1


def test_pieces_and_the_border_cost_their_shares() -> None:
    mask = np.zeros((6, 8), bool)
    mask[1:4, 1:3] = True  # 6 pixels
    mask[1:3, 5] = True  # 2 pixels
    assert estimate_confidence(mask) == pytest.approx(6 / 8)
    mask[:] = False
    mask[:, :2] = True  # of 24 pixels of the border the left column, 6, and one pixel above and below
    assert estimate_confidence(mask) == pytest.approx(1 - 8 / 24)


def test_nothing_and_everything_are_not_trusted() -> None:
    assert estimate_confidence(np.zeros((4, 4), bool)) == 0
    assert estimate_confidence(np.ones((4, 4), bool)) == 0
