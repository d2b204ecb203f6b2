import numpy as np
import pytest

from ike_ray.metrics.boundary import build_outline, evaluate_boundary


def square(offset: int = 0, size: int = 100) -> np.ndarray:
    mask = np.zeros((size, size), bool)
    mask[30:60, 30 + offset : 60 + offset] = True
    return mask


def test_the_outline_is_between_different_neighbours() -> None:
    mask = np.zeros((4, 5), bool)
    mask[1:3, 2:4] = True
    expected = np.zeros((4, 5), bool)
    expected[0, 1:4] = expected[1, [1, 3]] = expected[2, 1:4] = True
    np.testing.assert_array_equal(build_outline(mask), expected)


def test_a_full_or_empty_mask_has_no_outline() -> None:
    assert not build_outline(np.ones((4, 5), bool)).any()
    assert evaluate_boundary(np.ones((4, 5), bool), np.zeros((4, 5), bool)) == 1


@pytest.mark.parametrize(("offset", "score"), [(0, 1.0), (2, 1.0), (20, None)])
def test_tolerance(offset: int, score: float | None) -> None:
    """A 100 x 100 image has a tolerance of ceil(0.008 * 141.4) = 2 pixels."""
    f = evaluate_boundary(square(offset), square())
    assert f == score if score is not None else 0 < f < 0.7


def test_precision_and_recall_by_hand() -> None:
    """Two far lines against one of them: P = 1/2, R = 1, so F = 2/3."""
    truth, mask = np.zeros((200, 100), bool), np.zeros((200, 100), bool)
    truth[:50] = True
    mask[:50] = mask[150:] = True
    assert evaluate_boundary(mask, truth) == pytest.approx(2 / 3)


def test_one_empty_scores_nothing_and_both_empty_all() -> None:
    nothing = np.zeros((100, 100), bool)
    assert evaluate_boundary(nothing, square()) == 0
    assert evaluate_boundary(square(), nothing) == 0
    assert evaluate_boundary(nothing, nothing) == 1


def test_the_tolerance_at_480p_is_eight_pixels() -> None:
    def line(column: int) -> np.ndarray:
        return np.broadcast_to(np.arange(854) >= column, (480, 854)).copy()

    assert evaluate_boundary(line(100), line(108)) == 1
    assert evaluate_boundary(line(100), line(109)) == 0
