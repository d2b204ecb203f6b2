import cv2
import numpy as np
import pytest

from ike_ray.config import MatteConfig
from ike_ray.spectral.matte import Matte, build_composite, build_cutout, build_trimap, estimate_matte

DISK = cv2.circle(np.zeros((90, 120), np.uint8), (60, 45), 25, 1, -1) > 0
RED, GREEN = np.array([200, 40, 30]), np.array([40, 160, 60])


def draw_blend() -> tuple[np.ndarray, np.ndarray]:
    """A red disk with a soft outline before green, and its true opacity."""
    alpha = cv2.GaussianBlur(DISK.astype(np.float32), (0, 0), 2)
    return np.rint(alpha[..., None] * RED + (1 - alpha[..., None]) * GREEN).astype(np.uint8), alpha


def test_opacity_and_colours_of_a_known_blend() -> None:
    image, alpha = draw_blend()
    matte = estimate_matte(image, DISK, MatteConfig(band_fraction=0.2))
    assert np.abs(matte.alpha - alpha).max() < 0.05
    is_seen = alpha > 0.2
    assert np.abs(matte.foreground[is_seen].astype(int) - RED).mean() < 8


def test_a_large_image_is_matted_small() -> None:
    image, alpha = draw_blend()
    large, truth = (cv2.resize(values, (480, 360), interpolation=cv2.INTER_LINEAR) for values in (image, alpha))
    mask = cv2.resize(DISK.astype(np.uint8), (480, 360), interpolation=cv2.INTER_NEAREST) > 0
    matte = estimate_matte(large, mask, MatteConfig(area_px=90 * 120, band_fraction=0.2))
    assert matte.alpha.shape == (360, 480)
    assert np.abs(matte.alpha - truth).mean() < 0.01


@pytest.mark.parametrize("is_object", [False, True])
def test_empty_and_full_masks(is_object: bool) -> None:
    image, _ = draw_blend()
    matte = estimate_matte(image, np.full(DISK.shape, is_object), MatteConfig())
    assert (matte.alpha == float(is_object)).all()
    np.testing.assert_array_equal(matte.foreground, image)


def test_a_flat_image_is_no_error() -> None:
    matte = estimate_matte(np.full((40, 50, 3), 128, np.uint8), DISK[:40, 30:80], MatteConfig())
    assert np.isfinite(matte.alpha).all()
    assert matte.alpha.min() >= 0
    assert matte.alpha.max() <= 1


def test_an_object_of_one_pixel_is_no_error() -> None:
    mask = np.zeros((20, 30), bool)
    mask[7, 8] = True
    matte = estimate_matte(np.full((20, 30, 3), 90, np.uint8), mask, MatteConfig())
    assert matte.alpha[7, 8] == 1
    assert matte.alpha[0, 0] == 0


def test_the_band_of_the_trimap() -> None:
    """A square of 20 x 20, band 0.1 of 20: two pixels unknown on each side of the outline."""
    mask = np.zeros((40, 40), bool)
    mask[10:30, 10:30] = True
    row = build_trimap(mask, 0.1)[20]
    assert row.tolist() == [0] * 8 + [0.5] * 4 + [1] * 16 + [0.5] * 4 + [0] * 8


def test_thin_objects_keep_their_inner_half() -> None:
    mask = np.zeros((30, 200), bool)
    mask[13:18, 10:190] = True  # five pixels high: depths 1, 2, 3, 2, 1
    column = build_trimap(mask, 0.5)[:, 100]
    assert column[13:18].tolist() == [0.5, 1, 1, 1, 0.5]
    assert column[0] == 0


def test_cutouts_are_rgba() -> None:
    matte = Matte(alpha=np.array([[0, 0.5, 1]], np.float32), foreground=np.array([[RED, RED, GREEN]], np.uint8))
    assert build_cutout(matte).tolist() == [[[*RED, 0], [*RED, 128], [*GREEN, 255]]]


def test_before_another_background() -> None:
    matte = Matte(alpha=np.array([[0, 0.5, 1]], np.float32), foreground=np.array([[RED, RED, RED]], np.uint8))
    blue = np.full((1, 3, 3), (0, 0, 200), np.uint8)
    assert build_composite(matte, blue).tolist() == [[[0, 0, 200], [100, 20, 115], [200, 40, 30]]]


def test_a_background_of_another_size_covers_and_is_centred() -> None:
    matte = Matte(alpha=np.zeros((20, 20), np.float32), foreground=np.zeros((20, 20, 3), np.uint8))
    wide = np.zeros((10, 40, 3), np.uint8)
    wide[:, :10], wide[:, 30:] = 255, 255  # beyond the middle
    assert build_composite(matte, wide)[:, 2:-2].max() == 0
    assert build_composite(matte, np.full((7, 3, 3), 9, np.uint8)).tolist() == np.full((20, 20, 3), 9).tolist()


def test_two_rows_are_too_few_for_a_window(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (2, 80, 3), np.uint8)
    mask = np.zeros((2, 80), bool)
    mask[:, 20:50] = True
    np.testing.assert_array_equal(estimate_matte(image, mask, MatteConfig()).alpha, mask)
