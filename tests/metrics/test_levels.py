import numpy as np
import pytest

from ike_ray.metrics.levels import count_thresholds, scale_soft_mask


def test_a_map_is_stretched_to_its_own_range() -> None:
    np.testing.assert_allclose(scale_soft_mask(np.array([[0.2, 0.4], [0.6, 0.3]])), [[0, 0.5], [1, 0.25]])


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_a_constant_map_stays_as_it_is(value: float) -> None:
    np.testing.assert_array_equal(scale_soft_mask(np.full((2, 3), value)), np.full((2, 3), value))


def test_counts_by_hand() -> None:
    """Levels 0, 51, 204 and 255, of which the second and the last are object."""
    counts = count_thresholds(np.array([[0, 51], [204, 255]]) / 255, np.array([[False, True], [False, True]]))
    assert (counts.num_true, counts.num_pixels) == (2, 4)
    assert [int(counts.hits[threshold]) for threshold in (0, 51, 52, 204, 205, 255)] == [2, 2, 1, 1, 1, 1]
    assert [int(counts.false_alarms[threshold]) for threshold in (0, 1, 51, 204, 205, 255)] == [2, 1, 1, 1, 0, 0]


def test_every_level_of_an_8_bit_map_is_its_own() -> None:
    counts = count_thresholds(np.arange(256).reshape(16, 16) / 255, np.ones((16, 16), bool))
    np.testing.assert_array_equal(counts.hits, 256 - np.arange(256))
