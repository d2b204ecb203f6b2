from collections.abc import Callable

import cv2
import numpy as np
import pytest
from jaxtyping import Bool, UInt8

from ike_ray.saliency.saliency_map import estimate_saliency, learn_saliency

Estimate = Callable[[np.ndarray], np.ndarray]
BOTH = pytest.mark.parametrize("estimate", [estimate_saliency, learn_saliency])


def draw_disc(
    height: int = 160, width: int = 288, sigma: float = 8.0
) -> tuple[UInt8[np.ndarray, "h w 3"], Bool[np.ndarray, "h w"]]:
    """A bright disc in the centre of a plain dark background, with noise over both, and the disc's mask."""
    rows, columns = np.indices((height, width))
    is_disc = np.hypot(rows - height / 2, columns - width / 2) < 0.25 * height
    noise = np.random.default_rng(0).normal(0, sigma, (height, width, 3))
    colours = np.where(is_disc[..., None], (230, 200, 60), (60, 80, 90))
    return (colours + noise).clip(0, 255).astype(np.uint8), is_disc


@BOTH
@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (120, 30, 200)])
def test_a_constant_frame_has_no_object(estimate: Estimate, colour: tuple[int, int, int]) -> None:
    soft = estimate(np.full((40, 60, 3), colour, np.uint8))
    assert soft.shape == (40, 60)
    assert (soft == 0).all()


@BOTH
def test_differences_too_faint_to_see_are_not_scaled_up(estimate: Estimate) -> None:
    frame = np.full((40, 60, 3), 120, np.uint8)
    frame[15:25, 20:40] += 1
    assert (estimate(frame) == 0).all()


@BOTH
def test_a_bright_disc_is_found(estimate: Estimate) -> None:
    frame, is_disc = draw_disc()
    grey = np.rint(255 * estimate(frame)).astype(np.uint8)
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    found = grey > threshold
    assert (found & is_disc).sum() / (found | is_disc).sum() > 0.9


@BOTH
def test_the_map_reaches_from_0_to_1_and_is_repeatable_and_the_frame_stays_as_it_was(estimate: Estimate) -> None:
    frame, _ = draw_disc(60, 80)
    before = frame.copy()
    first = estimate(frame)
    assert first.dtype == np.float32
    assert first.min() == 0
    assert first.max() == 1
    np.testing.assert_array_equal(estimate(frame), first)
    np.testing.assert_array_equal(frame, before)


@BOTH
@pytest.mark.parametrize("size", [(1, 1), (1, 30), (2, 2), (3, 5), (30, 1), (33, 47)])
def test_a_frame_of_any_size_gives_numbers(estimate: Estimate, size: tuple[int, int]) -> None:
    soft = estimate(np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8))
    assert soft.shape == size
    assert np.isfinite(soft).all()
    assert soft.min() >= 0
    assert soft.max() <= 1
