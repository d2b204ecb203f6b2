from dataclasses import replace

import cv2
import numpy as np
import pytest

from ike_ray.config import MaskConfig
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.spectral.object_side import ObjectSide
from ike_ray.spectral.pixel_mask import refine_mask

TRUTH = cv2.circle(np.zeros((96, 128), np.uint8), (60, 50), 26, 1, -1) > 0


@pytest.fixture(params=["colour", "crf"])
def sharpening(request: pytest.FixtureRequest) -> MaskConfig:
    """Each way to sharpen. That of an optional package is skipped without it."""
    if request.param == "crf":
        pytest.importorskip("pydensecrf.densecrf")
    return MaskConfig(sharpen=request.param)


def draw_image(rng: np.random.Generator) -> np.ndarray:
    """A red disk on green."""
    colours = np.where(TRUTH[..., None], (170, 60, 50), (60, 120, 60))
    return (colours + rng.normal(0, 10, colours.shape)).clip(0, 255).astype(np.uint8)


def build_side(shift: int = 0) -> ObjectSide:
    """The disk on 12 x 16 patches, positive inside."""
    patches = cv2.resize(np.roll(TRUTH, shift, axis=1).astype(np.float32), (16, 12), interpolation=cv2.INTER_AREA)
    return ObjectSide(map=patches - 0.5)


def test_colours_find_the_outline_between_patches(rng: np.random.Generator, sharpening: MaskConfig) -> None:
    image, side = draw_image(rng), build_side(shift=4)
    rough = refine_mask(image, side, MaskConfig(sharpen="none"))
    sharp = refine_mask(image, side, sharpening)
    assert evaluate_jaccard(rough[None], TRUTH[None])[0] < 0.86
    assert evaluate_jaccard(sharp[None], TRUTH[None])[0] > 0.97


def test_a_large_image_is_cut_small_and_enlarged(rng: np.random.Generator, sharpening: MaskConfig) -> None:
    image = cv2.resize(draw_image(rng), (512, 384), interpolation=cv2.INTER_LINEAR)
    mask = refine_mask(image, build_side(), replace(sharpening, area_px=64 * 96))
    truth = cv2.resize(TRUTH.astype(np.uint8), (512, 384), interpolation=cv2.INTER_NEAREST) > 0
    assert mask.shape == (384, 512)
    assert evaluate_jaccard(mask[None], truth[None])[0] > 0.95


@pytest.mark.parametrize("sharpen", ["colour", "crf", "none"])
def test_no_side_is_an_empty_mask(sharpen: str) -> None:
    mask = refine_mask(np.zeros((20, 30, 3), np.uint8), None, MaskConfig(sharpen=sharpen))
    assert mask.shape == (20, 30)
    assert not mask.any()


def test_a_cut_that_loses_the_object_is_not_used(sharpening: MaskConfig) -> None:
    """All of one grey: no colours tell object from background, and the cheapest outline is none."""
    grey = np.full((96, 128, 3), 128, np.uint8)
    rough = refine_mask(grey, build_side(), MaskConfig(sharpen="none"))
    sharp = refine_mask(grey, build_side(), sharpening)
    assert evaluate_jaccard(sharp[None], rough[None])[0] > 0.2


def test_one_patch_covers_the_image(sharpening: MaskConfig) -> None:
    side = ObjectSide(map=np.ones((1, 1), np.float32))
    assert refine_mask(np.zeros((9, 7, 3), np.uint8), side, sharpening).all()
