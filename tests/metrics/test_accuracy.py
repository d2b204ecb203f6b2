import numpy as np

from ike_ray.metrics.accuracy import evaluate_accuracy


def test_by_hand() -> None:
    truth = np.array([[True, False], [True, False]])
    assert evaluate_accuracy(np.ones((2, 2), bool), truth) == 0.5
    assert evaluate_accuracy(truth, truth) == 1
