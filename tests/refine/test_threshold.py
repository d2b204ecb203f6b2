import numpy as np
import pytest

from ike_ray.config import RefineConfig
from ike_ray.refine.threshold import estimate_threshold, find_otsu_thresholds, match_area, move_threshold


def soft_masks(*levels: tuple[float, int]) -> np.ndarray:
    values = np.concatenate([np.full(count, level) for level, count in levels])
    return values.astype(np.float32).reshape(1, 1, -1)


def test_otsu_parts_two_levels_and_upper_otsu_what_is_above() -> None:
    maps = soft_masks((0.1, 500), (0.5, 100), (0.9, 100))
    assert 0.1 < estimate_threshold(maps, RefineConfig(threshold="otsu")) < 0.5
    assert 0.5 < estimate_threshold(maps, RefineConfig(threshold="upper_otsu")) < 0.9


def test_upper_otsu_of_two_levels_keeps_the_upper_one() -> None:
    assert 0.1 < estimate_threshold(soft_masks((0.1, 500), (0.9, 100)), RefineConfig(threshold="upper_otsu")) < 0.9


@pytest.mark.parametrize("threshold", ["otsu", "upper_otsu"])
@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
def test_a_constant_map_gets_the_fixed_threshold(level: float, threshold: str) -> None:
    assert estimate_threshold(soft_masks((level, 9)), RefineConfig(threshold=threshold, fixed_threshold=0.6)) == 0.6


def test_fixed_is_fixed() -> None:
    assert estimate_threshold(soft_masks((0.1, 5), (0.2, 5)), RefineConfig(threshold="fixed", fixed_threshold=0.3)) == 0.3


def test_both_otsu_thresholds_and_none_of_a_constant_map() -> None:
    low, high = find_otsu_thresholds(soft_masks((0.1, 500), (0.5, 100), (0.9, 100))) or (0, 0)
    assert 0.1 < low < 0.5 < high < 0.9
    assert find_otsu_thresholds(soft_masks((0.4, 9))) is None


def test_the_threshold_moves_to_the_middle_and_the_ends_stay() -> None:
    maps = np.array([[[0.0, 0.1, 0.2, 0.6, 1.0]]], np.float32)
    np.testing.assert_allclose(move_threshold(maps, 0.2, 0.5), [[[0, 0.25, 0.5, 0.75, 1]]], atol=1e-6)


@pytest.mark.parametrize("level", [0.4, 0.5])
def test_areas_are_matched_whatever_the_scale(level: float) -> None:
    """A map that stays below 0.5 everywhere: its highest quarter becomes object, in the same order."""
    maps = np.linspace(0, 0.3, 400, dtype=np.float32).reshape(1, 20, 20)
    matched = match_area(maps, 0.25, level)
    assert (matched > level).mean() == pytest.approx(0.25, abs=0.01)
    assert (np.diff(matched.ravel()) > 0).all()


@pytest.mark.parametrize("area_fraction", [0.0, 1.0])
def test_no_area_is_matched_where_no_threshold_does_it(area_fraction: float) -> None:
    maps = np.linspace(0, 1, 9, dtype=np.float32).reshape(1, 3, 3)
    np.testing.assert_array_equal(match_area(maps, area_fraction, 0.4), maps)
    np.testing.assert_array_equal(match_area(np.zeros((1, 3, 3), np.float32), 0.5, 0.4), np.zeros((1, 3, 3)))
