import numpy as np
import pytest

from ike_ray.spectral import object_side
from ike_ray.spectral.maps import EigenMaps
from ike_ray.spectral.object_side import localize_by_eigenvector, localize_by_saliency
from tests.drawn_images import draw_photo


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
    side = localize_by_eigenvector(build_maps(sign * SKY, OBJECT))
    assert side is not None
    np.testing.assert_array_equal(side.map > 0, SKY > 0)


def test_nothing_to_choose_from() -> None:
    assert localize_by_eigenvector(build_maps()) is None
    sides, saliency = localize_by_saliency(np.full((20, 30, 3), 90, np.uint8))
    assert sides == []
    assert not saliency.any()


def test_what_stands_out_is_positive() -> None:
    image, mask = draw_photo(1)
    sides, saliency = localize_by_saliency(image)
    found = sides[0].map > 0
    assert (found & mask).sum() / (found | mask).sum() > 0.8
    assert saliency[found].min() > saliency[~found].max()


def test_the_second_side_is_what_stands_out_most_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A band of 0.5 and a square of 1 before 0: Otsu's threshold parts both from the ground, and then the square."""
    levels = np.zeros((20, 30), np.float32)
    levels[:8], levels[10:16, 12:18] = 0.5, 1
    monkeypatch.setattr(object_side, "learn_saliency", lambda image: levels)
    sides, _ = localize_by_saliency(np.zeros((20, 30, 3), np.uint8))
    assert len(sides) == 2
    np.testing.assert_array_equal(sides[0].map > 0, levels > 0)
    np.testing.assert_array_equal(sides[1].map > 0, levels > 0.5)
    monkeypatch.setattr(object_side, "learn_saliency", lambda image: (levels > 0).astype(np.float32))
    assert len(localize_by_saliency(np.zeros((20, 30, 3), np.uint8))[0]) == 1
