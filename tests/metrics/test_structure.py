import numpy as np
import pytest

from ike_ray.metrics.structure import evaluate_structure


def build_truth() -> np.ndarray:
    truth = np.zeros((8, 8), bool)
    truth[2:6, 2:6] = True
    return truth


def test_the_truth_scores_one() -> None:
    truth = build_truth()
    assert evaluate_structure(truth.astype(float), truth) == pytest.approx(1)


def test_the_opposite_scores_nothing() -> None:
    truth = build_truth()
    assert evaluate_structure((~truth).astype(float), truth) == 0


def test_nothing_to_find_and_nothing_else() -> None:
    values = np.array([[0.0, 0.5], [0.25, 0.25]])
    assert evaluate_structure(values, np.zeros((2, 2), bool)) == pytest.approx(0.75)
    assert evaluate_structure(values, np.ones((2, 2), bool)) == pytest.approx(0.25)


def build_corner() -> np.ndarray:
    """Nine of sixteen pixels; the centroid is (1, 1), so that four blocks of 2 x 2 pixels meet there."""
    truth = np.zeros((4, 4), bool)
    truth[:3, :3] = True
    return truth


def test_an_empty_map_by_hand() -> None:
    """The part of objects is 0 for the nine and 1 for the seven. In that of regions, the upper left block counts as alike."""
    assert evaluate_structure(np.zeros((4, 4)), build_corner()) == pytest.approx((7 / 16 + 1 / 4) / 2)


def test_half_the_truth_by_hand() -> None:
    """Objects: 2 (1/2) / (1/4 + 1) = 0.8 for the nine. Regions: one block counts as alike, the other three have
    8 a^2 c / ((a^2 + 4 a^2) (c / 2 + 2 c)) = 0.64, a the map's mean, 2 a the truth's, c their covariance."""
    of_objects, of_regions = 9 / 16 * 0.8 + 7 / 16, (1 + 3 * 0.64) / 4
    assert evaluate_structure(0.5 * build_corner(), build_corner()) == pytest.approx((of_objects + of_regions) / 2)


def test_an_object_of_one_pixel_in_the_corner() -> None:
    """One value has no deviation, and there are no blocks beyond the corner. The measure is still a number."""
    truth = np.zeros((4, 4), bool)
    truth[3, 3] = True
    assert evaluate_structure(truth.astype(float), truth) == pytest.approx(1)
    assert 0 <= evaluate_structure(np.eye(4), truth) <= 1
