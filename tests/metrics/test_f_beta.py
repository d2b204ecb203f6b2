import numpy as np
import pytest

from ike_ray.metrics.f_beta import evaluate_f_beta
from ike_ray.metrics.levels import count_thresholds


def evaluate(soft_mask: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return evaluate_f_beta(count_thresholds(soft_mask.astype(float), truth))


def test_by_hand() -> None:
    """Cut above 102 two of three found pixels are right and two of two are found; above 204 one of one and one of two."""
    curve = evaluate(np.array([[102, 204], [102, 255]]) / 255, np.array([[False, True], [False, True]]))
    assert curve[50] == pytest.approx(1.3 * 0.5 / (0.3 * 0.5 + 1))
    assert curve[150] == pytest.approx(1)
    assert curve[230] == pytest.approx(1.3 * 0.5 / (0.3 + 0.5))


def test_nothing_found_or_to_find_scores_nothing() -> None:
    truth = np.eye(4, dtype=bool)
    assert not evaluate(np.zeros((4, 4)), truth)[1:].any()
    assert not evaluate(np.eye(4), np.zeros((4, 4), bool)).any()


def test_precision_counts_more_than_recall() -> None:
    """P = 1, R = 1/2 against P = 1/2, R = 1."""
    truth = np.array([[True, True, False, False]])
    few, many = evaluate(np.array([[1, 0, 0, 0]]), truth)[128], evaluate(np.array([[1, 1, 1, 1]]), truth)[128]
    assert (few, many) == (pytest.approx(0.8125), pytest.approx(1.3 * 0.5 / 1.15))
