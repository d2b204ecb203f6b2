import numpy as np
import pytest

from ike_ray.metrics.absolute_error import evaluate_absolute_error


def test_by_hand() -> None:
    truth = np.array([[True, False], [True, False]])
    assert evaluate_absolute_error(np.array([[1.0, 0.5], [0.0, 0.25]]), truth) == pytest.approx(1.75 / 4)
    assert evaluate_absolute_error(truth.astype(float), truth) == 0
