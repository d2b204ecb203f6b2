import numpy as np
import pytest

from ike_ray.spectral.confidence import estimate_confidence
from ike_ray.spectral.object_side import ObjectSide


def test_it_is_how_strong_the_eigenvector_is_inside_the_mask() -> None:
    values = np.full((4, 4), -1, np.float32)
    values[:2], values[2] = 2, 1
    side = ObjectSide(vector=1, map=values)
    assert estimate_confidence(values == 2, side) == 1
    assert estimate_confidence(values > 0, side) == pytest.approx((8 * 1 + 4 * 0.5) / 12)
    assert estimate_confidence(np.ones((4, 4), bool), side) == pytest.approx((8 * 1 + 4 * 0.5) / 16)  # never below 0
    assert estimate_confidence(values < 0, side) == 0


def test_nothing_is_trusted_where_nothing_was_found() -> None:
    side = ObjectSide(vector=1, map=np.ones((4, 4), np.float32))
    assert estimate_confidence(np.zeros((4, 4), bool), side) == 0
    assert estimate_confidence(np.ones((4, 4), bool), None) == 0
    assert estimate_confidence(np.ones((4, 4), bool), ObjectSide(vector=1, map=-side.map)) == 0
