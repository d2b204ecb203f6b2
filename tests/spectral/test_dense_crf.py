"""The dense CRF: against all pairs of pixels, on a picture made by hand, and where its package is missing."""

import sys

import cv2
import numpy as np
import pytest
import torch

from ike_ray.config import MaskConfig, SpectralRunConfig
from ike_ray.errors import ConfigError
from ike_ray.settings import read_settings_of
from ike_ray.spectral import dense_crf
from ike_ray.spectral.image_segmenter import ImageSegmenter
from ike_ray.spectral.object_side import ObjectSide
from ike_ray.spectral.pixel_mask import refine_mask
from tests.reference.literal_crf import solve_mean_field

CONFIDENCE = 0.9
# Height, width, how much redder the object is than the background, and the noise of colours. In the first, colours and
# nearness count. In the second, distances are larger than the bilateral width. In the third, few colours are alike.
PICTURES = [(12, 13, 50, 12), (2, 180, 8, 3), (12, 13, 0, 80)]


def draw_toy(picture: tuple[int, int, int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A noisy ellipse of another red, and its mask moved by one pixel."""
    height, width, gap, noise = picture
    rng = np.random.default_rng(seed)
    inside = np.zeros((height, width), np.uint8)
    cv2.ellipse(inside, (width // 2, height // 2), (width // 4, height // 3), 0, 0, 360, 1, -1)
    colours = np.where(inside[..., None] > 0, (100 + gap, 60, 50), (100, 60, 50)) + rng.normal(0, noise, (height, width, 3))
    return colours.clip(0, 255).astype(np.uint8), np.roll(inside > 0, 1, axis=1)


@pytest.mark.parametrize("picture", PICTURES)
# The library's filters are approximate, so one round differs by 0.007 in the mean. Further rounds drive beliefs to 0 or 1, so
# that a pixel at the brink may end at the other side: 1.3 % of the labels do in the worst of these pictures.
@pytest.mark.parametrize(("rounds", "mean_difference", "share_of_labels"), [(0, 1e-6, 0), (1, 0.01, 0.015), (5, 0.02, 0.02)])
def test_it_is_the_mean_field_over_all_pairs(
    monkeypatch: pytest.MonkeyPatch,
    picture: tuple[int, int, int, int],
    rounds: int,
    mean_difference: float,
    share_of_labels: float,
) -> None:
    pytest.importorskip("pydensecrf.densecrf")
    assert dense_crf._NUM_ROUNDS == 5
    monkeypatch.setattr(dense_crf, "_NUM_ROUNDS", rounds)
    for seed in range(4):
        image, mask = draw_toy(picture, seed)
        found, exact = dense_crf.estimate_object(image, mask), solve_mean_field(image, mask, CONFIDENCE, rounds)
        assert np.abs(found - exact).mean() < mean_difference
        assert ((found > 0.5) != (exact > 0.5)).mean() <= share_of_labels


def test_a_coarse_mask_snaps_to_the_colours() -> None:
    """A blue block on yellow. Its mask is 8 px too far to the right, and 4 px too high at the top and the bottom."""
    pytest.importorskip("pydensecrf.densecrf")
    truth = np.zeros((48, 64), bool)
    truth[16:32, 20:40] = True
    image = np.where(truth[..., None], (40, 60, 200), (220, 200, 60)).astype(np.uint8)
    patches = np.full((12, 16), -1, np.float32)
    patches[3:9, 7:12] = 1
    side = ObjectSide(map=patches)
    coarse = refine_mask(image, side, MaskConfig(sharpen="none"))
    assert (coarse != truth).sum() > 300
    np.testing.assert_array_equal(refine_mask(image, side, MaskConfig(sharpen="crf")), truth)


@pytest.mark.parametrize("task", ["segment", "matte"])
def test_without_its_package_no_work_starts(monkeypatch: pytest.MonkeyPatch, task: str) -> None:
    monkeypatch.setitem(sys.modules, "pydensecrf", None)
    with pytest.raises(ConfigError) as caught:
        ImageSegmenter(read_config(task), torch.device("cpu"))
    said = str(caught.value)
    assert "mask.sharpen crf needs pydensecrf, which cannot be imported" in said
    assert "pip install 'ike_ray[crf]', or use mask.sharpen=colour" in said


@pytest.mark.parametrize("task", ["localize", "regions"])
def test_tasks_without_sharp_masks_need_no_package(monkeypatch: pytest.MonkeyPatch, task: str) -> None:
    monkeypatch.setitem(sys.modules, "pydensecrf", None)
    ImageSegmenter(read_config(task), torch.device("cpu"))


def read_config(task: str) -> SpectralRunConfig:
    return read_settings_of(SpectralRunConfig, "", [f"task={task}", "mask.sharpen=crf"])
