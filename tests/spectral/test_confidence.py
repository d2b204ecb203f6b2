import numpy as np
import pytest

from ike_ray.spectral.confidence import estimate_separation, estimate_wholeness


def test_one_part_off_the_border_is_trusted() -> None:
    mask = np.zeros((6, 8), bool)
    mask[2:4, 2:5] = True
    assert estimate_wholeness(mask) == 1
    mask[4, 6] = True
    mask[4, 5] = True  # touches the corner of the first part
    assert estimate_wholeness(mask) == 1


def test_pieces_and_the_border_cost_their_shares() -> None:
    mask = np.zeros((6, 8), bool)
    mask[1:4, 1:3] = True  # 6 pixels
    mask[1:3, 5] = True  # 2 pixels
    assert estimate_wholeness(mask) == pytest.approx(6 / 8)
    mask[:] = False
    mask[:, :2] = True  # of 24 pixels of the border the left column, 6, and one pixel above and below
    assert estimate_wholeness(mask) == pytest.approx(1 - 8 / 24)


def test_nothing_and_everything_are_not_trusted() -> None:
    assert estimate_wholeness(np.zeros((4, 4), bool)) == 0
    assert estimate_wholeness(np.ones((4, 4), bool)) == 0


def test_separation_is_the_correlation_with_saliency(rng: np.random.Generator) -> None:
    saliency = rng.random((9, 11)).astype(np.float32)
    mask = saliency > 0.6
    assert estimate_separation(mask, saliency) == pytest.approx(np.corrcoef(mask.ravel(), saliency.ravel())[0, 1], abs=1e-6)
    assert estimate_separation(mask, mask.astype(np.float32)) == pytest.approx(1)
    assert estimate_separation(~mask, saliency) == 0


def test_nothing_everything_and_a_constant_map_are_not_separated() -> None:
    flat = np.full((4, 5), 0.5, np.float32)
    half = np.arange(20).reshape(4, 5) < 10
    assert [estimate_separation(mask, flat) for mask in (half, half & False, half | True)] == [0, 0, 0]
