from dataclasses import replace

import numpy as np
import pytest

from ike_ray.config import EigenConfig, FeaturesConfig, SpectralConfig
from ike_ray.spectral.maps import EigenMaps
from ike_ray.spectral.object_side import choose_rule, list_border, localize_side


def build_maps(*maps: np.ndarray) -> EigenMaps:
    stacked = np.stack(maps).astype(np.float32) if maps else np.zeros((0, 6, 8), np.float32)
    return EigenMaps(
        maps=stacked, values=np.linspace(0.1, 0.5, len(stacked), dtype=np.float32), num_products=1, is_converged=True
    )


def build_map(rows: slice, columns: slice) -> np.ndarray:
    values = np.full((6, 8), -1.0)
    values[rows, columns] = 1
    return values


OBJECT, SKY = build_map(slice(2, 4), slice(3, 6)), build_map(slice(0, 2), slice(0, 8))


@pytest.mark.parametrize("sign", [1, -1])
def test_the_published_rule_takes_the_smaller_side_of_the_first(sign: int) -> None:
    side = localize_side(build_maps(sign * SKY, OBJECT), "first")
    assert side is not None
    assert side.vector == 1
    np.testing.assert_array_equal(side.map > 0, SKY > 0)


@pytest.mark.parametrize("sign", [1, -1])
def test_least_border_takes_the_side_that_the_frame_does_not_cut(sign: int) -> None:
    side = localize_side(build_maps(SKY, sign * OBJECT), "least_border")
    assert side is not None
    assert side.vector == 2
    np.testing.assert_array_equal(side.map > 0, OBJECT > 0)


def test_a_large_object_off_the_border_is_found_though_it_holds_more_than_half() -> None:
    large = build_map(slice(1, 5), slice(1, 7))  # 24 of 48, none on the border
    large[0, 3] = 1
    side = localize_side(build_maps(large), "least_border")
    assert side is not None
    assert side.map[3, 3] > 0


def test_nothing_to_choose_from() -> None:
    assert localize_side(build_maps(), "first") is None
    assert localize_side(build_maps(), "least_border") is None


def test_background_that_is_neither_here_nor_there_is_not_the_object() -> None:
    """Sky at -1, ground at 0.1, the object at 2: the published rule would take ground and object."""
    values = np.where(SKY > 0, -1, np.where(OBJECT > 0, 2, 0.1))
    side = localize_side(build_maps(values), "least_border")
    assert side is not None
    np.testing.assert_array_equal(side.map > 0, OBJECT > 0)


def test_a_side_that_is_faint_on_the_border_beats_one_that_is_strong_there() -> None:
    """Both cover the same nodes; the share of the border is that of strength, not of area."""
    faint, strong = np.full((6, 8), -1.0), np.full((6, 8), -1.0)
    faint[1:6, 2:6], strong[1:6, 2:6] = 1, 1
    faint[5, 2:6] = 0.1
    side = localize_side(build_maps(strong, faint), "least_border")
    assert side is not None
    assert side.vector == 2


def test_a_speck_is_no_side() -> None:
    speck, body = np.full((40, 40), -1.0), np.full((40, 40), -1.0)
    speck[20, 7] = 39  # off the border, and less than a hundredth of the image
    body[20:40, 10:30] = 1
    side = localize_side(build_maps(speck, body), "least_border")
    assert side is not None
    assert side.vector == 2


def test_each_pixel_of_the_border_counts_once() -> None:
    numbers = np.arange(12).reshape(3, 4)
    assert sorted(list_border(numbers)) == [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]
    assert list_border(np.array([[5]])).tolist() == [5]


def test_auto_is_the_published_rule_with_a_transformer() -> None:
    assert choose_rule(SpectralConfig()) == "least_border"
    config = SpectralConfig(features=FeaturesConfig(source="vit", model="some/model"))
    assert choose_rule(config) == "first"
    assert choose_rule(replace(config, eigenvectors=EigenConfig(choice="least_border"))) == "least_border"
