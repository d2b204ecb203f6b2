import cv2
import numpy as np
import pytest

from ike_ray.config import RefineConfig
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.refine.colour_cut import sharpen_soft_masks
from ike_ray.refine.cut import find_otsu_cuts, move_cut


@pytest.fixture(scope="module")
def blurred() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frames with a red disk on green, its true masks, and soft masks that are blurred and shifted."""
    rng = np.random.default_rng(0)
    frames, masks, soft = [], [], []
    for step in range(4):
        mask = cv2.circle(np.zeros((80, 120), np.uint8), (40 + 8 * step, 40), 18, 1, -1)
        colour = np.where(mask[..., None] > 0, (170, 60, 50), (60, 120, 60))
        frames.append((colour + rng.normal(0, 12, colour.shape)).clip(0, 255).astype(np.uint8))
        masks.append(mask > 0)
        soft.append(np.roll(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 6), (4, -4), axis=(0, 1)))
    return np.stack(frames), np.stack(masks), np.stack(soft)


def test_it_finds_the_edges_that_the_soft_mask_only_hints_at(blurred: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    frames, masks, soft = blurred
    before = evaluate_jaccard(soft > 0.5, masks).mean()
    after = evaluate_jaccard(sharpen_soft_masks(frames, soft, RefineConfig()) > 0.5, masks).mean()
    assert before < 0.75
    assert after > 0.97


def test_threads_change_nothing(blurred: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    frames, _, soft = blurred
    before = cv2.getNumThreads()
    try:
        answers = []
        for number in (1, 3):
            cv2.setNumThreads(number)
            answers.append(sharpen_soft_masks(frames, soft, RefineConfig()))
    finally:
        cv2.setNumThreads(before)
    np.testing.assert_array_equal(*answers)


def test_far_background_of_the_objects_colour_stays_background(blurred: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    frames, _, soft = blurred
    frames = frames.copy()
    frames[:, 60:, 90:] = (170, 60, 50)
    assert not (sharpen_soft_masks(frames, soft, RefineConfig())[:, 64:, 100:] > 0.5).any()


def test_the_core_survives_colours_that_say_nothing() -> None:
    clip = draw_clip(0, num_frames=2, height=64, width=96)
    grey = np.full_like(clip.frames, 128)
    soft = np.stack([cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 3) for mask in clip.masks])
    core = soft > 0.95
    assert core.any()
    assert (sharpen_soft_masks(grey, soft, RefineConfig())[core] > 0.5).all()


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
def test_a_constant_map_says_nothing(level: float) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (2, 32, 48, 3), np.uint8)
    assert not sharpen_soft_masks(frames, np.full((2, 32, 48), level, np.float32), RefineConfig()).any()


def test_a_frame_without_object_is_left_without(blurred: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    frames, _, soft = blurred
    soft = soft.copy()
    soft[2] = 0
    soft[3] = 0
    soft[3, 5, 5:8] = 1  # too few pixels for a colour model
    sharp = sharpen_soft_masks(frames, soft, RefineConfig())
    assert not sharp[2].any()
    assert (sharp[3] > 0.5).sum() == 3


@pytest.mark.parametrize(("area_px", "is_smaller"), [(80 * 120, True), (None, False)])
def test_larger_frames_are_cut_at_the_size_of_the_setting(
    blurred: tuple[np.ndarray, np.ndarray, np.ndarray], area_px: int | None, is_smaller: bool
) -> None:
    frames, masks, soft = (array.repeat(3, axis=1).repeat(3, axis=2) for array in blurred)
    sharp = sharpen_soft_masks(frames, soft, RefineConfig(sharpen_area_px=area_px))
    assert sharp.shape == soft.shape
    assert evaluate_jaccard(sharp > 0.5, masks).mean() > 0.95
    low, _ = find_otsu_cuts(soft) or (0, 0)
    thirds = 3 * (2 * sharp - move_cut(soft, low, 0.5))  # how many of the three cuts; between them where it was resized
    assert (np.abs(thirds - thirds.round()).max() > 0.1) == is_smaller


def test_frames_hardly_larger_than_the_setting_are_not_resized(blurred: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    frames, _, soft = blurred
    here = sharpen_soft_masks(frames, soft, RefineConfig(sharpen_area_px=80 * 100))
    np.testing.assert_array_equal(here, sharpen_soft_masks(frames, soft, RefineConfig(sharpen_area_px=None)))
