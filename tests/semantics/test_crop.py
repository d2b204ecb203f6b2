import numpy as np
import pytest

from ike_ray.config import DescriptorsConfig
from ike_ray.semantics import crop
from ike_ray.semantics.crop import build_crop, build_crop_box

EXACT = DescriptorsConfig(margin_fraction=0, crop_side_px=32)


def draw_mask(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros((100, 100), bool)
    for x0, y0, x1, y1 in boxes:
        mask[y0:y1, x0:x1] = True
    return mask


@pytest.mark.parametrize(
    ("erode", "dilate", "margin", "expected"),
    [
        (0, 0, 0, (20, 30, 70, 60)),
        (0, 0.05, 0, (15, 25, 75, 65)),
        (0, 0, 0.5, (0, 15, 95, 75)),  # as far as there is a picture
        (0.02, 0, 0, (22, 32, 48, 58)),  # the arm, three pixels thin, is gone
        (0.02, 0.02, 0, (20, 30, 50, 60)),
        (0.2, 0, 0, (20, 30, 70, 60)),  # all of it would be gone: it stays as it is
    ],
)
def test_the_box_is_that_of_the_eroded_and_dilated_mask(
    monkeypatch: pytest.MonkeyPatch, erode: float, dilate: float, margin: float, expected: tuple[int, ...]
) -> None:
    mask = draw_mask((20, 30, 50, 60), (50, 40, 70, 43))
    monkeypatch.setattr(crop, "_ERODE_FRACTION", erode)
    monkeypatch.setattr(crop, "_DILATE_FRACTION", dilate)
    assert build_crop_box(mask, DescriptorsConfig(margin_fraction=margin)) == expected


def test_a_crop_is_a_square_of_picture_and_mask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crop, "_DILATE_FRACTION", 0.0)
    monkeypatch.setattr(crop, "_ERODE_FRACTION", 0.0)
    mask = draw_mask((20, 30, 60, 50))
    image = np.zeros((100, 100, 3), np.uint8)
    image[mask] = (200, 100, 50)
    found = build_crop(image, mask, EXACT)
    assert found.image.shape == (32, 32, 3)
    assert (found.image == (200, 100, 50)).all()
    assert found.mask.all()
    assert (found.box, found.shape_box, found.area_fraction) == ((20, 30, 60, 50), (20, 30, 60, 50), 0.08)


def test_a_region_too_small_for_the_crop_keeps_a_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    mask = draw_mask((50, 50, 51, 51))
    monkeypatch.setattr(crop, "_DILATE_FRACTION", 0.2)
    found = build_crop(np.zeros((100, 100, 3), np.uint8), mask, DescriptorsConfig(margin_fraction=1))
    assert found.mask.any()
    assert found.shape_box == (50, 50, 51, 51)
