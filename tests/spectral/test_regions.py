import numpy as np
import pytest

from ike_ray.config import RegionsConfig
from ike_ray.spectral.maps import EigenMaps
from ike_ray.spectral.regions import cluster_regions, estimate_num_regions

# Frame, a large and a small thing inside it.
TRUTH = np.zeros((12, 16), int)
TRUTH[2:9, 2:8], TRUTH[3:6, 11:14] = 1, 2


def build_maps() -> EigenMaps:
    """v_1 tells the large thing from the rest, v_2 the small one."""
    maps = np.stack([np.where(TRUTH == 1, 2.0, -0.5), np.where(TRUTH == 2, -3.0, 0.2)]).astype(np.float32)
    return EigenMaps(maps=maps, values=np.array([0.1, 0.2], np.float32), num_products=1, is_converged=True)


def cluster(config: RegionsConfig, height: int = 12, width: int = 16) -> np.ndarray:
    return cluster_regions(build_maps(), config, height, width, seed=0)


def test_background_is_zero_and_the_others_follow_by_size() -> None:
    np.testing.assert_array_equal(cluster(RegionsConfig(num_regions=3)), TRUTH)


def test_background_is_what_the_border_shows_most_of_whatever_its_size() -> None:
    eigen = build_maps()
    turned = EigenMaps(maps=-eigen.maps, values=eigen.values, num_products=1, is_converged=True)
    np.testing.assert_array_equal(cluster_regions(turned, RegionsConfig(num_regions=3), 12, 16, seed=3), TRUTH)


def test_regions_are_enlarged_to_pixels() -> None:
    labels = cluster(RegionsConfig(num_regions=3), 120, 160)
    assert labels.shape == (120, 160)
    np.testing.assert_array_equal(labels[5::10, 5::10], TRUTH)  # the middles of patches
    assert set(np.unique(labels)) == {0, 1, 2}


def test_more_regions_than_there_are_places_are_not_made() -> None:
    np.testing.assert_array_equal(cluster(RegionsConfig(num_regions=9)), TRUTH)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0.1, 0.2, 0.7, 0.8], 3), ([0.1, 0.6, 0.7, 0.8], 2), ([0.5, 0.6, 0.7, 0.95], 4), ([0.9], 2)],
)
def test_the_largest_gap_says_how_many(values: list[float], expected: int) -> None:
    assert estimate_num_regions(np.array(values, np.float32)) == expected


def test_an_image_without_vectors_is_background() -> None:
    nothing = EigenMaps(
        maps=np.zeros((0, 4, 4), np.float32), values=np.zeros(0, np.float32), num_products=0, is_converged=True
    )
    assert not cluster_regions(nothing, RegionsConfig(num_regions=4), 8, 8, seed=0).any()
