from dataclasses import replace
from itertools import product

import cv2
import numpy as np
import pytest
import torch

from ike_ray.config import RefineConfig
from ike_ray.datasets.synthetic import draw_clip
from ike_ray.metrics.jaccard import evaluate_jaccard
from ike_ray.refine import clip_sharpening
from ike_ray.refine.clip_sharpening import sharpen_clip, solve_energy

RED, GREEN = (170, 60, 50), (60, 120, 60)
CONFIG = RefineConfig()


@pytest.fixture(scope="module")
def blurred() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frames with a red disk on green, its true masks, and soft masks that are blurred and shifted."""
    rng = np.random.default_rng(0)
    frames, masks, soft = [], [], []
    for step in range(4):
        mask = cv2.circle(np.zeros((80, 120), np.uint8), (40 + 8 * step, 40), 18, 1, -1)
        colour = np.where(mask[..., None] > 0, RED, GREEN)
        frames.append((colour + rng.normal(0, 12, colour.shape)).clip(0, 255).astype(np.uint8))
        masks.append(mask > 0)
        soft.append(np.roll(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 6), (4, -4), axis=(0, 1)))
    return np.stack(frames), np.stack(masks), np.stack(soft)


def sharpen(frames: np.ndarray, soft_masks: np.ndarray, config: RefineConfig = CONFIG) -> np.ndarray:
    answer = sharpen_clip(frames, torch.from_numpy(soft_masks), config).numpy()
    assert answer.shape == soft_masks.shape
    assert answer.min() >= 0
    assert answer.max() <= 1
    return answer


def test_it_finds_the_edges_that_the_soft_mask_only_hints_at(blurred: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    frames, masks, soft = blurred
    answer = sharpen(frames, soft)
    assert evaluate_jaccard(soft > 0.5, masks).mean() < 0.75
    assert evaluate_jaccard(answer > 0.5, masks).mean() > 0.95
    assert ((answer < 0.1) | (answer > 0.9)).mean() > 0.97  # nearly a mask


def test_it_does_not_matter_how_many_frames_are_solved_together(
    blurred: tuple[np.ndarray, np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    frames, _, soft = blurred
    together = sharpen(frames, soft)  # all four
    monkeypatch.setattr(clip_sharpening, "_PIXELS_AT_ONCE_ON_CPU", 1)
    np.testing.assert_allclose(sharpen(frames, soft), together, atol=1e-6)


def test_without_colours_it_does_not(blurred: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    frames, masks, soft = blurred
    assert evaluate_jaccard(sharpen(frames, soft, replace(CONFIG, colour_weight=0.0)) > 0.5, masks).mean() < 0.9


def test_far_background_of_the_objects_colour_stays_background(blurred: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    frames, masks, soft = blurred
    frames = frames.copy()
    frames[:, 60:, 90:] = RED
    answer = sharpen(frames, soft)
    assert not (answer[:, 64:, 100:] > 0.5).any()
    assert evaluate_jaccard(answer > 0.5, masks).mean() > 0.9


def test_the_core_survives_colours_that_say_nothing() -> None:
    clip = draw_clip(0, num_frames=2, height=64, width=96)
    grey = np.full_like(clip.frames, 128)
    soft = np.stack([cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 3) for mask in clip.masks])
    core = soft > 0.95
    assert core.any()
    assert (sharpen(grey, soft)[core] > 0.5).all()


def test_a_frame_whose_motion_misses_the_object_is_told_its_colours_by_the_others(
    blurred: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """In the third frame only the upper half of the disk moves, and a little."""
    frames, masks, soft = blurred
    soft = soft.copy()
    soft[2] *= 0.8
    soft[2, 40:] = 0.3
    alone, together = sharpen(frames[2:3], soft[2:3])[0], sharpen(frames, soft)[2]
    share = [(answer > 0.5)[masks[2]].mean() for answer in (alone, together)]
    assert share[1] > 0.9
    assert share[1] >= share[0]


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
def test_a_constant_map_says_nothing(level: float) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (2, 32, 48, 3), np.uint8)
    assert not sharpen(frames, np.full((2, 32, 48), level, np.float32)).any()


def test_a_frame_without_object_is_left_without(blurred: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    frames, masks, soft = blurred
    frames, soft = frames.copy(), soft.copy()
    frames[2:] = np.random.default_rng(1).normal(GREEN, 12, frames[2:].shape).clip(0, 255).astype(np.uint8)
    soft[2:] = 0
    soft[3, 5, 5:8] = 1  # a few wild pixels
    answer = sharpen(frames, soft) > 0.5
    assert not answer[2].any()
    assert answer[3].sum() <= 3
    assert evaluate_jaccard(answer[:2], masks[:2]).mean() > 0.95


def test_a_single_frame_and_nothing_given_is_changed(blurred: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    frames, masks, soft = (array[:1] for array in blurred)
    before = frames.copy(), soft.copy()
    assert evaluate_jaccard(sharpen(frames, soft) > 0.5, masks).mean() > 0.9
    np.testing.assert_array_equal(frames, before[0])
    np.testing.assert_array_equal(soft, before[1])


def evaluate_energy(labels: np.ndarray, costs: np.ndarray, across: np.ndarray, down: np.ndarray) -> float:
    """The energy of labels in one frame, as it is written."""
    outline = (across * np.abs(np.diff(labels, axis=1))).sum() + (down * np.abs(np.diff(labels, axis=0))).sum()
    return float((labels * costs).sum() + outline)


@pytest.mark.parametrize("size", [(2, 3), (3, 3)])
def test_the_minimum_is_as_good_as_the_best_of_all_labelings(rng: np.random.Generator, size: tuple[int, int]) -> None:
    """The minimum of the convex problem is that of the binary one, and a minimiser above any threshold is one."""
    height, width = size
    for _ in range(20):
        costs = rng.normal(0, 1, (2, height, width)).astype(np.float32)
        links = (
            rng.random((2, height, width - 1), dtype=np.float32),
            rng.random((2, height - 1, width), dtype=np.float32),
        )
        start = torch.full((2, height, width), 0.5)
        tensors = tuple(torch.from_numpy(link) for link in links)
        answer = solve_energy(torch.from_numpy(costs), tensors, start).numpy()
        assert (start == 0.5).all()
        for frame, problem in zip(answer, zip(costs, *links, strict=True), strict=True):
            every = [np.reshape(labels, size) for labels in product((0, 1), repeat=height * width)]
            best = min(evaluate_energy(labels, *problem) for labels in every)
            assert evaluate_energy(frame, *problem) == pytest.approx(best, abs=0.02)
            assert evaluate_energy((frame > 0.5).astype(int), *problem) == pytest.approx(best, abs=0.02)


def test_without_links_each_pixel_follows_its_own_cost() -> None:
    costs = torch.tensor([[[-2.0, 0.5, -0.1], [1.0, -3.0, 0.2]]])
    links = (torch.zeros(1, 2, 2), torch.zeros(1, 1, 3))
    assert solve_energy(costs, links, torch.full((1, 2, 3), 0.5)).tolist() == [[[1, 0, 1], [0, 1, 0]]]


def test_a_strong_link_makes_two_pixels_agree_on_what_the_surer_one_says() -> None:
    """-3 + 2 is below 0: both are object, though the second alone would not be."""
    costs, none_down = torch.tensor([[[-3.0, 2.0]]]), torch.zeros(1, 0, 2)
    assert solve_energy(costs, (torch.full((1, 1, 1), 9.0), none_down), torch.zeros(1, 1, 2)).tolist() == [[[1, 1]]]
    weak = solve_energy(costs, (torch.full((1, 1, 1), 1.0), none_down), torch.zeros(1, 1, 2))
    assert weak.tolist() == [[[1, 0]]]


def test_near_background_is_weighed_by_the_mean_over_what_a_square_shows_of_the_frame(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    soft_masks = rng.random((2, 20, 33), dtype=np.float32)
    monkeypatch.setattr(clip_sharpening, "_NEAR_FRACTION", 0.21)
    radius = 4  # of 20 rows
    expected = soft_masks
    for _ in range(2):
        squares = np.empty_like(expected)
        for row, column in product(range(20), range(33)):
            rows, columns = slice(max(0, row - radius), row + radius + 1), slice(max(0, column - radius), column + radius + 1)
            squares[:, row, column] = expected[:, rows, columns].mean(axis=(1, 2))
        expected = squares
    np.testing.assert_allclose(clip_sharpening._blur(torch.from_numpy(soft_masks)).numpy(), expected, atol=1e-6)
