from importlib.resources import files

import numpy as np
import pytest
import torch
import yaml

from ike_ray.cycle.confidence import JUDGE, MEASURES, estimate_confidences, measure_masks
from ike_ray.cycle.witnesses import Witnesses
from ike_ray.records import Flow

HEIGHT, WIDTH = 16, 32
WAYS = ("forward", "backward")


def build_square(num_frames: int, step: int) -> np.ndarray:
    """A square of 8 x 8 that moves to the right."""
    masks = np.zeros((num_frames, HEIGHT, WIDTH), bool)
    for t in range(num_frames):
        masks[t, 4:12, 4 + step * t : 12 + step * t] = True
    return masks


def build_flow(num_frames: int, step: int) -> Flow:
    forward = np.zeros((num_frames - 1, HEIGHT, WIDTH, 2), np.float32)
    forward[..., 0] = step
    return Flow(forward=forward, backward=-forward)


def build_witnesses(**maps: np.ndarray) -> Witnesses:
    """Those that are named; nobody else was asked."""
    asked = {name: torch.from_numpy(found.astype(np.float32)) for name, found in maps.items()}
    return Witnesses(**{"motion": None, "learned_motion": None, "saliency": None, **asked})


def measure(
    name: str,
    masks: np.ndarray,
    *,
    soft_masks: np.ndarray | None = None,
    witnesses: Witnesses | None = None,
    flow: Flow | None = None,
) -> np.ndarray:
    """One measure of each mask. Unless told otherwise, the soft masks are the masks and nothing moves."""
    soft_masks = masks.astype(np.float32) if soft_masks is None else soft_masks
    found = measure_masks(
        masks, soft_masks, witnesses or build_witnesses(learned_motion=masks), flow or build_flow(len(masks), 0)
    )
    assert found.shape == (len(masks), len(MEASURES))
    return found[:, MEASURES.index(name)]


def test_the_judge_weighs_each_measure_and_nothing_else() -> None:
    judge = yaml.safe_load(files("ike_ray.cycle").joinpath(JUDGE).read_text())
    assert set(judge) == {"offset", "weights"}
    assert set(judge["weights"]) == set(MEASURES)
    assert len(set(MEASURES)) == len(MEASURES)


@pytest.mark.parametrize("num_frames", [1, 3, 20])
def test_the_confidence_is_the_logistic_function_of_the_weighted_measures_over_fifteen_frames(num_frames: int) -> None:
    judge = yaml.safe_load(files("ike_ray.cycle").joinpath(JUDGE).read_text())
    masks, flow = build_square(num_frames, 1), build_flow(num_frames, 1)
    witnesses = build_witnesses(learned_motion=build_square(num_frames, 0))
    soft_masks = masks.astype(np.float32)
    confidences = estimate_confidences(soft_masks * 0.6, 0.5, soft_masks=soft_masks, witnesses=witnesses, flow=flow)
    rows = measure_masks(masks, soft_masks, witnesses, flow)
    scores = [judge["offset"] + sum(judge["weights"][n] * v for n, v in zip(MEASURES, row, strict=True)) for row in rows]
    padded = np.pad(scores, 7, mode="edge")
    expected = [padded[t : t + 15].mean() for t in range(num_frames)]
    np.testing.assert_allclose(np.log(confidences / (1 - confidences)), expected)


def test_a_mask_that_everything_supports_is_trusted_more_than_one_elsewhere() -> None:
    right, flow = build_square(4, 2), build_flow(4, 2)
    wrong = np.roll(right, 8, axis=1)
    witnesses = build_witnesses(learned_motion=right, saliency=right)
    good, bad = (
        estimate_confidences(
            masks.astype(np.float32), 0.5, soft_masks=right.astype(np.float32), witnesses=witnesses, flow=flow
        )
        for masks in (right, wrong)
    )
    assert (good > bad).all()


@pytest.mark.parametrize("num_frames", [1, 3])
def test_nothing_found_is_not_certain(num_frames: int) -> None:
    nothing = np.zeros((num_frames, HEIGHT, WIDTH), np.float32)
    witnesses = build_witnesses(learned_motion=nothing)
    flow = build_flow(num_frames, 0)
    assert estimate_confidences(nothing, 0.5, soft_masks=nothing, witnesses=witnesses, flow=flow).tolist() == [0] * num_frames
    some = nothing.copy()
    some[0, 4:12, 4:12] = 1
    found = estimate_confidences(some, 0.5, soft_masks=some, witnesses=witnesses, flow=flow)
    assert found[0] > 0
    assert not found[1:].any()


@pytest.mark.parametrize("num_frames", [1, 2, 5])
def test_everything_is_in_its_range_whatever_comes_in(rng: np.random.Generator, num_frames: int) -> None:
    shape = (num_frames, HEIGHT, WIDTH)
    for density in (0.0, 0.02, 0.5, 1.0):
        masks = rng.random(shape) < density
        flow = Flow(**{way: rng.normal(0, 3, (num_frames - 1, HEIGHT, WIDTH, 2)).astype(np.float32) for way in WAYS})
        witnesses = build_witnesses(**{name: rng.random(shape) for name in ("learned_motion", "saliency")})
        soft_masks = rng.random(shape, dtype=np.float32)
        measures = measure_masks(masks, soft_masks, witnesses, flow)
        is_contrast = np.array(["contrast" in name for name in MEASURES])
        assert measures[:, ~is_contrast].min() >= 0
        assert np.abs(measures).max() <= 1
        confidences = estimate_confidences(
            masks.astype(np.float32), 0.5, soft_masks=soft_masks, witnesses=witnesses, flow=flow
        )
        assert ((confidences >= 0) & (confidences <= 1)).all()


@pytest.mark.parametrize(("name", "field"), [("network", "learned_motion"), ("saliency", "saliency")])
def test_agreement_is_the_overlap_with_a_witness_above_its_threshold(name: str, field: str) -> None:
    """In the second frame the witness sees the lower half of the square; it is as sure as 0.8."""
    masks = build_square(3, 0)
    seen = masks * 0.8
    seen[1, 4:8] = 0
    np.testing.assert_allclose(measure(f"{name} agreement", masks, witnesses=build_witnesses(**{field: seen})), [1, 0.5, 1])


def test_a_witness_that_was_not_asked_or_says_the_same_everywhere_agrees_with_nothing() -> None:
    masks = build_square(2, 0)
    constant = np.full(masks.shape, 0.3)
    for witnesses in (build_witnesses(motion=masks), build_witnesses(learned_motion=constant)):
        assert measure("network agreement", masks, witnesses=witnesses).tolist() == [0, 0]
    assert measure("network contrast", masks, witnesses=build_witnesses(motion=masks)).tolist() == [0, 0]


def test_what_moves_with_the_flow_is_stable() -> None:
    np.testing.assert_allclose(measure("stability", build_square(4, 2), flow=build_flow(4, 2)), 1)


def test_a_mask_that_jumps_costs_both_its_frames() -> None:
    """Carried along a still flow, a square that moves by 2 of 8 columns keeps 6 / 10 of the union."""
    masks = build_square(4, 0)
    masks[2:] = build_square(4, 2)[1]
    np.testing.assert_allclose(measure("stability", masks), [1, 0.6, 0.6, 1])


def test_a_single_frame_is_stable_and_has_no_speed() -> None:
    assert measure("stability", build_square(1, 0)).tolist() == [1]
    assert measure("speed", build_square(1, 0)).tolist() == [0]


@pytest.mark.parametrize(("value", "expected"), [(0.0, 1), (0.2, 0.5), (0.8, 1)])
def test_what_is_neither_object_nor_background_is_not_clear(value: float, expected: float) -> None:
    """A second square as large as the first. Otsu's threshold lies just above 0.2, so that it is there at 0.7 times that and
    not at 1.3 times; a square of 0.8 is object at both."""
    masks = build_square(4, 0)
    soft_masks = masks.astype(np.float32)
    soft_masks[:, 4:12, 20:28] = value
    np.testing.assert_allclose(measure("clearness", masks, soft_masks=soft_masks), expected)


def test_a_constant_soft_mask_is_not_clear() -> None:
    masks = build_square(2, 0)
    assert measure("clearness", masks, soft_masks=np.full(masks.shape, 0.4, np.float32)).tolist() == [0, 0]


def test_contrast_is_the_mean_in_the_mask_less_that_around_it() -> None:
    masks = build_square(2, 0)
    seen = np.where(masks, 0.9, 0.25)
    seen[1, 14:] = 1  # farther away than the one row around the mask that is looked at
    witnesses = build_witnesses(learned_motion=seen, saliency=1 - seen)
    np.testing.assert_allclose(measure("network contrast", masks, witnesses=witnesses), 0.65, atol=1e-6)
    np.testing.assert_allclose(measure("saliency contrast", masks, witnesses=witnesses), -0.65, atol=1e-6)


def test_the_networks_share_is_what_of_its_probability_the_mask_has() -> None:
    """A second square as sure as the first lies outside, in the second frame half as sure."""
    masks = build_square(2, 0)
    seen = masks.astype(float)
    seen[0, 4:12, 20:28], seen[1, 4:12, 20:28] = 1, 0.5
    np.testing.assert_allclose(
        measure("network share", masks, witnesses=build_witnesses(learned_motion=seen)), [1 / 2, 2 / 3]
    )


def test_size_border_and_wholeness_by_hand() -> None:
    """The left half of the frame: all of one side, half of two and none of the fourth. Beside it a frame of two parts."""
    masks = build_square(2, 0)
    masks[0] = np.arange(WIDTH) < WIDTH // 2
    masks[1, 4:8, 20:28] = True  # half as large as the square
    np.testing.assert_allclose(measure("size", masks), [np.sqrt(0.5), np.sqrt(96 / 512)])
    np.testing.assert_allclose(measure("border", masks), [0.5, 0])
    np.testing.assert_allclose(measure("wholeness", masks), [1, 2 / 3])
    everything = np.ones((1, HEIGHT, WIDTH), bool)
    assert [float(measure(name, everything)[0]) for name in ("size", "border", "wholeness")] == [1, 1, 1]


def test_speed_is_that_against_the_surroundings() -> None:
    """Two pixels of a frame of 16 rows are 20 of 160; half a pixel counts as half."""
    masks = build_square(4, 2)
    alone, panned = build_flow(4, 0), build_flow(4, 2)
    for way, steps, moving in (("forward", alone.forward, masks[:-1]), ("backward", alone.backward, masks[1:])):
        steps[moving] = (2, 0) if way == "forward" else (-2, 0)
    np.testing.assert_allclose(measure("speed", masks, flow=alone), 20 / 20.5)
    np.testing.assert_allclose(measure("speed", masks, flow=panned), 0)
