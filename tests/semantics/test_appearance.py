import cv2
import numpy as np
import pytest

from ike_ray.config import DescriptorsConfig
from ike_ray.semantics.appearance import SHARES, count_colours, describe_appearance, measure_shape, sum_edges
from ike_ray.semantics.crop import Crop, build_crop

CONFIG = DescriptorsConfig()


def build(colour: tuple[int, int, int], box: tuple[int, int, int, int], *, stripes: int = 0) -> Crop:
    """A box of one colour, with stripes across if asked, on grey."""
    image = np.full((120, 160, 3), 128, np.uint8)
    mask = np.zeros((120, 160), bool)
    x0, y0, x1, y1 = box
    mask[y0:y1, x0:x1] = True
    image[mask] = colour
    if stripes:
        image[y0:y1, x0:x1:stripes] = 0
    return build_crop(image, mask, CONFIG)


def test_it_is_of_unit_length_and_finite() -> None:
    for crop in (
        build((200, 30, 30), (20, 20, 90, 70)),
        build((128, 128, 128), (0, 0, 160, 120)),
        build((0, 0, 0), (5, 5, 6, 6)),
    ):
        descriptor = describe_appearance(crop)
        assert descriptor.dtype == np.float32
        assert np.linalg.norm(descriptor) == pytest.approx(1, abs=1e-5)
        assert np.isfinite(descriptor).all()
    assert sum(SHARES.values()) == pytest.approx(1)


def test_what_looks_alike_is_near() -> None:
    red = describe_appearance(build((200, 30, 30), (20, 20, 90, 70)))
    moved = describe_appearance(build((196, 34, 30), (50, 40, 124, 94)))
    blue = describe_appearance(build((30, 30, 200), (20, 20, 90, 70)))
    tall = describe_appearance(build((200, 30, 30), (60, 5, 80, 115)))
    striped = describe_appearance(build((200, 30, 30), (20, 20, 90, 70), stripes=10))
    assert red @ moved > 0.95
    for other in (blue, tall, striped):
        assert red @ other < red @ moved - 0.02
    assert red @ blue < 0.5


def test_what_is_outside_of_the_region_has_no_colour_and_no_edges() -> None:
    crop = build((200, 30, 30), (20, 20, 90, 70))
    noisy = crop.image.copy()
    noisy[~crop.mask] = np.random.default_rng(0).integers(0, 256, (int((~crop.mask).sum()), 3))
    other = Crop(**{**vars(crop), "image": noisy})
    assert describe_appearance(crop) @ describe_appearance(other) > 0.9


def test_colours_are_counted_in_bins() -> None:
    counts = count_colours(np.array([[255, 255, 255]] * 3 + [[0, 0, 0]] * 2, np.uint8))
    assert sorted(counts[counts > 0]) == [2, 3]
    assert counts.size == 5 * 12 * 12


def test_edges_go_by_their_direction() -> None:
    grey = np.zeros((64, 64), np.uint8)
    grey[:, 32:] = 200  # an upright edge: its gradient points along x
    edges = sum_edges(grey, np.ones((64, 64), bool)).reshape(16, 8)
    assert edges[:, 0].sum() == edges.sum() > 0
    turned = sum_edges(np.ascontiguousarray(grey.T), np.ones((64, 64), bool)).reshape(16, 8)
    assert turned[:, 4].sum() == turned.sum() == edges.sum()
    assert sum_edges(grey, np.zeros((64, 64), bool)).sum() == 0


def test_shape_by_hand() -> None:
    wide, area, solidity, extent = measure_shape(build((9, 9, 9), (20, 20, 84, 52)))
    assert (wide, area) == (1, pytest.approx(np.log10(64 * 32 / (160 * 120))))
    assert solidity > 0.95
    assert extent == 1
    ring = np.zeros((100, 100), np.uint8)
    cv2.circle(ring, (50, 50), 40, 1, 6)
    crop = build_crop(np.zeros((100, 100, 3), np.uint8), ring > 0, CONFIG)
    assert measure_shape(crop)[2] < 0
