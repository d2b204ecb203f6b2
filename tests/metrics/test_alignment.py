import numpy as np
import pytest

from ike_ray.metrics.alignment import evaluate_alignment
from ike_ray.metrics.levels import count_thresholds


def evaluate(soft_mask: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return evaluate_alignment(count_thresholds(soft_mask.astype(float), truth))


def test_the_truth_and_its_opposite() -> None:
    """Each of n = 64 pixels counts 1 / 63. Cut at 0, everything is object, and no pixel differs from the mask's mean.

    That is neither for nor against, and counts 1/4 each."""
    truth = np.zeros((8, 8), bool)
    truth[2:6, 2:6] = True
    curve = evaluate(truth, truth)
    assert curve[0] == pytest.approx(64 / 63 / 4)
    np.testing.assert_allclose(curve[1:], 64 / 63)
    np.testing.assert_allclose(evaluate(~truth, truth)[1:], 0, atol=1e-12)


def test_four_pixels_by_hand() -> None:
    """Truth 1 1 0 0, mask 1 0 0 0: means 1/2 and 1/4. Deviations of the mask 3/4, -1/4, -1/4, -1/4, of the truth 1/2 or -1/2,
    so xi is 12/13, -4/5, 4/5, 4/5 and E the sum of (1 + xi)^2 / 4 over 3."""
    curve = evaluate(np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([[True, True], [False, False]]))
    expected = ((25 / 13) ** 2 + (1 / 5) ** 2 + 2 * (9 / 5) ** 2) / 4 / 3
    np.testing.assert_allclose(curve[1:], expected)


def test_nothing_to_find_and_nothing_else() -> None:
    soft_mask = np.array([[0.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(evaluate(soft_mask, np.zeros((2, 2), bool))[[0, 1, 255]], [0, 1, 1])
    np.testing.assert_allclose(evaluate(soft_mask, np.ones((2, 2), bool))[[0, 1, 255]], [4 / 3, 1 / 3, 1 / 3])


def test_counts_give_what_a_sum_over_pixels_gives(rng: np.random.Generator) -> None:
    """The definition, pixel by pixel, for each of the 256 thresholds."""
    levels, truth = rng.integers(0, 256, (9, 7)), rng.random((9, 7)) > 0.6
    expected = []
    for threshold in range(256):
        mask, true = (levels >= threshold).astype(float), truth.astype(float)
        off, true_off = mask - mask.mean(), true - true.mean()
        alignment = 2 * off * true_off / (off**2 + true_off**2)
        expected.append(((alignment + 1) ** 2 / 4).sum() / (truth.size - 1))
    np.testing.assert_allclose(evaluate(levels / 255, truth), expected)
